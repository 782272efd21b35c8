//! Decodes the request in a frame.

use serde_json::{Map, Value};

use crate::bugs::{Bug, Bugs};
use crate::dialect::Dialect;
use crate::rules;
use crate::settings::Settings;

/// A decoded request, which may still fail.
pub(crate) struct Request {
    pub(crate) command: Command,
    /// The word in the request.
    pub(crate) word: String,
    /// The client's tag.
    pub(crate) tag: Option<Value>,
    /// The name in the request, if it has one.
    pub(crate) username: String,
}

pub(crate) enum Command {
    Login(Argument),
    Logout,
    Message(Argument),
    Names,
    History,
    Help,
    Version,
    Unknown,
}

/// An argument of a request.
pub(crate) enum Argument {
    Text(String),
    Missing(&'static str),
    WrongType(&'static str, &'static str),
}

/// The error of a frame that is not a request, and the tag in the frame.
pub(crate) struct Unreadable {
    pub(crate) error: String,
    pub(crate) tag: Option<Value>,
}

/// Decodes a frame; `None` if it is empty.
pub(crate) fn read(frame: &[u8], settings: Settings) -> Result<Option<Request>, Unreadable> {
    if frame.trim_ascii().is_empty() {
        return Ok(None);
    }
    let mut keys = object(frame)
        .map_err(|why| Unreadable { error: format!("Not a JSON object: {why}"), tag: None })?;
    let tag = keys.remove("tag").filter(|_| settings.dialect == Dialect::Json);
    let word = match argument(&keys, "request") {
        Argument::Text(word) => word,
        Argument::Missing(_) if settings.bugs.has(Bug::MissingArgumentCloses) => String::new(),
        argument => return Err(Unreadable { error: argument.trouble(), tag }),
    };
    let command = match settings.dialect {
        Dialect::Json | Dialect::Ktn14 => command(&word, &keys, settings),
        Dialect::Ktn15 => ktn15_command(&word, &keys, settings)?,
    };
    let username = keys.get("username").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Some(Request { command, word, tag, username }))
}

fn object(frame: &[u8]) -> Result<Map<String, Value>, String> {
    let text = std::str::from_utf8(frame)
        .map_err(|error| format!("bad UTF-8 at byte {}", error.valid_up_to()))?;
    // The clients call it an object, the library a map.
    serde_json::from_str(text)
        .map_err(|error| error.to_string().replace("expected a map", "expected an object"))
}

fn command(word: &str, keys: &Map<String, Value>, settings: Settings) -> Command {
    match word {
        // Only the bug about missing arguments gets here.
        "" if !keys.contains_key("request") => Command::Message(Argument::Missing("request")),
        "login" => Command::Login(argument(keys, "username")),
        "logout" => Command::Logout,
        "message" => Command::Message(argument(keys, "message").damaged(settings.bugs)),
        "names" => Command::Names,
        "listUsers" if settings.dialect == Dialect::Ktn14 => Command::Names,
        "history" => Command::History,
        "help" => Command::Help,
        "version" => Command::Version,
        _ => Command::Unknown,
    }
}

fn ktn15_command(
    word: &str,
    keys: &Map<String, Value>,
    settings: Settings,
) -> Result<Command, Unreadable> {
    let content = || match argument(keys, "content") {
        Argument::Missing(_) if !settings.bugs.has(Bug::MissingArgumentCloses) => {
            Ok(Argument::Text(String::new()))
        }
        // `null` and a missing content are the same.
        Argument::WrongType(_, "null") => Ok(Argument::Text(String::new())),
        argument @ Argument::WrongType(..) => {
            Err(Unreadable { error: argument.trouble(), tag: None })
        }
        argument => Ok(argument.damaged(settings.bugs)),
    };
    Ok(match word {
        "" if !keys.contains_key("request") => Command::Message(Argument::Missing("request")),
        "login" => Command::Login(content()?),
        "logout" => Command::Logout,
        "msg" | "message" => Command::Message(content()?),
        "names" => Command::Names,
        "history" => Command::History,
        "help" => Command::Help,
        _ => Command::Unknown,
    })
}

fn argument(keys: &Map<String, Value>, key: &'static str) -> Argument {
    match keys.get(key) {
        Some(Value::String(text)) => Argument::Text(text.clone()),
        Some(other) => Argument::WrongType(key, kind(other)),
        None => Argument::Missing(key),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

impl Argument {
    /// The error text for a missing or wrong argument.
    pub(crate) fn trouble(&self) -> String {
        match self {
            Argument::Text(_) => String::new(),
            Argument::Missing(key) => format!("Missing argument: {key}"),
            Argument::WrongType(key, got) => {
                format!("Wrong type for {key}: wanted string, got {got}")
            }
        }
    }

    /// Damages a text if the bug says so.
    fn damaged(self, bugs: Bugs) -> Argument {
        match self {
            Argument::Text(text) if bugs.has(Bug::CorruptsQuotes) => {
                Argument::Text(rules::corrupted(&text))
            }
            argument => argument,
        }
    }
}

/// Swaps each pair of consecutive messages.
#[expect(clippy::indexing_slicing, reason = "the pattern matches at least two elements")]
pub(crate) fn swap_messages(requests: &mut [Result<Option<Request>, Unreadable>]) {
    let is_message = |request: &Result<Option<Request>, Unreadable>| {
        matches!(request, Ok(Some(Request { command: Command::Message(_), .. })))
    };
    let mut rest = requests;
    while let [first, second, ..] = rest {
        let both = is_message(first) && is_message(second);
        if both {
            std::mem::swap(first, second);
        }
        rest = &mut rest[if both { 2 } else { 1 }..];
    }
}
