//! What a check waits for and what it has received, in the language of transcripts.
//!
//! Only the dialect `json` has one form for each response. In the others a server chooses, and the check
//! knows the choice of this server only, so a transcript would demand it of every server.

use serde_json::{Map, Value, json};

use super::Dialect;

/// Frames that a right server may send at any time, or never.
const NEWS: [&str; 4] = ["join", "leave", "notice", "history"];

/// Something that a check waits for.
#[derive(Debug)]
pub(crate) enum Awaited<'a> {
    /// The answer to a login with this name, which succeeds.
    Login(&'a str),
    /// The answer to a request with this name.
    Answer(&'a str),
    /// An error; with this text, if the course fixes it.
    Refusal(Option<&'a str>),
    /// A message; with this sender and this text, if they are known.
    Message { sender: Option<&'a str>, text: Option<&'a str> },
    /// No frame.
    Nothing,
}

/// A frame that arrived, as a transcript expects it of a right server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A frame that has to come.
    Frame(String),
    /// A frame that may come at any time.
    News(String),
}

impl Awaited<'_> {
    /// Returns the end of the line that expects this; `None` if the dialect has no single form for it.
    pub(crate) fn step(&self, dialect: Dialect) -> Option<String> {
        if dialect != Dialect::Json {
            return None;
        }
        Some(match self {
            Awaited::Login(name) => pattern([("response", "login"), ("username", *name)]),
            Awaited::Answer(request) => pattern([("response", *request)]),
            Awaited::Refusal(Some(error)) => pattern([("error", *error)]),
            Awaited::Refusal(None) => r#"{"error":"…",…}"#.to_owned(),
            Awaited::Message { sender, text } => {
                let sender = sender.map(|sender| ("username", sender));
                let text = text.map(|text| ("message", text));
                pattern([("response", "message")].into_iter().chain(sender).chain(text))
            }
            Awaited::Nothing => "(nothing)".to_owned(),
        })
    }
}

impl Heard {
    /// Reduces a frame to the keys that every right server sends. Returns `None` if it is no response.
    pub(crate) fn of(bytes: &[u8]) -> Option<Heard> {
        let object: Map<String, Value> = serde_json::from_slice(bytes).ok()?;
        if object.contains_key("error") {
            return Some(Heard::Frame(r#"{"error":"…",…}"#.to_owned()));
        }
        let response = object.get("response")?.as_str()?;
        if NEWS.contains(&response) {
            return Some(Heard::News(pattern([("response", response)])));
        }
        let kept: &[&str] = match response {
            "login" => &["username"],
            "message" => &["username", "message"],
            _ => &[],
        };
        let kept = kept.iter().filter_map(|key| Some((*key, object.get(*key)?.as_str()?)));
        Some(Heard::Frame(pattern([("response", response)].into_iter().chain(kept))))
    }
}

/// An object that has at least these keys.
fn pattern<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let object: Map<String, Value> =
        pairs.into_iter().map(|(key, value)| (key.to_owned(), json!(value))).collect();
    let json = without_placeholders(&Value::Object(object).to_string());
    format!("{},…}}", json.trim_end_matches('}'))
}

/// Escapes the characters of a JSON text that begin a placeholder.
fn without_placeholders(json: &str) -> String {
    json.replace('…', "\\u2026").replace('$', "\\u0024")
}

/// Returns the end of the line that sends these bytes: as a frame if they are one, byte by byte otherwise.
pub(crate) fn in_line(bytes: &[u8]) -> String {
    let line = bytes.strip_suffix(b"\n").and_then(|line| str::from_utf8(line).ok());
    let is_frame = |line: &&str| {
        line.starts_with('{')
            && !line.contains(char::is_control)
            && serde_json::from_str::<Map<String, Value>>(line).is_ok()
    };
    match line.filter(is_frame) {
        Some(line) => format!("> {}", without_placeholders(line)),
        None => format!(">> {}", escaped(bytes)),
    }
}

/// Writes bytes with the escapes of a transcript.
pub(crate) fn escaped(bytes: &[u8]) -> String {
    let mut out = String::new();
    let (mut place, last) = (0, bytes.len().saturating_sub(1));
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            // White space at an end does not count, and a brace at the beginning names an action.
            let is_end = place == 0 || place == last;
            place += character.len_utf8();
            match character {
                '\n' => out.push_str("\\n"),
                '\\' => out.push_str("\\\\"),
                '…' => out.push_str("\\u{2026}"),
                '$' => out.push_str("\\x24"),
                ' ' | '(' if is_end => {
                    out.push_str(&format!("\\x{:02x}", u32::from(character)));
                }
                _ if character.is_control() => out.extend(character.escape_unicode()),
                _ => out.push(character),
            }
        }
        place += chunk.invalid().len();
        out.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_server_may_do_more_than_a_pattern_says() {
        let said = Awaited::Message { sender: Some("ann"), text: Some("5 $ {…}") };
        let want = r#"{"response":"message","username":"ann","message":"5 \u0024 {\u2026}",…}"#;
        assert_eq!(said.step(Dialect::Json).unwrap(), want);
        assert_eq!(said.step(Dialect::Ktn15), None);
        let heard = |text: &str| Heard::of(text.as_bytes());
        let frame = |text: &str| Some(Heard::Frame(text.to_owned()));
        let login = r#"{"response":"login","username":"ann","messages":[],"tag":1}"#;
        assert_eq!(heard(login), frame(r#"{"response":"login","username":"ann",…}"#));
        assert_eq!(heard(r#"{"response":"login","error":"No."}"#), frame(r#"{"error":"…",…}"#));
        let join = Some(Heard::News(r#"{"response":"join",…}"#.to_owned()));
        assert_eq!(heard(r#"{"response":"join","username":"ben"}"#), join);
        assert_eq!(heard("[]"), None);
    }

    #[test]
    fn sent_bytes_are_frames_or_escapes() {
        assert_eq!(in_line(b"{\"a\":\"$1\"}\n"), r#"> {"a":"\u00241"}"#);
        assert_eq!(in_line(b"{\"a\":1}"), r#">> {"a":1}"#);
        assert_eq!(in_line(b"(a (b\\\xff\x01\n"), r">> \x28a (b\\\xff\u{1}\n");
        assert_eq!(in_line(b" a "), r">> \x20a\x20");
    }
}
