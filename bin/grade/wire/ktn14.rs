//! `ktn14`: objects one after the other, and a message is a text in which stands who said it.

use serde_json::{Map, Value};

use super::json;
use super::{Ask, Heard, Line, Pending, error, odd, text, texts};

pub(super) fn encode(ask: &Ask) -> Vec<u8> {
    json::request(ask, "listUsers").to_string().into_bytes()
}

pub(super) fn decode(object: &Map<String, Value>, _pending: &mut Pending) -> Heard {
    if let Some(error) = error(object) {
        return Heard::Refused(error);
    }
    match text(object, "response") {
        "login" => Heard::In { backlog: past(object) },
        "logout" => Heard::Out,
        "message" => match text(object, "message") {
            news if news.starts_with('*') => Heard::News(news.to_owned()),
            said => Heard::Said(line(said)),
        },
        "listUsers" => Heard::Names(texts(object, "users")),
        _ => odd(object),
    }
}

/// `NAME said @ HH:MM:SS: TEXT`, at this moment of RFC 3339.
pub(super) fn said(line: &Line, at: &str) -> String {
    format!("{} said @ {}: {}", line.by, at.get(11..19).unwrap_or("00:00:00"), line.text)
}

/// `NAME said @ HH:MM:SS: TEXT`, taken apart.
fn line(said: &str) -> Line {
    let taken = said.split_once(" said @ ").and_then(|(by, rest)| {
        // The time has two colons, and one comes after it.
        let text = rest.get(8..)?.strip_prefix(": ")?;
        Some(Line { by: by.to_owned(), text: text.to_owned() })
    });
    taken.unwrap_or_else(|| Line { by: String::new(), text: said.to_owned() })
}

/// Each of them is a string that holds an object.
fn past(object: &Map<String, Value>) -> Vec<Line> {
    let read = |message: String| match serde_json::from_str::<Value>(&message) {
        Ok(Value::Object(message)) => line(text(&message, "message")),
        _ => Line { by: String::new(), text: message },
    };
    texts(object, "messages").into_iter().map(read).collect()
}
