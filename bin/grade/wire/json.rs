//! `json`: one object per line.

use serde_json::{Map, Value, json};

use super::{Message, Pending, Request, Response, error, text, texts, unexpected};

pub(super) fn encode(ask: &Request) -> Vec<u8> {
    format!("{}\n", request(ask, "names")).into_bytes()
}

/// The object that encodes a request. `names` is the dialect's word for the request for the names.
pub(super) fn request(ask: &Request, names: &str) -> Value {
    match ask {
        Request::Login(name) => json!({"request": "login", "username": name}),
        Request::Logout => json!({"request": "logout"}),
        Request::Say(text) => json!({"request": "message", "message": text}),
        Request::Names => json!({ "request": names }),
        Request::Unknown(word) => json!({ "request": word }),
        Request::LoginWithoutName => json!({"request": "login"}),
    }
}

/// Takes the first line out of the received bytes.
pub(super) fn cut(stream: &mut Vec<u8>) -> Option<Vec<u8>> {
    let end = stream.iter().position(|byte| *byte == b'\n')?;
    let mut line: Vec<u8> = stream.drain(..=end).collect();
    line.pop();
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Some(line)
}

pub(super) fn decode(object: &Map<String, Value>, _pending: &mut Pending) -> Response {
    if let Some(error) = error(object) {
        return Response::Error(error);
    }
    match text(object, "response") {
        "login" => Response::LoggedIn { backlog: past(object) },
        "logout" => Response::LoggedOut,
        "message" => Response::Message(line(object)),
        "names" => Response::Names(texts(object, "names")),
        "notice" => Response::Notice(text(object, "message").to_owned()),
        news @ ("join" | "leave" | "entered" | "exited" | "removed") => {
            Response::Notice(format!("{news} {}", text(object, "username")))
        }
        _ => unexpected(object),
    }
}

fn line(object: &Map<String, Value>) -> Message {
    Message {
        sender: text(object, "username").to_owned(),
        text: text(object, "message").to_owned(),
    }
}

fn past(object: &Map<String, Value>) -> Vec<Message> {
    let messages = object.get("messages").and_then(Value::as_array);
    let messages = messages.map(Vec::as_slice).unwrap_or_default();
    messages
        .iter()
        .map(|message| message.as_object().map(line).unwrap_or_else(|| no_line(message)))
        .collect()
}

/// A list element that is not a message.
fn no_line(value: &Value) -> Message {
    Message { sender: String::new(), text: value.to_string() }
}
