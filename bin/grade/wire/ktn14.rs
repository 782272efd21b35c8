//! `ktn14`: objects without delimiters. The text of a message contains the sender's name.

use serde_json::{Map, Value};

use super::json;
use super::pattern::Pattern;
use super::{Message, Request, text};

pub(super) fn encode(request: &Request) -> Vec<u8> {
    json::object(request, "listUsers").to_string().into_bytes()
}

/// Encodes `NAME said @ HH:MM:SS: TEXT`. `at` is a time in RFC 3339.
pub(super) fn said(line: &Message, at: &str) -> String {
    format!("{} said @ {}: {}", line.sender, at.get(11..19).unwrap_or("00:00:00"), line.text)
}

/// The earlier messages in the answer to a login. Each is an object, a string that contains one, or
/// the text of a message.
pub(super) fn messages(
    object: &Map<String, Value>,
    pattern: &Pattern,
    names: &[String],
) -> Vec<Message> {
    let list = object.get("messages").and_then(Value::as_array);
    let read = |message: &Value| {
        let inside = match message {
            Value::Object(message) => Some(message.clone()),
            Value::String(message) => serde_json::from_str(message).ok(),
            _ => None,
        };
        let whole = match (&inside, message) {
            (Some(inside), _) => text(inside, "message"),
            (None, Value::String(whole)) => whole,
            (None, other) => return Message { sender: String::new(), text: other.to_string() },
        };
        let message = pattern.split(whole, names);
        message.unwrap_or_else(|| Message { sender: String::new(), text: whole.to_owned() })
    };
    list.map(Vec::as_slice).unwrap_or_default().iter().map(read).collect()
}
