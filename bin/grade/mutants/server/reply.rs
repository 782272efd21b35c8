//! Everything that the server can send, before a dialect encodes it; and the parts of the encoding that
//! dialects share.

use std::collections::VecDeque;

use serde_json::Value;

use crate::bugs::Bug;

/// Something that somebody said.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) id: u64,
    pub(crate) username: String,
    pub(crate) text: String,
    pub(crate) timestamp: String,
}

/// Something that is said to a client.
pub(crate) enum Reply<'a> {
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
