//! A client's connection: requests out, responses in. It speaks `json`.

use std::time::Duration;

use net::framing::{Framing, Lines};
use net::{CloseReason, ConnectError, Wire};

use crate::dialect::Json;
use crate::{Limits, ParseError, Request, Response};

/// The longest line that a client takes from a server, in bytes. The server's own limit on what
/// it takes says nothing about what it gives: a list of ten thousand names is one line.
const LINE: usize = 4 * 1024 * 1024;

/// One connection to a server, as its two directions.
#[derive(Debug)]
pub struct Link {
    /// Asks. Can be cloned.
    pub sender: LinkSender,
    /// Hears. Dropping it ends the connection.
    pub receiver: LinkReceiver,
}

/// What a [`LinkReceiver`] heard.
#[derive(Debug)]
pub enum LinkEvent {
    /// The server said something.
    Said(Response),
    /// The server sent what is no response. The connection lives.
    Unreadable(ParseError),
    /// The connection is over; nothing follows.
    Closed(CloseReason),
    /// Nothing happened within the time that was given.
    Quiet,
}

impl Link {
    /// Connects to `target`, which is `HOST:PORT`, within `deadline`.
    ///
    /// # Errors
    /// When the host has no address, or none of its addresses takes the connection in time.
    pub fn connect(target: &str, deadline: Duration, limits: Limits) -> Result<Link, ConnectError> {
        let (json, framing) = (Json::new(&limits), Lines::new(LINE));
        let link = net::Link::connect(target, deadline, &framing, limits.net)?;
        // A server may have to guess from the first bytes which dialect this is. No other one
        // starts with an empty line.
        link.sender.send(&Wire::from(&b"\n"[..]));
        Ok(Link {
            sender: LinkSender { net: link.sender, json, framing, limit: limits.frame },
            receiver: LinkReceiver { net: link.receiver, json },
        })
    }
}

/// The asking direction of a [`Link`].
#[derive(Debug, Clone)]
pub struct LinkSender {
    net: net::LinkSender,
    json: Json,
    framing: Lines,
    limit: usize,
}

/// Why a request was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsent {
    /// It is longer than a server takes, which would end the connection.
    #[error("That is too long!")]
    TooLong,
    /// The connection is over, or the server does not read.
    #[error("The server does not take it.")]
    Closed,
}

impl LinkSender {
    /// Queues a request. Never blocks.
    ///
    /// # Errors
    /// When it was not taken; then nothing of it was sent.
    pub fn send(&self, request: Request) -> Result<(), Unsent> {
        let payload = self.json.encode_request(request);
        if payload.len() > self.limit {
            return Err(Unsent::TooLong);
        }
        let mut wire = Vec::new();
        self.framing.encode(&payload, &mut wire);
        if self.net.send(&Wire::from(wire)) { Ok(()) } else { Err(Unsent::Closed) }
    }

    /// Says that nothing more will be asked, once what was asked before is out.
    pub fn finish(&self) {
        self.net.finish();
    }
}

/// The hearing direction of a [`Link`].
#[derive(Debug)]
pub struct LinkReceiver {
    net: net::LinkReceiver,
    json: Json,
}

impl LinkReceiver {
    /// Waits for what comes next, no longer than `timeout` (`None` waits for ever).
    pub fn recv(&mut self, timeout: Option<Duration>) -> LinkEvent {
        match self.net.recv(timeout) {
            net::LinkEvent::Received(frame) => match self.json.decode_response(&frame) {
                Ok(response) => LinkEvent::Said(response),
                Err(error) => LinkEvent::Unreadable(error),
            },
            net::LinkEvent::Closed(reason) => LinkEvent::Closed(reason),
            net::LinkEvent::Quiet => LinkEvent::Quiet,
        }
    }
}
