//! The three dialects that the server can be started in, and how each of them says a thing.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::bugs::Bug;
use crate::room::Message;
use crate::{json, ktn14, ktn15};

/// What is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Json,
    Ktn14,
    Ktn15,
}

/// How the server was started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) dialect: Dialect,
    pub(crate) bug: Bug,
}

/// Something that is said to a client.
pub(crate) enum Say<'a> {
    /// The request called `request` failed. `username` is the one that was asked for, if any.
    Refused {
        request: &'a str,
        username: &'a str,
        error: &'a str,
    },
    LoggedIn {
        name: &'a str,
        said: &'a VecDeque<Message>,
    },
    LoggedOut {
        name: &'a str,
    },
    Message(&'a Message),
    /// `request` is the word that it was asked with.
    Names {
        request: &'a str,
        names: &'a [String],
    },
    History(&'a VecDeque<Message>),
    Help,
    Version,
    Joined {
        name: &'a str,
        online: usize,
    },
    Left {
        name: &'a str,
        online: usize,
        broken: bool,
    },
}

/// What `help` lists.
pub(crate) const COMMANDS: [(&str, &str); 6] = [
    ("login", "Take a name."),
    ("logout", "Give it back."),
    ("message", "Say something to everybody."),
    ("names", "Who is here."),
    ("help", "This."),
    ("version", "What this server is."),
];

/// What one read of a client may hold: no answer that can be cut should be longer.
pub(crate) const READ: usize = 1024;

impl Dialect {
    pub(crate) const ALL: [Dialect; 3] = [Dialect::Json, Dialect::Ktn14, Dialect::Ktn15];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Dialect::Json => "json",
            Dialect::Ktn14 => "ktn14",
            Dialect::Ktn15 => "ktn15",
        }
    }

    /// How long to wait between two writes to the same client: those of the two courses take what
    /// one read returns for one message.
    pub(crate) fn gap(self) -> Option<Duration> {
        match self {
            Dialect::Json => None,
            Dialect::Ktn14 | Dialect::Ktn15 => Some(Duration::from_millis(20)),
        }
    }
}

impl Settings {
    /// What goes over the wire, each of it in a write of its own. The tag is that of the request
    /// that this answers.
    pub(crate) fn encode(self, say: &Say, tag: Option<&Value>) -> Vec<Arc<[u8]>> {
        let mut values = match self.dialect {
            Dialect::Json => vec![json::say(say, self.bug)],
            Dialect::Ktn14 => ktn14::say(say, self.bug),
            Dialect::Ktn15 => ktn15::say(say, self.bug),
        };
        if let (Dialect::Json, Some(tag), Some(Value::Object(answer))) =
            (self.dialect, tag, values.first_mut())
            && self.bug != Bug::TagDropped
        {
            answer.insert("tag".to_owned(), tag.clone());
        }
        let end = if self.dialect == Dialect::Json { "\n" } else { "" };
        values.iter().map(|value| format!("{value}{end}").into_bytes().into()).collect()
    }
}

/// Answers that each list as many of the names as one read can hold.
pub(crate) fn in_reads(names: &[String], list: impl Fn(&[String]) -> Value) -> Vec<Value> {
    let mut answers = Vec::new();
    let mut part = Vec::new();
    for name in names {
        part.push(name.clone());
        if part.len() > 1 && list(&part).to_string().len() > READ {
            part.pop();
            answers.push(list(&part));
            part = vec![name.clone()];
        }
    }
    answers.push(list(&part));
    answers
}

/// A word on how somebody left, where there is no key for it.
pub(crate) fn ending(broken: bool) -> &'static str {
    if broken { " (error)" } else { "" }
}

/// What a request is called in the answer to it.
pub(crate) fn answer_name(request: &str, bug: Bug) -> &str {
    // What is no request at all has no name that could be mistaken.
    if bug == Bug::WrongNameInAnswer && request != "error" { "login" } else { request }
}

/// The key that says that something failed, put at the end of what says that it was done.
pub(crate) fn done(mut answer: Value, bug: Bug) -> Value {
    if bug == Bug::ErrorOnSuccess
        && let Value::Object(keys) = &mut answer
    {
        keys.insert("error".to_owned(), Value::Null);
    }
    answer
}

/// What says that something failed.
pub(crate) fn refused(request: &str, error: &str, bug: Bug) -> Value {
    let request = answer_name(request, bug);
    if bug == Bug::ErrorMissing {
        return serde_json::json!({ "response": request });
    }
    serde_json::json!({ "response": request, "error": error })
}
