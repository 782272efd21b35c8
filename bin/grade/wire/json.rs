//! `json`: one object per line.

use serde_json::{Map, Value, json};

use super::{Message, Pending, Request, Response, error, text, texts, unexpected};

pub(super) fn encode(request: &Request) -> Vec<u8> {
    format!("{}\n", object(request, "names")).into_bytes()
}

/// The object that encodes a request. `names` is the dialect's word for the request for the names.
pub(super) fn object(request: &Request, names: &str) -> Value {
    match request {
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
        "login" => Response::LoggedIn { backlog: messages(object) },
        "logout" => Response::LoggedOut,
        "message" => Response::Message(message(object)),
        "names" => Response::Names(texts(object, "names")),
        "notice" => Response::Notice(text(object, "message").to_owned()),
        notice @ ("join" | "leave" | "entered" | "exited" | "removed") => {
            Response::Notice(format!("{notice} {}", text(object, "username")))
        }
        _ => unexpected(object),
    }
}

fn message(object: &Map<String, Value>) -> Message {
    Message {
        sender: text(object, "username").to_owned(),
        text: text(object, "message").to_owned(),
    }
}

fn messages(object: &Map<String, Value>) -> Vec<Message> {
    let messages = object.get("messages").and_then(Value::as_array);
    let messages = messages.map(Vec::as_slice).unwrap_or_default();
    messages
        .iter()
        .map(|value| value.as_object().map(message).unwrap_or_else(|| not_a_message(value)))
        .collect()
}

/// A list element that is not a message.
fn not_a_message(value: &Value) -> Message {
    Message { sender: String::new(), text: value.to_string() }
}
