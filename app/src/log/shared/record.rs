//! The entries of the log in Redis, and their fields.
//!
//! An entry of the stream has plain fields, so `redis-cli XRANGE` shows what happened. A list (the
//! people of a roll) is one field, in which each string follows its length, as in `5:alice`.

mod decode;
mod encode;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use parse::Peer;

use crate::Timestamp;
use crate::log::Change;
use crate::log::retention::Sweep;

pub(super) use decode::Read;

/// The fields of an entry: names and values.
pub(super) type Fields = Vec<(&'static str, String)>;

/// An entry of the stream.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Record {
    /// Its number in the stream. The first entry is 1, and none is left out.
    pub(super) number: u64,
    /// What it says.
    pub(super) body: Body,
}

/// The content of an entry.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Body {
    /// A server has joined the chat.
    Joined {
        /// Its number.
        epoch: u64,
        /// The secret by which it recognises itself.
        token: String,
        /// Its name.
        name: Arc<str>,
        /// The servers that were there already.
        others: Vec<(u64, Arc<str>)>,
        /// Those of them that had appended something. On the others there was nobody.
        active: Vec<u64>,
    },
    /// A server was declared gone, or has left.
    Gone {
        /// Its number.
        epoch: u64,
    },
    /// A server has appended a draft.
    Appended(Appended),
}

/// A draft of a server.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Appended {
    /// The number of the server.
    pub(super) epoch: u64,
    /// The number of the draft among those of that server.
    pub(super) sequence: u64,
    pub(super) timestamp: Timestamp,
    /// The peer that sent the request.
    pub(super) by: Option<Peer>,
    /// The receiver of a whisper.
    pub(super) to: Option<Peer>,
    pub(super) content: Content,
}

/// The content of a draft.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    Change(Change),
    /// Messages to delete.
    Sweep(Sweep),
}

/// The reason why an entry cannot be read.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub(super) enum Unreadable {
    #[error("it has no field {0:?}")]
    Missing(&'static str),
    #[error("its field {0:?} has the value {1:?}")]
    Invalid(&'static str, String),
}
