//! The state of a client that has lost its connection and is on its way back.

use std::time::Instant;

use parse::Request;

use crate::missed::Missed;

/// The state of a return to the conversation.
#[derive(Default)]
pub(crate) struct Returning {
    /// The request of the client that the server answers next.
    pub(crate) step: Step,
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
