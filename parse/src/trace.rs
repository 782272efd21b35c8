//! The interface of an observer of requests and responses, and of the bytes below them.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use net::{Arrival, ConnId};

use crate::Peer;

/// The meaning of a frame, as an observer hears of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// It is a request.
    Request,
    /// Its dialect answers it without the chat.
    Answered,
    /// It asks for nothing.
    Nothing,
    /// It is no frame of the peer: the decoder of `auto` tells with it which dialect the peer speaks.
    Dialect,
    /// It is not a request.
    Unreadable,
}

/// An observer of a [`Server`](crate::Server). Its calls come from several threads, at the moment at which
/// something is done, so a call must be short and must not wait. It sees sizes and no contents.
pub trait Trace: fmt::Debug + Send + Sync {
    /// A peer is connected. This is its first call.
    fn opened(&self, peer: Peer, address: SocketAddr);
    /// A read returned this many bytes.
    fn read(&self, peer: Peer, bytes: usize);
    /// A frame with a payload of this many bytes is complete, and the limit on floods lets it pass.
    fn framed(&self, peer: Peer, bytes: usize);
    /// The next frame of a peer has this meaning. The frames of a peer are decoded in the order in which they
    /// were framed.
    fn decoded(&self, peer: Peer, meaning: Meaning);
    /// A response is this many bytes long in a dialect, and goes to these peers. If a peer is closed, it does
    /// not get the bytes.
    fn encoded(&self, bytes: usize, peers: &mut dyn Iterator<Item = Peer>);
    /// The system took this many bytes for a peer, and so many still wait.
    fn written(&self, peer: Peer, bytes: usize, waiting: usize);
    /// The connection to the peer is closed. The bytes that wait may still be written.
    fn closed(&self, peer: Peer);
}

/// Passes the calls of `net` on.
#[derive(Debug)]
pub(crate) struct Below(pub(crate) Arc<dyn Trace>);

impl net::Trace for Below {
    fn opened(&self, connection: ConnId, arrival: &Arrival) {
        self.0.opened(Peer::of(connection), arrival.address);
    }

    fn read(&self, connection: ConnId, bytes: usize) {
        self.0.read(Peer::of(connection), bytes);
    }

    fn framed(&self, connection: ConnId, bytes: usize) {
        self.0.framed(Peer::of(connection), bytes);
    }

    fn written(&self, connection: ConnId, bytes: usize, waiting: usize) {
        self.0.written(Peer::of(connection), bytes, waiting);
    }

    fn closed(&self, connection: ConnId) {
        self.0.closed(Peer::of(connection));
    }
}
