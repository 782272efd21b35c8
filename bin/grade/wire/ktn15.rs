//! `ktn15`: a request has a content; an answer does not say which request it answers.

use serde_json::{Map, Value, json};

use super::pattern::Pattern;
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

/// The messages of a `history`: objects, strings that contain objects, or plain texts. The whole list may
/// be a string, too.
pub(super) fn past(
    object: &Map<String, Value>,
    pattern: &Pattern,
    names: &[String],
) -> Vec<Message> {
    let inside = match object.get("content") {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_else(|_| {
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            lines.map(Value::from).collect()
        }),
        other => other.cloned().unwrap_or_default(),
    };
    let list = inside.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|message| earlier(message, pattern, names)).collect()
}

fn earlier(message: &Value, pattern: &Pattern, names: &[String]) -> Message {
    let inside = match message {
        Value::Object(message) => Some(message.clone()),
        Value::String(message) => serde_json::from_str(message).ok(),
        _ => None,
    };
    let Some(object) = inside else {
        let text = message.as_str().map_or_else(|| message.to_string(), str::to_owned);
        return Message { sender: String::new(), text };
    };
    let whole = text(&object, "content");
    let split = pattern.split(whole, names).map(|split| split.text);
    Message { sender: text(&object, "sender").to_owned(), text: split.unwrap_or(whole.to_owned()) }
}
