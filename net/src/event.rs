//! The events that the network layer reports to the layer above, and the types in them.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::FramingError;

/// The number of a connection. Numbers count up from 1 while the server runs, and none is reused, so
/// that a late send cannot reach another peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(u64);

impl ConnId {
    /// Returns the connection with this number.
    pub const fn new(number: u64) -> ConnId {
        ConnId(number)
    }

    /// Returns the number of the connection, as the names of its threads show it (`recv-7`).
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ConnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One whole message from the wire, without its delimiter.
pub type Frame = Vec<u8>;

/// Bytes ready for the wire, delimiters included.
///
/// They are shared: a message to many peers is encoded once and waits in all their outboxes without a
/// copy.
pub type Wire = Arc<[u8]>;

/// An event on a connection.
///
/// For every connection there is exactly one `Opened`, first, and exactly one `Closed`, last.
/// Between them there are any number of `Received` and at most one `Ended`.
#[derive(Debug)]
pub enum Event {
    /// A peer connected.
    Opened(ConnId, Arrival),
    /// A whole frame arrived.
    Received(ConnId, Frame),
    /// The peer sends nothing more, but can still receive. The layer above sends its last answer and
    /// calls [`Server::close`](crate::Server::close).
    Ended(ConnId, End),
    /// The connection is over. Messages from before a `close` are still flushed.
    Closed(ConnId, CloseReason),
}

/// The listener and the address of a new connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// The index of the listener (not of its address), in the order in which `bind` got them.
    pub listener: usize,
    /// The address of the peer.
    pub address: SocketAddr,
}

/// The reason why a connection receives nothing more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The peer finished its half of the stream, at the end of a frame.
    Finished,
    /// The stream cannot be cut into frames any further.
    Unframed(FramingError),
    /// The peer sent too many frames for too long; see [`Flood`](crate::Flood).
    Flooded,
}

/// The reason why a connection is over. Its `Display` is for the operator's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// The peer hung up in an orderly way.
    Finished,
    /// The decoder could not cut the peer's bytes into frames.
    Unframed,
    /// The peer sent too many frames for too long.
    Flooded,
    /// The server closed it.
    Asked,
    /// The peer did not read: more than `limit` bytes waited for it.
    OutboxFull {
        /// The high-water mark, in bytes.
        limit: usize,
    },
    /// The peer did not read: a write made no progress for the time in [`Limits::stall`].
    ///
    /// [`Limits::stall`]: crate::Limits::stall
    Stalled,
    /// The connection broke, in the way the system names.
    Broken(io::ErrorKind),
    /// The server could not serve the connection (it is out of threads, say).
    Refused(io::ErrorKind),
    /// A decoder or a thread panicked. The bug ends only this connection.
    Bug,
}

impl CloseReason {
    /// Returns the reason for a connection whose stream ended like this before the server closed it.
    pub(crate) fn of(end: &End) -> CloseReason {
        match end {
            End::Finished => CloseReason::Finished,
            End::Unframed(_) => CloseReason::Unframed,
            End::Flooded => CloseReason::Flooded,
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CloseReason::Finished => write!(f, "the peer hung up"),
            CloseReason::Unframed => write!(f, "the stream could not be cut into frames"),
            CloseReason::Flooded => write!(f, "the peer sent too much for too long"),
            CloseReason::Asked => write!(f, "closed by the server"),
            CloseReason::OutboxFull { limit } => {
                write!(f, "more came for it than it took: over {limit} bytes waited")
            }
            CloseReason::Stalled => write!(f, "it does not read: no write made progress"),
            CloseReason::Broken(kind) => write!(f, "broken: {kind}"),
            CloseReason::Refused(kind) => {
                write!(f, "the server could not serve the connection: {kind}")
            }
            CloseReason::Bug => write!(f, "a bug: its thread or its decoder panicked"),
        }
    }
}
