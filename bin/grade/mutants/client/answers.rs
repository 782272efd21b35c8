//! Decodes the answers of a server, in any dialect.

use serde_json::{Map, Value};

use crate::dialect::Dialect;

type Object = Map<String, Value>;

/// A part of a decoded answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Said {
        by: String,
        text: String,
    },
    /// An earlier message.
    Past {
        by: String,
        text: String,
    },
    Names(Vec<String>),
    /// A notice, or the success of a request.
    News(String),
    Error(String),
    /// An answer of an unknown kind.
    Unknown(String),
    /// A key is missing, or its value has the wrong type.
    Lacks {
        key: &'static str,
        has_other: bool,
    },
    NoJson(String),
}

/// Decodes one answer. In `ktn15` the names come as `info`, like any notice. `asked_names` says
/// that they come next.
pub(crate) fn read(frame: &[u8], dialect: Dialect, asked_names: bool) -> Vec<Answer> {
    if frame.trim_ascii().is_empty() {
        return Vec::new();
    }
    let object = match serde_json::from_slice(frame) {
        Ok(Value::Object(object)) => object,
        Ok(_) => return vec![Answer::Lacks { key: "response", has_other: true }],
        Err(error) => return vec![Answer::NoJson(error.to_string())],
    };
    let answers = match dialect {
        _ if object.contains_key("error") => {
            text(&object, "error").map(|error| vec![Answer::Error(error)])
        }
        Dialect::Json | Dialect::Ktn14 => json_or_ktn14(&object, dialect),
        Dialect::Ktn15 => ktn15(&object, asked_names),
    };
    answers.unwrap_or_else(|lacks| vec![lacks])
}

/// Decodes `json` and `ktn14`, which differ in the form of a message and in the word for the names.
fn json_or_ktn14(object: &Object, dialect: Dialect) -> Result<Vec<Answer>, Answer> {
    let ktn14 = dialect == Dialect::Ktn14;
    Ok(match text(object, "response")?.as_str() {
        "login" => {
            let news = Answer::News(format!("logged in as {}", text(object, "username")?));
            let messages = list(object, "messages")?.iter();
            let past =
                messages.map(|it| past(it, if ktn14 { ktn14_message } else { json_message }));
            std::iter::once(news).chain(past).collect()
        }
        "logout" => vec![Answer::News("logged out".to_owned())],
        "message" if ktn14 => vec![ktn14_message(object)?],
        "message" => vec![json_message(object)?],
        "listUsers" if ktn14 => vec![Answer::Names(texts(object, "users")?)],
        "names" => vec![Answer::Names(texts(object, "names")?)],
        "join" => vec![Answer::News(format!("{} came in", text(object, "username")?))],
        "leave" => vec![Answer::News(format!("{} left", text(object, "username")?))],
        "notice" => vec![Answer::News(text(object, "message")?)],
        other => vec![Answer::Unknown(other.to_owned())],
    })
}

fn json_message(object: &Object) -> Result<Answer, Answer> {
    Ok(Answer::Said { by: text(object, "username")?, text: text(object, "message")? })
}

/// A message, or a notice.
fn ktn14_message(object: &Object) -> Result<Answer, Answer> {
    let line = text(object, "message")?;
    Ok(who_said(&line).unwrap_or(Answer::News(line)))
}

/// Decodes `NAME said @ HH:MM:SS: TEXT`.
fn who_said(line: &str) -> Option<Answer> {
    let (by, rest) = line.split_once(" said @ ")?;
    let (_time, text) = rest.split_once(": ")?;
    Some(Answer::Said { by: by.to_owned(), text: text.to_owned() })
}

/// Decodes `ktn15`: always the same four keys.
fn ktn15(object: &Object, asked_names: bool) -> Result<Vec<Answer>, Answer> {
    Ok(match text(object, "response")?.as_str() {
        "message" => vec![ktn15_message(object)?],
        "history" => list(object, "content")?.iter().map(|it| past(it, ktn15_message)).collect(),
        "info" if asked_names => {
            let names = text(object, "content")?;
            vec![Answer::Names(names.split(", ").map(str::to_owned).collect())]
        }
        "info" => vec![Answer::News(text(object, "content")?)],
        "error" => vec![Answer::Error(text(object, "content")?)],
        other => vec![Answer::Unknown(other.to_owned())],
    })
}

fn ktn15_message(object: &Object) -> Result<Answer, Answer> {
    Ok(Answer::Said { by: text(object, "sender")?, text: text(object, "content")? })
}

/// An earlier message: an object, or a string that contains one.
fn past(message: &Value, read: fn(&Object) -> Result<Answer, Answer>) -> Answer {
    let object = match message {
        Value::String(inside) => serde_json::from_str(inside).ok(),
        Value::Object(object) => Some(object.clone()),
        _ => None,
    };
    let lacks = Answer::Lacks { key: "message", has_other: true };
    match object.ok_or(lacks).and_then(|object| read(&object)) {
        Ok(Answer::Said { by, text }) => Answer::Past { by, text },
        Ok(other) | Err(other) => other,
    }
}

fn text(object: &Object, key: &'static str) -> Result<String, Answer> {
    let has_other = object.contains_key(key);
    let text = object.get(key).and_then(Value::as_str).map(str::to_owned);
    text.ok_or(Answer::Lacks { key, has_other })
}

fn list<'a>(object: &'a Object, key: &'static str) -> Result<&'a [Value], Answer> {
    let has_other = object.contains_key(key);
    let list = object.get(key).and_then(Value::as_array).map(Vec::as_slice);
    list.ok_or(Answer::Lacks { key, has_other })
}

fn texts(object: &Object, key: &'static str) -> Result<Vec<String>, Answer> {
    let texts = list(object, key)?.iter().map(|it| it.as_str().map(str::to_owned));
    texts.collect::<Option<_>>().ok_or(Answer::Lacks { key, has_other: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dialect::{Json, Ktn14, Ktn15};

    fn past(by: &str, text: &str) -> Answer {
        Answer::Past { by: by.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn the_backlog_is_decoded_in_every_form() {
        for (dialect, frame) in [
            (
                Json,
                r#"{"response":"login","username":"a","messages":[{"username":"bob","message":"hi: ho"}]}"#,
            ),
            (
                Ktn14,
                r#"{"response":"login","username":"a","messages":["{\"response\":\"message\",\"message\":\"bob said @ 10:11:12: hi: ho\"}"]}"#,
            ),
            (Ktn15, r#"{"response":"history","content":[{"sender":"bob","content":"hi: ho"}]}"#),
            (
                Ktn15,
                r#"{"response":"history","content":["{\"sender\":\"bob\",\"content\":\"hi: ho\"}"]}"#,
            ),
        ] {
            let answers = read(frame.as_bytes(), dialect, false);
            assert_eq!(answers.last(), Some(&past("bob", "hi: ho")), "{frame}");
        }
    }

    #[test]
    fn a_missing_key_is_told_from_a_wrong_type() {
        for (frame, want) in [
            ("{}", Answer::Lacks { key: "response", has_other: false }),
            (r#"{"response":7}"#, Answer::Lacks { key: "response", has_other: true }),
            ("null", Answer::Lacks { key: "response", has_other: true }),
            (r#"{"response":"fly"}"#, Answer::Unknown("fly".to_owned())),
            (
                r#"{"response":"names","names":["a",null]}"#,
                Answer::Lacks { key: "names", has_other: true },
            ),
            (
                r#"{"response":"message","error":null}"#,
                Answer::Lacks { key: "error", has_other: true },
            ),
            (r#"{"response":"message","error":"No!"}"#, Answer::Error("No!".to_owned())),
        ] {
            assert_eq!(read(frame.as_bytes(), Json, false), [want], "{frame}");
        }
        assert!(matches!(read(b"oops\n", Json, false).as_slice(), [Answer::NoJson(_)]));
        assert_eq!(read(b" \r\n", Json, false), []);
    }
}
