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

/// The messages of a `history`: objects, strings that contain objects, or plain texts. What is no list
/// counts as one message.
pub(super) fn past(
    object: &Map<String, Value>,
    pattern: &Pattern,
    names: &[String],
) -> Vec<Message> {
    match object.get("content") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) => {
            list.iter().map(|message| earlier(message, pattern, names)).collect()
        }
        Some(other) => vec![earlier_text(other)],
    }
}

/// A message that is a plain text.
fn earlier_text(message: &Value) -> Message {
    let text = message.as_str().map_or_else(|| message.to_string(), str::to_owned);
    Message { sender: String::new(), text }
}

fn earlier(message: &Value, pattern: &Pattern, names: &[String]) -> Message {
    let inside = match message {
        Value::Object(message) => Some(message.clone()),
        Value::String(message) => serde_json::from_str(message).ok(),
        _ => None,
    };
    let Some(object) = inside else { return earlier_text(message) };
    let whole = text(&object, "content");
    let split = pattern.split(whole, names).map(|split| split.text);
    Message { sender: text(&object, "sender").to_owned(), text: split.unwrap_or(whole.to_owned()) }
}
