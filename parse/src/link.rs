//! The connection of a client: requests out, responses in, in the `json` dialect.

use std::net::SocketAddr;
use std::time::Duration;

use net::framing::{Framing, Lines};
use net::{CloseReason, ConnectError, Frame, Session, Wire};

use crate::dialect::Json;
use crate::{Limits, ParseError, Request, Response};

/// Maximum length of a line from a server, in bytes. A list of ten thousand names is one line, so it
/// is far above the limit for requests.
const LINE: usize = 4 * 1024 * 1024;

/// One connection to a server, split into its two directions.
#[derive(Debug)]
pub struct Link {
    /// Sends requests. It can be cloned.
    pub sender: LinkSender,
    /// Receives responses. Dropping it closes the connection.
    pub receiver: LinkReceiver,
}

/// An event of a [`LinkReceiver`].
#[derive(Debug)]
pub enum LinkEvent {
    /// The server sent a response.
    Said(Response),
    /// The server sent a frame that is not a response. The connection stays open.
    Unreadable(ParseError),
    /// The connection is closed. This is the last event.
    Closed(CloseReason),
    /// The timeout passed without an event.
    Quiet,
}

impl Link {
    /// Connects to `target`, which is `HOST:PORT`, within `deadline`.
    ///
    /// # Errors
    /// If the host has no address, or no address accepts the connection in time.
    pub fn connect(target: &str, deadline: Duration, limits: Limits) -> Result<Link, ConnectError> {
        let framing = Lines::new(LINE);
        let net = net::Link::connect(target, deadline, &framing, limits.net)?;
        Ok(Link::new(net, framing, limits))
    }

    /// Connects like [`connect`](Link::connect), and encrypts the connection with this session.
    ///
    /// # Errors
    /// Those of `connect`, and [`ConnectError::Insecure`]. Then no request was sent.
    pub fn connect_secured(
        target: &str,
        deadline: Duration,
        limits: Limits,
        session: Box<dyn Session>,
    ) -> Result<Link, ConnectError> {
        let framing = Lines::new(LINE);
        let net = net::Link::connect_secured(target, deadline, &framing, limits.net, session)?;
        Ok(Link::new(net, framing, limits))
    }

    fn new(net: net::Link, framing: Lines, limits: Limits) -> Link {
        let json = Json::new(&limits);
        Link {
            sender: LinkSender { net: net.sender, json, framing, limit: limits.frame },
            receiver: LinkReceiver { net: net.receiver, json, frame: Frame::new() },
        }
    }
}

/// The sending direction of a [`Link`].
#[derive(Debug, Clone)]
pub struct LinkSender {
    net: net::LinkSender,
    json: Json,
    framing: Lines,
    limit: usize,
}

/// The reason why a request was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsent {
    /// The request is over the limit of a server, which would close the connection.
    #[error("That is too long!")]
    TooLong,
    /// The connection is closed, or the server does not read.
    #[error("The server does not take it.")]
    Closed,
}

impl LinkSender {
    /// Queues a request. Never blocks.
    ///
    /// # Errors
    /// If the request is too long or the queue does not accept it. Then no part of it was sent.
    pub fn send(&self, request: Request) -> Result<(), Unsent> {
        let payload = self.json.encode_request(request);
        if payload.len() > self.limit {
            return Err(Unsent::TooLong);
        }
        let mut wire = Vec::new();
        self.framing.encode(&payload, &mut wire);
        if self.net.send(&Wire::from(wire)) { Ok(()) } else { Err(Unsent::Closed) }
    }

    /// Returns the address of the server, or `None` if the connection has broken.
    pub fn address(&self) -> Option<SocketAddr> {
        self.net.address()
    }

    /// Closes the connection at once, in both directions.
    pub fn abort(&self) {
        self.net.abort();
    }

    /// Closes the sending direction after all queued requests.
    pub fn finish(&self) {
        self.net.finish();
    }
}

/// The receiving direction of a [`Link`].
#[derive(Debug)]
pub struct LinkReceiver {
    net: net::LinkReceiver,
    json: Json,
    frame: Frame,
}

impl LinkReceiver {
    /// Waits for the next event, for `timeout` at most (`None` waits without a limit).
    pub fn recv(&mut self, timeout: Option<Duration>) -> LinkEvent {
        match self.net.recv(timeout) {
            net::LinkEvent::Received(frame) => {
                self.frame = frame;
                match self.json.decode_response(&self.frame) {
                    Ok(response) => LinkEvent::Said(response),
                    Err(error) => LinkEvent::Unreadable(error),
                }
            }
            net::LinkEvent::Closed(reason) => LinkEvent::Closed(reason),
            net::LinkEvent::Quiet => LinkEvent::Quiet,
        }
    }

    /// Returns the last frame as the server sent it, whether it is a response or not. It is empty before
    /// the first one.
    pub fn frame(&self) -> &[u8] {
        &self.frame
    }
}
