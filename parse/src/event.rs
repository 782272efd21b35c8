//! Events that the parsing layer reports to the chat.

use std::fmt;
use std::net::SocketAddr;

use net::{CloseReason, ConnId};

use crate::{Request, Response, Unreadable};

/// The other end of one connection. The server never uses a number twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer(ConnId);

impl Peer {
    /// Creates a peer with this number: for a peer of another server, and for tests of the chat
    /// without connections.
    pub const fn new(number: u64) -> Peer {
        Peer(ConnId::new(number))
    }

    /// Returns the number of the peer.
    pub const fn number(self) -> u64 {
        self.0.number()
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

/// An event. The first event of every peer is `Joined` and the last one is `Left`.
#[derive(Debug)]
pub enum Event {
    /// A peer connected.
    Joined(Peer, Arrival),
    /// A peer that is connected to a listener for several dialects speaks this one.
    Speaks(Peer, &'static str),
    /// A peer sent a request.
    Asked(Peer, Request),
    /// A peer sent something that its dialect answers without the chat. The peer gets this answer
    /// after the answers to its earlier requests.
    Answered(Peer, Response),
    /// A peer sent a frame that is not a request.
    Unreadable(Peer, Box<Unreadable>),
    /// A peer speaks this other protocol, so nothing more is read from it. No answer would make sense to
    /// it; the chat closes it.
    Foreign(Peer, &'static str),
    /// A peer will send nothing more. It can still get answers; then the chat closes it.
    Finished(Peer),
    /// The connection to the peer is closed.
    Left(Peer, CloseReason),
}

impl Event {
    /// Returns the peer of the event.
    pub fn peer(&self) -> Peer {
        match self {
            Event::Joined(peer, _)
            | Event::Speaks(peer, _)
            | Event::Asked(peer, _)
            | Event::Answered(peer, _)
            | Event::Unreadable(peer, _)
            | Event::Finished(peer)
            | Event::Foreign(peer, _)
            | Event::Left(peer, _) => *peer,
        }
    }
}

/// The circumstances in which a peer connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// The address of the peer.
    pub address: SocketAddr,
    /// The name of the listener's dialect.
    pub dialect: &'static str,
    /// How the chat shows the peer.
    pub presence: Presence,
}

/// How the chat shows the peers of a dialect. It depends on the requests that the dialect has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Presence {
    /// Under the name in its `login`. Until then it is not authenticated.
    #[default]
    Named,
    /// Under the [name of its address](crate::address::name), without a login.
    Anonymous,
    /// Not at all: it is an observer. With a `login` it can prove that it is an administrator.
    Observer,
}
