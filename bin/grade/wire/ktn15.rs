//! `ktn15`: a request has a content; an answer does not say which request it answers.

use serde_json::{Map, Value, json};

use super::{Message, Pending, Request, Response, text, unexpected};

pub(super) fn encode(request: &Request) -> Vec<u8> {
    let object = match request {
        Request::Login(name) => json!({"request": "login", "content": name}),
        Request::Logout => json!({"request": "logout", "content": null}),
        Request::Say(text) => json!({"request": "msg", "content": text}),
        Request::Names => json!({"request": "names", "content": null}),
        Request::Unknown(word) => json!({"request": word, "content": null}),
        Request::LoginWithoutName => json!({"request": "login"}),
    };
    object.to_string().into_bytes()
}

pub(super) fn decode(object: &Map<String, Value>, pending: &mut Pending) -> Response {
    let content = text(object, "content");
    match text(object, "response") {
        "error" => {
            pending.pop_front();
            Response::Error(content.to_owned())
        }
        "message" => {
            let by = text(object, "sender").to_owned();
            // For its sender, the message is the answer to the request.
            pending.pop_front_if(|request| *request == Request::Say(content.to_owned()));
            Response::Message(Message { sender: by, text: content.to_owned() })
        }
        "history" => Response::History(past(object)),
        "info" => info(content, pending),
        _ => unexpected(object),
    }
}

/// The response `info` carries notices and also the answers to login, logout and names. It is the
/// answer to the oldest pending request if it fits, or else a notice.
fn info(content: &str, pending: &mut Pending) -> Response {
    let is_news = [" joined", " left", " logged in", " logged out", " entered"];
    let is_news = is_news.iter().any(|news| content.contains(news));
    match pending.front() {
        Some(Request::Login(_) | Request::LoginWithoutName) => {
            pending.pop_front();
            Response::LoggedIn { backlog: Vec::new() }
        }
        Some(Request::Logout) if !is_news => {
            pending.pop_front();
            Response::LoggedOut
        }
        Some(Request::Names) if !is_news => {
            pending.pop_front();
            let names = content.split([',', ' ', '\n']).filter(|name| !name.is_empty());
            Response::Names(names.map(str::to_owned).collect())
        }
        _ => Response::Notice(content.to_owned()),
    }
}

/// A list of objects, or of strings that contain objects.
fn past(object: &Map<String, Value>) -> Vec<Message> {
    let list = object.get("content").and_then(Value::as_array);
    let list = list.map(Vec::as_slice).unwrap_or_default().iter();
    let read = |message: &Value| match message {
        Value::Object(message) => Some(message.clone()),
        Value::String(message) => serde_json::from_str(message).ok(),
        _ => None,
    };
    let line = |message: &Value| match read(message) {
        Some(message) => Message {
            sender: text(&message, "sender").to_owned(),
            text: text(&message, "content").to_owned(),
        },
        None => Message { sender: String::new(), text: message.to_string() },
    };
    list.map(line).collect()
}
