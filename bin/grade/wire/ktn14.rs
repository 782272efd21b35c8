//! `ktn14`: objects without delimiters. The text of a message contains the sender's name.

use serde_json::{Map, Value};

use super::json;
use super::{Message, Pending, Request, Response, error, text, texts, unexpected};

pub(super) fn encode(request: &Request) -> Vec<u8> {
    json::object(request, "listUsers").to_string().into_bytes()
}

pub(super) fn decode(object: &Map<String, Value>, _pending: &mut Pending) -> Response {
    if let Some(error) = error(object) {
        return Response::Error(error);
    }
    match text(object, "response") {
        "login" => Response::LoggedIn { backlog: past(object) },
        "logout" => Response::LoggedOut,
        "message" => match text(object, "message") {
            news if news.starts_with('*') => Response::Notice(news.to_owned()),
            said => Response::Message(line(said)),
        },
        "listUsers" => Response::Names(texts(object, "users")),
        _ => unexpected(object),
    }
}

/// Encodes `NAME said @ HH:MM:SS: TEXT`. `at` is a time in RFC 3339.
pub(super) fn said(line: &Message, at: &str) -> String {
    format!("{} said @ {}: {}", line.sender, at.get(11..19).unwrap_or("00:00:00"), line.text)
}

/// Decodes `NAME said @ HH:MM:SS: TEXT`.
fn line(said: &str) -> Message {
    let taken = said.split_once(" said @ ").and_then(|(by, rest)| {
        // The time is eight bytes long, and `: ` follows it.
        let text = rest.get(8..)?.strip_prefix(": ")?;
        Some(Message { sender: by.to_owned(), text: text.to_owned() })
    });
    taken.unwrap_or_else(|| Message { sender: String::new(), text: said.to_owned() })
}

/// Each message is a string that contains an object.
fn past(object: &Map<String, Value>) -> Vec<Message> {
    let read = |message: String| match serde_json::from_str::<Value>(&message) {
        Ok(Value::Object(message)) => line(text(&message, "message")),
        _ => Message { sender: String::new(), text: message },
    };
    texts(object, "messages").into_iter().map(read).collect()
}
