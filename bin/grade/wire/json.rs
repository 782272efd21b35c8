//! `json`: an object on a line.

use serde_json::{Map, Value, json};

use super::{Ask, Heard, Line, Pending, error, odd, text, texts};

pub(super) fn encode(ask: &Ask) -> Vec<u8> {
    format!("{}\n", request(ask, "names")).into_bytes()
}

/// What asks for this, where `names` is the word for the names of those who are here.
pub(super) fn request(ask: &Ask, names: &str) -> Value {
    match ask {
        Ask::Login(name) => json!({"request": "login", "username": name}),
        Ask::Logout => json!({"request": "logout"}),
        Ask::Say(text) => json!({"request": "message", "message": text}),
        Ask::Names => json!({ "request": names }),
        Ask::Unknown(word) => json!({ "request": word }),
        Ask::Nameless => json!({"request": "login"}),
    }
}

/// Takes the first line out of what has come.
pub(super) fn cut(stream: &mut Vec<u8>) -> Option<Vec<u8>> {
    let end = stream.iter().position(|byte| *byte == b'\n')?;
    let mut line: Vec<u8> = stream.drain(..=end).collect();
    line.pop();
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Some(line)
}

pub(super) fn decode(object: &Map<String, Value>, _pending: &mut Pending) -> Heard {
    if let Some(error) = error(object) {
        return Heard::Refused(error);
    }
    match text(object, "response") {
        "login" => Heard::In { backlog: past(object) },
        "logout" => Heard::Out,
        "message" => Heard::Said(line(object)),
        "names" => Heard::Names(texts(object, "names")),
        "notice" => Heard::News(text(object, "message").to_owned()),
        news @ ("join" | "leave" | "entered" | "exited" | "removed") => {
            Heard::News(format!("{news} {}", text(object, "username")))
        }
        _ => odd(object),
    }
}

fn line(object: &Map<String, Value>) -> Line {
    Line { by: text(object, "username").to_owned(), text: text(object, "message").to_owned() }
}

fn past(object: &Map<String, Value>) -> Vec<Line> {
    let messages = object.get("messages").and_then(Value::as_array);
    let messages = messages.map(Vec::as_slice).unwrap_or_default();
    messages
        .iter()
        .map(|message| message.as_object().map(line).unwrap_or_else(|| no_line(message)))
        .collect()
}

/// What stands where something that was said should.
fn no_line(value: &Value) -> Line {
    Line { by: String::new(), text: value.to_string() }
}
