//! What the parsing layer tells the chat.

use std::fmt;
use std::net::SocketAddr;

use net::{CloseReason, ConnId};

use crate::{Request, Unreadable};

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
    /// A peer connected; it has no name yet.
    Joined(Peer, Arrival),
    /// A peer asked for something.
    Asked(Peer, Request),
    /// A peer sent what is no request.
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
}
