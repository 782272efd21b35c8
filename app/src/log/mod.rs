//! The log: a message takes effect by being appended to it.
//!
//! A command does not deliver a message. It appends a [`Draft`], and the message is delivered
//! when the log hands it back as an [`Entry`]. So whatever a log has to do first (write it to a
//! disk, agree with another server) is done before anyone sees the message; and since everybody
//! is told in the order in which the log hands entries back, everybody sees the same order.

mod memory;

use parse::{Peer, Value};

use crate::{Message, Page, PageSize, Timestamp};

pub use memory::Memory;

/// A message that has not taken effect yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Who says it.
    pub username: String,
    /// To whom alone, if not to everybody.
    pub to: Option<String>,
    /// What is said.
    pub text: String,
    /// When it was said.
    pub timestamp: Timestamp,
    /// Whom to answer.
    pub origin: Origin,
}

/// Where a draft came from. A log keeps this beside the message until it hands it back.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// Who asked.
    pub peer: Peer,
    /// The receiver, where the message is for one alone.
    pub to: Option<Peer>,
    /// The tag of the request.
    pub tag: Option<Value>,
}

/// A message that has taken effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The message, with the id that the log gave it.
    pub message: Message,
    /// Whom to answer.
    pub origin: Origin,
}

/// Where messages go, and come back from.
pub trait Log: Send {
    /// Takes a message in. Never blocks; sooner or later it comes out of
    /// [`next`](Log::next).
    fn append(&mut self, draft: Draft);

    /// The next message that has taken effect, in log order; `None` when there is none yet.
    fn next(&mut self) -> Option<Entry>;

    /// What was said to everybody, before the message with the id `before` or up to now: the
    /// latest that fit into a page. Only what [`next`](Log::next) has handed back is in it.
    fn page(&self, before: Option<u64>, size: PageSize) -> Page;
}
