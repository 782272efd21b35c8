//! The texts of a transcript: escapes for bytes, patterns for responses.

use std::fmt::Write;

use serde_json::{Map, Value};

/// The keys of responses whose values a server chooses anew.
const VOLATILE: [&str; 6] = ["id", "timestamp", "time", "at", "version", "messages"];

/// Stands for a placeholder until the text is escaped. It is a character without a meaning.
const HOLE: char = '\u{e000}';

/// Writes a text so that only its own characters are sent or expected.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::new();
    for (index, character) in text.char_indices() {
        let last = index + character.len_utf8() == text.len();
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            '…' => out.push_str("\\u{2026}"),
            '$' => out.push_str("\\x24"),
            ' ' if last || index == 0 => out.push_str("\\x20"),
            _ if character.is_control() => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out
}

/// Escapes the characters that begin a placeholder, in JSON.
pub(super) fn holes_escaped(json: &str) -> String {
    json.replace('…', "\\u2026").replace('$', "\\u0024")
}

/// A pattern that a response matches if it says the same.
pub(super) fn pattern(mut dict: Map<String, Value>) -> String {
    let has_code = dict.contains_key("code");
    for (key, value) in &mut dict {
        if VOLATILE.contains(&key.as_str()) || key == "error" && has_code {
            *value = Value::String(HOLE.to_string());
        }
    }
    let json = holes_escaped(&Value::Object(dict).to_string()).replace(HOLE, "…");
    match json.strip_suffix('}') {
        Some("{") | None => "{…}".to_owned(),
        Some(begin) => format!("{begin},…}}"),
    }
}
