//! The dialects in which a server can be graded, reduced to the requests and responses that the checks
//! use.
//!
//! This code is written from `handout/protocol.md` and does not use Strata's own `parse`: a bug in
//! `parse` would otherwise hide itself when the grader checks Strata. [`Reader`] decodes leniently and
//! with the [`Vocabulary`] of the server, because nearly every check needs it. Where the exact form
//! matters, a separate check inspects the [`Frame`].

mod awaited;
mod json;
mod ktn14;
mod ktn15;
mod listing;
mod pattern;
mod reader;
mod server;
mod shape;
mod values;
mod vocabulary;

use std::collections::VecDeque;

use serde_json::{Map, Value};

pub(crate) use self::awaited::{Awaited, Heard, in_line};
pub(crate) use self::reader::Reader;
pub(crate) use self::server::{HistoryFormat, ReceivedRequest, ResponseEncoder};
pub(crate) use self::shape::People;
pub(crate) use self::vocabulary::{Observation, Reaction, Vocabulary};

/// A dialect that can be graded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Json,
    Ktn14,
    Ktn15,
}

/// A request of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    Login(String),
    Logout,
    Say(String),
    Names,
    /// A request that no server knows.
    Unknown(String),
    /// A login whose name argument is missing, in dialects where it can be.
    LoginWithoutName,
}

/// The kind of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Login,
    Logout,
    Say,
    Names,
    Unknown,
}

/// A chat message and its sender, who is empty if the message does not name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) sender: String,
    pub(crate) text: String,
}

/// A decoded frame of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Response {
    /// The login succeeded; with the backlog, if the answer contains it.
    LoggedIn { backlog: Vec<Message> },
    /// The logout succeeded.
    LoggedOut,
    /// A chat message.
    Message(Message),
    /// Earlier messages, in a separate frame.
    History(Vec<Message>),
    /// The names of the users who are logged in.
    Names(Vec<String>),
    /// A request failed.
    Error(String),
    /// A request failed, as this server says it, but the answer does not look like an error.
    UnmarkedError(String),
    /// News from the server that answers no request: a user joined or left.
    Notice(String),
    /// None of these.
    Unexpected(String),
}

/// One frame: the bytes of one message on the connection.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Frame {
    pub(crate) bytes: Vec<u8>,
    /// The decoded JSON, if the bytes are JSON.
    pub(crate) value: Option<Value>,
    /// The frame ends as its dialect demands. The grader reads it in any case.
    pub(crate) has_end: bool,
}

impl Frame {
    /// The JSON object in the frame.
    pub(crate) fn object(&self) -> Option<&Map<String, Value>> {
        self.value.as_ref().and_then(Value::as_object)
    }
}

/// The unanswered requests of a client, oldest first. In some dialects an answer does not say which
/// request it answers.
pub(crate) type Pending = VecDeque<Request>;

impl Dialect {
    pub(crate) const ALL: &[Dialect] = &[Dialect::Json, Dialect::Ktn14, Dialect::Ktn15];

    /// The name of the dialect for `--dialect`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Dialect::Json => "json",
            Dialect::Ktn14 => "ktn14",
            Dialect::Ktn15 => "ktn15",
        }
    }

    /// The dialect with this name.
    pub(crate) fn find(name: &str) -> Option<Dialect> {
        Dialect::ALL.iter().copied().find(|dialect| dialect.name() == name)
    }

    /// Same, with an error in words.
    pub(crate) fn named(name: &str) -> Result<Dialect, String> {
        Dialect::find(name).ok_or_else(|| {
            let names: Vec<&str> = Dialect::ALL.iter().map(|dialect| dialect.name()).collect();
            format!("no dialect is called {name:?}; there is: {}", names.join(", "))
        })
    }

    /// Encodes a request, with its delimiter.
    pub(crate) fn encode(self, request: &Request) -> Vec<u8> {
        match self {
            Dialect::Json => json::encode(request),
            Dialect::Ktn14 => ktn14::encode(request),
            Dialect::Ktn15 => ktn15::encode(request),
        }
    }

    /// Takes the first whole frame out of the received bytes.
    pub(crate) fn cut(self, stream: &mut Vec<u8>) -> Option<Frame> {
        let (bytes, has_end) = match self {
            Dialect::Json => json::cut(stream)?,
            Dialect::Ktn14 | Dialect::Ktn15 => (values::cut(stream)?, true),
        };
        let value = serde_json::from_slice(&bytes).ok();
        Some(Frame { bytes, value, has_end })
    }

    /// Whether a frame can end in these bytes.
    pub(crate) fn may_end_in(self, bytes: &[u8]) -> bool {
        match self {
            // A line, or an object without a newline.
            Dialect::Json => bytes.iter().any(|byte| matches!(byte, b'\n' | b'}')),
            // Bytes that are not JSON end before the next white space or brace.
            Dialect::Ktn14 | Dialect::Ktn15 => true,
        }
    }

    /// Describes an incomplete frame, and gives a hint to the student.
    pub(crate) fn missing(self, rest: &[u8]) -> (&'static str, &'static str) {
        let is_object = rest.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
        match self {
            Dialect::Json if !is_object => (
                "a message without a newline at its end",
                "Every message ends with a newline (`\\n`). Without it the client waits for the rest of \
                 the message: append a newline to each message that you send.",
            ),
            Dialect::Json | Dialect::Ktn14 | Dialect::Ktn15 => (
                "the beginning of a JSON value without its end",
                "Did the server send the whole message? `send` may send only a part of it; `sendall` sends all.",
            ),
        }
    }
}

impl Request {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Request::Login(_) | Request::LoginWithoutName => Kind::Login,
            Request::Logout => Kind::Logout,
            Request::Say(_) => Kind::Say,
            Request::Names => Kind::Names,
            Request::Unknown(_) => Kind::Unknown,
        }
    }

    /// Describes the request.
    pub(crate) fn words(&self) -> String {
        match self {
            Request::Login(name) => format!("login as {name:?}"),
            Request::Logout => "logout".to_owned(),
            Request::Say(text) => format!("say {text:?}"),
            Request::Names => "ask for the names".to_owned(),
            Request::Unknown(word) => format!("send the unknown request {word:?}"),
            Request::LoginWithoutName => "login without a name".to_owned(),
        }
    }
}

impl Response {
    /// Describes the response.
    pub(crate) fn words(&self) -> String {
        match self {
            Response::LoggedIn { backlog } if backlog.is_empty() => "login accepted".to_owned(),
            Response::LoggedIn { backlog } => {
                format!("login accepted, with the earlier messages: {}", lines(backlog))
            }
            Response::LoggedOut => "logout confirmed".to_owned(),
            Response::Message(line) => line.words(),
            Response::History(past) => format!("earlier messages: {}", lines(past)),
            Response::Names(names) => format!("the names: {}", names.join(", ")),
            Response::Error(error) => format!("refused: {error:?}"),
            Response::UnmarkedError(words) => {
                format!("refused, without the mark of an error: {words}")
            }
            Response::Notice(news) => format!("notice: {news}"),
            Response::Unexpected(what) => format!("something else: {what}"),
        }
    }
}

impl Message {
    pub(crate) fn words(&self) -> String {
        match self.sender.as_str() {
            "" => format!("a message without a sender: {}", self.text),
            by => format!("{by} says {:?}", self.text),
        }
    }
}

fn lines(lines: &[Message]) -> String {
    let lines: Vec<String> = lines.iter().map(Message::words).collect();
    lines.join("; ")
}

/// A response of no known kind.
fn unexpected(object: &Map<String, Value>) -> Response {
    Response::Unexpected(match object.get("response") {
        None => format!("no key \"response\", only {}", keys(object)),
        Some(response) => format!("the response {response}"),
    })
}

fn keys(object: &Map<String, Value>) -> String {
    let keys: Vec<String> = object.keys().map(|key| format!("{key:?}")).collect();
    if keys.is_empty() { "an empty object".to_owned() } else { keys.join(", ") }
}

/// The text of a chat message with whatever the server has put around it. A list counts as the text of
/// its elements.
fn whole_message(dialect: Dialect, object: &Map<String, Value>) -> Option<String> {
    let key = if dialect == Dialect::Ktn15 { "content" } else { "message" };
    match object.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Array(values) => {
            let text =
                |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Some(values.iter().map(text).collect::<Vec<_>>().join(", "))
        }
        other => Some(other.to_string()),
    }
}

/// Bytes as text; only the beginning of a long one.
pub(crate) fn shortened(bytes: &[u8]) -> String {
    const MOST: usize = 80;
    let text = String::from_utf8_lossy(bytes);
    let begin: String = text.chars().take(MOST).collect();
    if begin.len() < text.len() { begin + "…" } else { begin }
}

/// The string under a key; empty if there is none.
fn text<'a>(object: &'a Map<String, Value>, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The strings in the list under a key.
fn texts(object: &Map<String, Value>, key: &str) -> Vec<String> {
    let list = object.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The error in an answer. In `json` and `ktn14`, an empty string or another type is no error.
fn error_of(dialect: Dialect, object: &Map<String, Value>) -> Option<String> {
    if dialect == Dialect::Ktn15 {
        return (text(object, "response") == "error").then(|| match object.get("content") {
            Some(Value::String(words)) => words.clone(),
            content => content.map(Value::to_string).unwrap_or_default(),
        });
    }
    Some(text(object, "error")).filter(|error| !error.is_empty()).map(str::to_owned)
}
