//! The freedoms of a right server: the page allows them, and other right servers do not use them.
//!
//! A test that fails on a server with a freedom demands more than the protocol does. Without `--free` the
//! server uses none. Most freedoms change a dict just before it is sent.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::dialect::Dialect;
use crate::reply::Reply;

/// Delay of the frames of a slow server.
const LATE: Duration = Duration::from_millis(25);
/// Time in which the message of another person overtakes an answer.
const HELD: Duration = Duration::from_millis(80);
/// Time in which the end of a connection is not noticed.
const UNNOTICED: Duration = Duration::from_millis(20);

/// The error texts that the protocol fixes.
const FIXED: [&str; 7] = [
    "Invalid username!",
    "Name already taken!",
    "Already logged in!",
    "You are not logged in!",
    "Not logged in!",
    "Unknown request!",
    "Empty message!",
];

/// A freedom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freedom {
    /// Adds keys to every dict.
    Keys,
    /// Reverses the order of keys, adds white space, and escapes letters.
    Form,
    /// Announces neither arrivals nor departures.
    Quiet,
    /// Chooses other ids and free texts.
    Words,
    /// Answers late.
    Late,
    /// Lets the messages of others overtake an answer.
    Overtaken,
    /// Notices late that a client has ended the connection.
    Unnoticed,
}

/// All freedoms, with their names for `--free`.
const ALL: [(&str, Freedom); 7] = [
    ("keys", Freedom::Keys),
    ("form", Freedom::Form),
    ("quiet", Freedom::Quiet),
    ("words", Freedom::Words),
    ("late", Freedom::Late),
    ("overtaken", Freedom::Overtaken),
    ("unnoticed", Freedom::Unnoticed),
];

/// The freedom with this name.
pub(crate) fn find(name: &str) -> Option<Freedom> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, freedom)| *freedom)
}

/// The freedoms that a server uses.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Freedoms(u8);

impl Freedoms {
    pub(crate) fn with(self, freedom: Freedom) -> Freedoms {
        Freedoms(self.0 | 1 << freedom as u8)
    }

    fn has(self, freedom: Freedom) -> bool {
        self.0 & 1 << freedom as u8 != 0
    }

    /// The delay of the first frame after a pause.
    pub(crate) fn delay(self) -> Option<Duration> {
        self.has(Freedom::Late).then_some(LATE)
    }

    /// How long answers are held, so that the messages of others can overtake them.
    pub(crate) fn holds(self) -> Option<Duration> {
        self.has(Freedom::Overtaken).then_some(HELD)
    }

    /// How late the server notices that a client has ended the connection.
    pub(crate) fn notices_after(self) -> Option<Duration> {
        self.has(Freedom::Unnoticed).then_some(UNNOTICED)
    }

    /// Whether the server sends this at all.
    pub(crate) fn says(self, reply: &Reply) -> bool {
        let is_news = matches!(reply, Reply::Joined { .. } | Reply::Left { .. });
        !(is_news && self.has(Freedom::Quiet))
    }

    /// The text of a dict as it is sent.
    pub(crate) fn written(self, dialect: Dialect, reply: &Reply, value: &Value) -> String {
        let mut value = value.clone();
        if self.has(Freedom::Words) {
            reword(&mut value, dialect, reply);
        }
        if self.has(Freedom::Keys) {
            extend(&mut value);
        }
        if self.has(Freedom::Form) { spaced(&value) } else { value.to_string() }
    }
}

/// Replaces ids and free texts.
fn reword(value: &mut Value, dialect: Dialect, reply: &Reply) {
    renumber(value);
    let Value::Object(keys) = value else { return };
    let key = if dialect == Dialect::Ktn15 { "content" } else { "error" };
    match reply {
        Reply::Refused { error, .. } if !FIXED.contains(error) && keys.contains_key(key) => {
            keys.insert(key.to_owned(), Value::from("This cannot be done."));
        }
        // The first dict answers a login; the others are messages.
        Reply::LoggedIn { .. } | Reply::LoggedOut { .. } | Reply::Help
            if keys.get("response") == Some(&Value::from("info")) =>
        {
            keys.insert("content".to_owned(), Value::from("It is done."));
        }
        Reply::Version => {
            keys.insert("version".to_owned(), Value::from("another one"));
        }
        _ => {}
    }
}

/// Replaces the ids in a dict, such that they still count up.
fn renumber(value: &mut Value) {
    match value {
        Value::Object(keys) => {
            for (key, value) in keys {
                match value.as_u64() {
                    Some(id) if key == "id" => *value = Value::from(id * 3 + 1000),
                    _ if key == "tag" => {}
                    _ => renumber(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(renumber),
        _ => {}
    }
}

/// Adds keys to a dict, and to the dicts of a backlog in it.
fn extend(value: &mut Value) {
    let Value::Object(keys) = value else { return };
    for (key, value) in keys.iter_mut() {
        if let Value::Array(inside) = value
            && key != "tag"
        {
            inside.iter_mut().for_each(extend);
        }
    }
    let mut all = Map::new();
    all.insert("build".to_owned(), Value::from(7));
    all.append(keys);
    all.insert("hints".to_owned(), serde_json::json!(["a", { "b": null }]));
    *keys = all;
}

/// JSON in one line, with the keys in reverse order, white space, and escapes.
fn spaced(value: &Value) -> String {
    match value {
        Value::Object(keys) => {
            let entry =
                |(key, value): (&String, &Value)| format!(" {} : {}", escaped(key), spaced(value));
            let entries: Vec<String> = keys.iter().rev().map(entry).collect();
            format!("{{{} }}", entries.join(" ,"))
        }
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(spaced).collect();
            format!("[ {} ]", values.join(" , "))
        }
        Value::String(text) => escaped(text),
        other => other.to_string(),
    }
}

/// A JSON string in which the first letter and everything outside ASCII are escapes.
fn escaped(text: &str) -> String {
    let mut written = String::new();
    for (number, letter) in Value::from(text).to_string().chars().enumerate() {
        // The quote comes first. A backslash begins an escape already.
        if (number == 1 && letter.is_ascii_alphabetic()) || !letter.is_ascii() {
            let mut units = [0; 2];
            for unit in letter.encode_utf16(&mut units) {
                written += &format!("\\u{unit:04x}");
            }
        } else {
            written.push(letter);
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_is_the_same_json() {
        for value in [
            json!({ "response": "message", "message": "é \"x\" \\ 😀 \n", "id": 1 }),
            json!({ "a": [], "b": {}, "": ["", "\u{1}"] }),
        ] {
            let text = spaced(&value);
            assert!(text.is_ascii() && !text.contains('\n'), "{text}");
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
    }

    #[test]
    fn a_tag_comes_back_unchanged() {
        let mut value = json!({ "id": 1, "tag": [{ "id": 1 }], "messages": [{ "id": 2 }] });
        renumber(&mut value);
        extend(&mut value);
        assert_eq!(value["tag"], json!([{ "id": 1 }]));
        assert_eq!((&value["id"], &value["messages"][0]["id"]), (&json!(1003), &json!(1006)));
        assert_eq!(value["messages"][0]["build"], json!(7));
    }

    #[test]
    fn only_free_texts_are_replaced() {
        let words = Freedoms::default().with(Freedom::Words);
        for (error, stays) in [("Not logged in!", true), ("Missing argument: message", false)] {
            let reply = Reply::Refused { request: "message", username: "", error };
            let value = json!({ "response": "message", "error": error });
            let written = words.written(Dialect::Json, &reply, &value);
            assert_eq!(written.contains(error), stays, "{written}");
        }
    }
}
