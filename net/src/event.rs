//! What the network layer tells the layer above, and the names it uses for it.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::FramingError;

/// One connection, for as long as the server runs: numbers count up from 1 and are never reused,
/// so that a late send cannot reach a stranger who got the same slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(u64);

impl ConnId {
    /// The connection with this number.
    pub const fn new(number: u64) -> ConnId {
        ConnId(number)
    }

    /// The number behind the connection, as the names of its threads show it (`recv-7`).
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ConnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One whole message as it came off the wire, without what delimits it.
pub type Frame = Vec<u8>;

/// Bytes ready for the wire, delimiters included. Shared, because what many peers get is
/// encoded once and then waits in all their outboxes without being copied.
pub type Wire = Arc<[u8]>;

/// What happened on a connection.
///
/// For every connection there is exactly one `Opened`, first, and exactly one `Closed`, last.
/// In between come any number of `Received` and at most one `Ended`.
#[derive(Debug)]
pub enum Event {
    /// A peer connected.
    Opened(ConnId, Arrival),
    /// A whole frame arrived.
    Received(ConnId, Frame),
    /// Nothing more will be received, but the peer can still be sent to: whoever hears this
    /// says its last words and calls [`Server::close`](crate::Server::close).
    Ended(ConnId, End),
    /// The connection is over. What was sent to it before a `close` is still flushed.
    Closed(ConnId, CloseReason),
}

/// How a peer came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// The index of the listener (not of its address), in the order in which they were given to `bind`.
    pub listener: usize,
    /// The address of the peer.
    pub address: SocketAddr,
}

/// Why nothing more will be received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The peer finished its half of the stream, at the end of a frame.
    Finished,
    /// The stream cannot be cut into frames any further.
    Unframed(FramingError),
    /// The peer went on sending more than it may; see [`Flood`](crate::Flood).
    Flooded,
}

/// Why a connection is over. Its `Display` is for the operator's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// The peer hung up in an orderly way.
    Finished,
    /// The peer sent what could not be cut into frames.
    Unframed,
    /// The peer sent more than it may, for too long.
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
    /// The server could not take the connection in (it is out of threads, say).
    Refused(io::ErrorKind),
    /// A decoder or a thread of ours panicked: a bug, kept to this one connection.
    Bug,
}

impl CloseReason {
    /// The reason that follows from the end of a stream, once the server has closed too.
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
            CloseReason::Unframed => write!(f, "its bytes were no frames"),
            CloseReason::Flooded => write!(f, "it sends too much"),
            CloseReason::Asked => write!(f, "closed by the server"),
            CloseReason::OutboxFull { limit } => {
                write!(f, "more came for it than it took: over {limit} bytes waited")
            }
            CloseReason::Stalled => write!(f, "it does not read: no write made progress"),
            CloseReason::Broken(kind) => write!(f, "broken: {kind}"),
            CloseReason::Refused(kind) => write!(f, "could not be taken in: {kind}"),
            CloseReason::Bug => write!(f, "a bug ended its thread"),
        }
    }
}
