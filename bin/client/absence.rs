//! The state of a client that has lost its connection and is on its way back.

use std::time::Instant;

use parse::{Dict, Request};

use crate::missed::Missed;

/// The state of a return to the conversation.
#[derive(Default)]
pub(crate) struct Returning {
    /// The request of the client that the server answers next.
    pub(crate) step: Step,
    /// The name of the person before the connection was lost.
    pub(crate) me: String,
    /// The rooms to enter again.
    pub(crate) rooms: Vec<String>,
    /// The room that was current.
    pub(crate) current: String,
    pub(crate) missed: Missed,
    /// The requests that had no answer when the connection broke.
    pub(crate) unanswered: Vec<Request>,
    /// The number of logins that were refused because the name was still taken.
    pub(crate) refused: u32,
    /// When to log in again after such a refusal.
    pub(crate) retry: Option<Instant>,
    /// Whether the last refusal says that the person is logged in elsewhere, and can end that session.
    pub(crate) is_elsewhere: bool,
    /// Whether the person wants to end a session in which they are logged in already.
    pub(crate) replaces: bool,
    /// The way in which the person or the client has changed the login.
    pub(crate) change: Change,
    /// Whether the person wants another login than the next one that the server answers.
    pub(crate) is_overtaken: bool,
    /// Whether the person has logged out, so that the client stops its attempts to connect.
    pub(crate) is_given_up: bool,
}

/// What the login of a return differs in from the one before the connection was lost.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    #[default]
    None,
    /// It has another name, which the person has typed.
    Name,
    /// It has no password: the server has refused the password, perhaps because the account is gone.
    WithoutPassword,
}

/// A step of a return.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    #[default]
    Connect,
    Login,
    Join(String),
    /// A page of the history of this room.
    Page(String),
}

/// What a response of the server leads to during a return.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Lines of the client about the return.
    pub(crate) said: Vec<String>,
    /// The missed messages, if the return is over.
    pub(crate) missed: Vec<Dict>,
    /// Lines about missed messages that were too many.
    pub(crate) left_out: Vec<String>,
    /// Lines that say what became of requests without an answer.
    pub(crate) lost: Vec<String>,
}

impl Progress {
    /// Nothing but these lines.
    pub(crate) fn say(said: Vec<String>) -> Progress {
        Progress { said, ..Progress::default() }
    }

    /// The same with this line before the others.
    pub(crate) fn after(mut self, line: String) -> Progress {
        self.said.insert(0, line);
        self
    }
}
