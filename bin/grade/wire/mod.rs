//! The dialects in which a server can be graded, reduced to what the checks talk about: what is
//! asked for, and what is heard.
//!
//! It is written from `handout/protocol.md` and not with Strata's own `parse`: what is graded, ours
//! too, must not be read by the code that it is made of. It reads leniently, since nearly every check
//! needs it; what has to be exact has a check of its own, which looks at the [`Frame`].

mod asked;
mod json;
mod ktn14;
mod ktn15;
mod values;

use std::collections::VecDeque;

use serde_json::Value;

pub(crate) use self::asked::{Asked, History, Teller};

/// A dialect that can be graded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Json,
    Ktn14,
    Ktn15,
}

/// Something that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ask {
    Login(String),
    Logout,
    Say(String),
    Names,
    /// A request that nobody has heard of.
    Unknown(String),
    /// A login without a name, where the dialect lets one be left out.
    Nameless,
}

/// Something that was said, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) by: String,
    pub(crate) text: String,
}

/// What a frame says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A login was done; with what was said before, where the answer holds it.
    In { backlog: Vec<Line> },
    /// A logout was done.
    Out,
    /// Somebody said something.
    Said(Line),
    /// What was said before, apart from the answer to a login.
    Past(Vec<Line>),
    /// Who is here.
    Names(Vec<String>),
    /// A request failed.
    Refused(String),
    /// What the server says of itself: that somebody came or went. Nobody waits for it.
    News(String),
    /// None of these.
    Odd(String),
}

/// What came, cut where a message ends.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Frame {
    pub(crate) bytes: Vec<u8>,
    /// What it holds, if that is JSON.
    pub(crate) value: Option<Value>,
}

/// What an answer to a request may be, for dialects in which that does not stand in it.
pub(crate) type Pending = VecDeque<Ask>;

impl Dialect {
    pub(crate) const ALL: &[Dialect] = &[Dialect::Json, Dialect::Ktn14, Dialect::Ktn15];

    /// The name under which `--dialect` knows it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Dialect::Json => "json",
            Dialect::Ktn14 => "ktn14",
            Dialect::Ktn15 => "ktn15",
        }
    }

    /// The dialect of this name.
    pub(crate) fn find(name: &str) -> Option<Dialect> {
        Dialect::ALL.iter().copied().find(|dialect| dialect.name() == name)
    }

    /// The same, with an error in words.
    pub(crate) fn named(name: &str) -> Result<Dialect, String> {
        Dialect::find(name).ok_or_else(|| {
            let names: Vec<&str> = Dialect::ALL.iter().map(|dialect| dialect.name()).collect();
            format!("no dialect is called {name:?}; there is: {}", names.join(", "))
        })
    }

    /// The bytes that ask for this, delimited.
    pub(crate) fn encode(self, ask: &Ask) -> Vec<u8> {
        match self {
            Dialect::Json => json::encode(ask),
            Dialect::Ktn14 => ktn14::encode(ask),
            Dialect::Ktn15 => ktn15::encode(ask),
        }
    }

    /// Takes the first whole frame out of what has come.
    pub(crate) fn cut(self, stream: &mut Vec<u8>) -> Option<Frame> {
        let bytes = match self {
            Dialect::Json => json::cut(stream)?,
            Dialect::Ktn14 | Dialect::Ktn15 => values::cut(stream)?,
        };
        let value = serde_json::from_slice(&bytes).ok();
        Some(Frame { bytes, value })
    }

    /// Whether a frame can end in these bytes.
    pub(crate) fn may_end_in(self, bytes: &[u8]) -> bool {
        match self {
            Dialect::Json => bytes.contains(&b'\n'),
            // What is no JSON ends where the next white space or brace begins.
            Dialect::Ktn14 | Dialect::Ktn15 => true,
        }
    }

    /// What is missing where something came and is no whole frame; and a hint for whoever sent it.
    pub(crate) fn missing(self) -> (&'static str, &'static str) {
        match self {
            Dialect::Json => (
                "a message without a newline at its end",
                "Every message ends with a newline (`\\n`), each of yours too: without one nobody \
                 knows that it ends there.",
            ),
            Dialect::Ktn14 | Dialect::Ktn15 => (
                "the beginning of a JSON value without its end",
                "Is all of a message sent? `send` may take only a part of it (`sendall` takes all).",
            ),
        }
    }

    /// What a frame says, to somebody who waits for the answers to these requests.
    pub(crate) fn decode(self, frame: &Frame, pending: &mut Pending) -> Heard {
        let Some(Value::Object(object)) = &frame.value else {
            return Heard::Odd(format!("no JSON object, but {}", shortened(&frame.bytes)));
        };
        match self {
            Dialect::Json => json::decode(object, pending),
            Dialect::Ktn14 => ktn14::decode(object, pending),
            Dialect::Ktn15 => ktn15::decode(object, pending),
        }
    }
}

impl Ask {
    /// What it is, in words.
    pub(crate) fn words(&self) -> String {
        match self {
            Ask::Login(name) => format!("login as {name:?}"),
            Ask::Logout => "logout".to_owned(),
            Ask::Say(text) => format!("say {text:?}"),
            Ask::Names => "ask who is here".to_owned(),
            Ask::Unknown(word) => format!("ask for {word:?}, which is no request"),
            Ask::Nameless => "login without a name".to_owned(),
        }
    }
}

impl Heard {
    /// What it is, in words.
    pub(crate) fn words(&self) -> String {
        match self {
            Heard::In { backlog } if backlog.is_empty() => "logged in".to_owned(),
            Heard::In { backlog } => {
                format!("logged in, with what was said before: {}", lines(backlog))
            }
            Heard::Out => "logged out".to_owned(),
            Heard::Said(line) => line.words(),
            Heard::Past(past) => format!("what was said before: {}", lines(past)),
            Heard::Names(names) => format!("the names: {}", names.join(", ")),
            Heard::Refused(error) => format!("refused: {error:?}"),
            Heard::News(news) => format!("news: {news}"),
            Heard::Odd(what) => format!("something else: {what}"),
        }
    }
}

impl Line {
    pub(crate) fn words(&self) -> String {
        match self.by.as_str() {
            "" => format!("what nobody said: {}", self.text),
            by => format!("{by} says {:?}", self.text),
        }
    }
}

fn lines(lines: &[Line]) -> String {
    let lines: Vec<String> = lines.iter().map(Line::words).collect();
    lines.join("; ")
}

/// What is none of the answers that there are.
fn odd(object: &serde_json::Map<String, Value>) -> Heard {
    Heard::Odd(match object.get("response") {
        None => format!("no key \"response\" in it, only {}", keys(object)),
        Some(response) => format!("the response {response}"),
    })
}

fn keys(object: &serde_json::Map<String, Value>) -> String {
    let keys: Vec<String> = object.keys().map(|key| format!("{key:?}")).collect();
    if keys.is_empty() { "an empty object".to_owned() } else { keys.join(", ") }
}

/// Bytes as text, and only the beginning of many.
pub(crate) fn shortened(bytes: &[u8]) -> String {
    const MOST: usize = 80;
    let text = String::from_utf8_lossy(bytes);
    let begin: String = text.chars().take(MOST).collect();
    if begin.len() < text.len() { begin + "…" } else { begin }
}

/// The string under a key; empty where there is none.
fn text<'a>(object: &'a serde_json::Map<String, Value>, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The strings in the list under a key.
fn texts(object: &serde_json::Map<String, Value>, key: &str) -> Vec<String> {
    let list = object.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The error that an answer tells, if it does. An empty one, or none, tells nothing.
fn error(object: &serde_json::Map<String, Value>) -> Option<String> {
    let error = object.get("error").and_then(Value::as_str).filter(|error| !error.is_empty());
    error.map(str::to_owned)
}
