//! `ktn15`: a request and its content; an answer does not say which request it is for.

use serde_json::{Map, Value, json};

use super::{Ask, Heard, Line, Pending, odd, text};

pub(super) fn encode(ask: &Ask) -> Vec<u8> {
    let object = match ask {
        Ask::Login(name) => json!({"request": "login", "content": name}),
        Ask::Logout => json!({"request": "logout", "content": null}),
        Ask::Say(text) => json!({"request": "msg", "content": text}),
        Ask::Names => json!({"request": "names", "content": null}),
        Ask::Unknown(word) => json!({"request": word, "content": null}),
        Ask::Nameless => json!({"request": "login"}),
    };
    object.to_string().into_bytes()
}

pub(super) fn decode(object: &Map<String, Value>, pending: &mut Pending) -> Heard {
    let content = text(object, "content");
    match text(object, "response") {
        "error" => {
            pending.pop_front();
            Heard::Refused(content.to_owned())
        }
        "message" => {
            let by = text(object, "sender").to_owned();
            // It is the answer to whoever said it.
            pending.pop_front_if(|ask| *ask == Ask::Say(content.to_owned()));
            Heard::Said(Line { by, text: content.to_owned() })
        }
        "history" => Heard::Past(past(object)),
        "info" => info(content, pending),
        _ => odd(object),
    }
}

/// What the server says of itself is told in the same way as the answer to a login, a logout or a
/// question for names: it is the one that is waited for, or none.
fn info(content: &str, pending: &mut Pending) -> Heard {
    let is_news = [" joined", " left", " logged in", " logged out", " entered"];
    let is_news = is_news.iter().any(|news| content.contains(news));
    match pending.front() {
        Some(Ask::Login(_) | Ask::Nameless) => {
            pending.pop_front();
            Heard::In { backlog: Vec::new() }
        }
        Some(Ask::Logout) if !is_news => {
            pending.pop_front();
            Heard::Out
        }
        Some(Ask::Names) if !is_news => {
            pending.pop_front();
            let names = content.split([',', ' ', '\n']).filter(|name| !name.is_empty());
            Heard::Names(names.map(str::to_owned).collect())
        }
        _ => Heard::News(content.to_owned()),
    }
}

/// A list of objects, or of strings that hold them.
fn past(object: &Map<String, Value>) -> Vec<Line> {
    let list = object.get("content").and_then(Value::as_array);
    let list = list.map(Vec::as_slice).unwrap_or_default().iter();
    let read = |message: &Value| match message {
        Value::Object(message) => Some(message.clone()),
        Value::String(message) => serde_json::from_str(message).ok(),
        _ => None,
    };
    let line = |message: &Value| match read(message) {
        Some(message) => Line {
            by: text(&message, "sender").to_owned(),
            text: text(&message, "content").to_owned(),
        },
        None => Line { by: String::new(), text: message.to_string() },
    };
    list.map(line).collect()
}
