//! Replies of the server before a dialect encodes them, and parts of the encoding that several
//! dialects share.

use std::collections::VecDeque;

use serde_json::Value;

use crate::bugs::{Bug, Bugs};

/// A chat message.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) id: u64,
    pub(crate) username: String,
    pub(crate) text: String,
    pub(crate) timestamp: String,
}

/// Anything that the server sends to a client.
pub(crate) enum Reply<'a> {
    /// A request failed. `username` is the name in the request, if it has one.
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
    /// `request` is the word in the request.
    Names {
        request: &'a str,
        names: &'a [String],
    },
    History(&'a VecDeque<Message>),
    /// The first words to a client that connects, which only a bug says.
    Greeting,
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

/// The text of a greeting.
pub(crate) const GREETING: &str = "Welcome!";

/// The commands in the answer to `help`.
pub(crate) const COMMANDS: [(&str, &str); 6] = [
    ("login", "Take a name."),
    ("logout", "Give the name back."),
    ("message", "Send a message to all users."),
    ("names", "List the names."),
    ("help", "List the requests."),
    ("version", "The version of the server."),
];

/// Buffer size of one read of a client. An answer that can be split should not be longer.
pub(crate) const READ: usize = 1024;

/// Splits a list of names into answers that each fit in one read.
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

/// A note about a broken connection, for dialects without a key for it.
pub(crate) fn ending(broken: bool) -> &'static str {
    if broken { " (error)" } else { "" }
}

/// The name of a request in its answer.
pub(crate) fn answer_name(request: &str, bugs: Bugs) -> &str {
    // An invalid request has no name that could be wrong.
    if bugs.has(Bug::WrongNameInAnswer) && request != "error" { "login" } else { request }
}

/// Adds the key `error` to a successful answer, if the bug says so.
pub(crate) fn done(mut answer: Value, bugs: Bugs) -> Value {
    if bugs.has(Bug::ErrorOnSuccess)
        && let Value::Object(keys) = &mut answer
    {
        keys.insert("error".to_owned(), Value::Null);
    }
    answer
}

/// The answer to a failed request.
pub(crate) fn refused(request: &str, error: &str, bugs: Bugs) -> Value {
    let request = answer_name(request, bugs);
    if bugs.has(Bug::ErrorMissing) {
        return serde_json::json!({ "response": request });
    }
    serde_json::json!({ "response": request, "error": error })
}
