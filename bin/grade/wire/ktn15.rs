//! `ktn15`: a request has a content; an answer does not say which request it answers.

use serde_json::{Map, Value, json};

use super::{Message, Request, text};

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

/// The messages of a `history`: objects, or strings that contain objects.
pub(super) fn past(object: &Map<String, Value>) -> Vec<Message> {
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
