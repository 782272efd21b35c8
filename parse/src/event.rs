//! What the parsing layer tells the chat.

use std::fmt;
use std::net::SocketAddr;

use net::{CloseReason, ConnId};

use crate::{Request, Response, Unreadable};

/// Whoever is at the other end of one connection. Never reused while the server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer(ConnId);

impl Peer {
    /// The peer with this number; for tests of the chat, which have no connections.
    pub const fn new(number: u64) -> Peer {
        Peer(ConnId::new(number))
    }

    pub(crate) const fn of(connection: ConnId) -> Peer {
        Peer(connection)
    }

    pub(crate) const fn connection(self) -> ConnId {
        self.0
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What happened. For every peer `Joined` is first and `Left` is last, each exactly once.
#[derive(Debug)]
pub enum Event {
    /// A peer connected.
    Joined(Peer, Arrival),
    /// A peer came in where several dialects are spoken, and turns out to speak this one.
    Speaks(Peer, &'static str),
    /// A peer asked for something.
    Asked(Peer, Request),
    /// A peer sent something that its dialect answers without the chat. The peer gets this answer
    /// after the answers to its earlier requests.
    Answered(Peer, Response),
    /// A peer sent a frame that is not a request.
    Unreadable(Peer, Box<Unreadable>),
    /// Nothing more will be asked by this peer; it can still be answered, and is to be closed.
    Finished(Peer),
    /// The peer is gone.
    Left(Peer, CloseReason),
}

/// How a peer came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Its address.
    pub address: SocketAddr,
    /// The name of the dialect of the listener where it came in.
    pub dialect: &'static str,
    /// How it is there.
    pub presence: Presence,
}

/// How whoever comes in at a listener is there: what its dialect has words for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Presence {
    /// Under the name that it gives in a `login`. Until then it is a stranger.
    #[default]
    Named,
    /// From the beginning, under the [name of its address](crate::address::name).
    Anonymous,
    /// Never: it looks on, and nobody sees it. With a `login` it can prove who it is.
    Observer,
}
