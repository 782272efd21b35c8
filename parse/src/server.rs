//! Requests from many peers, and responses to them, whatever dialect each of them speaks.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use net::framing::Framing;
use net::{BindError, ConnId, Drained, End, EngineKind, Waker, Wire};

use crate::dialect::{Dialect, Interpreter, Speech};
use crate::{Arrival, Event, Limits, ParseError, Peer, Response};

/// Where to listen, and in which dialect.
#[derive(Clone)]
pub struct Listen {
    /// The address; port 0 lets the system choose a free one.
    pub address: SocketAddr,
    /// What is spoken there.
    pub dialect: Arc<dyn Dialect>,
}

/// How many events there is always room for.
const KEPT: usize = 4096;

/// Wraps `net::Server`: the same five calls, with requests and responses in place of bytes.
pub struct Server {
    net: net::Server,
    listeners: Vec<Listener>,
    /// Every peer that is connected.
    peers: HashMap<Peer, Speaker>,
    /// Kept between two calls of `recv` for its memory; always empty there.
    arrived: Vec<net::Event>,
}

/// What is spoken at one listener.
struct Listener {
    dialect: Arc<dyn Dialect>,
    framing: Arc<dyn Framing>,
}

/// One peer, as far as its dialect goes.
struct Speaker {
    /// The index in `listeners` of the first that speaks its dialect: what is said in one dialect is
    /// encoded once, also where there are two ways in.
    listener: usize,
    interpreter: Box<dyn Interpreter>,
}

impl Server {
    /// Listens on all of the addresses, or on none.
    ///
    /// # Errors
    /// When an address cannot be listened on, or the engine cannot start.
    pub fn bind(
        listeners: &[Listen],
        engine: EngineKind,
        limits: Limits,
    ) -> Result<Server, BindError> {
        let speaking: Vec<Listener> = listeners
            .iter()
            .map(|listen| Listener {
                dialect: Arc::clone(&listen.dialect),
                framing: listen.dialect.framing(),
            })
            .collect();
        let listeners: Vec<net::Listen> = listeners
            .iter()
            .zip(&speaking)
            .map(|(listen, speech)| net::Listen {
                address: listen.address,
                framing: Arc::clone(&speech.framing),
            })
            .collect();
        let net = net::Server::bind(&listeners, engine, limits.net)?;
        Ok(Server { net, listeners: speaking, peers: HashMap::new(), arrived: Vec::new() })
    }

    /// What is listened on, in the order in which it was asked for: the address, with the port
    /// that the system chose where 0 was asked for, and the name of the dialect.
    pub fn listeners(&self) -> impl Iterator<Item = (SocketAddr, &'static str)> {
        let names = self.listeners.iter().map(|speech| speech.dialect.name());
        self.net.addresses().iter().copied().zip(names)
    }

    /// Blocks until something happened, and appends all that is there to `events`, in order.
    ///
    /// It may return without an event: after `timeout` (`None` waits for ever), and when a
    /// [`Waker`] woke it.
    pub fn recv(&mut self, events: &mut Vec<Event>, timeout: Option<Duration>) {
        let mut arrived = std::mem::take(&mut self.arrived);
        self.net.recv(&mut arrived, timeout);
        for event in arrived.drain(..) {
            self.hear(event, events);
        }
        arrived.shrink_to(KEPT);
        self.arrived = arrived;
    }

    fn hear(&mut self, event: net::Event, events: &mut Vec<Event>) {
        match event {
            net::Event::Opened(id, net::Arrival { listener, address }) => {
                let Some(speech) = self.listeners.get(listener) else { return };
                let arrival = Arrival { address, dialect: speech.dialect.name() };
                let (name, mut all) = (speech.dialect.name(), self.listeners.iter());
                let first = all.position(|other| other.dialect.name() == name);
                let listener = first.unwrap_or(listener);
                let interpreter = speech.dialect.interpreter();
                self.peers.insert(Peer::of(id), Speaker { listener, interpreter });
                events.push(Event::Joined(Peer::of(id), arrival));
            }
            net::Event::Received(id, frame) => {
                let peer = Peer::of(id);
                let Some(speaker) = self.peers.get_mut(&peer) else { return };
                match speaker.interpreter.decode(&frame) {
                    Ok(Some(request)) => events.push(Event::Asked(peer, request)),
                    Ok(None) => {}
                    Err(unreadable) => events.push(Event::Unreadable(peer, unreadable)),
                }
            }
            net::Event::Ended(id, end) => {
                let error = match end {
                    End::Finished => None,
                    End::Unframed(error) => Some(ParseError::Unframed(error)),
                    End::Flooded => Some(ParseError::Flooded),
                };
                events.extend(error.map(|error| Event::Unreadable(Peer::of(id), error.into())));
                events.push(Event::Finished(Peer::of(id)));
            }
            net::Event::Closed(id, reason) => {
                self.peers.remove(&Peer::of(id));
                events.push(Event::Left(Peer::of(id), reason));
            }
        }
    }

    /// Says something to each of the peers. It is encoded once for each dialect among them,
    /// however many they are. Never blocks.
    pub fn send(&mut self, to: &[Peer], response: &Response) {
        for at in 0..self.listeners.len() {
            let ids: Vec<ConnId> = to
                .iter()
                .filter(|peer| self.peers.get(peer).is_some_and(|it| it.listener == at))
                .map(|peer| peer.connection())
                .collect();
            if let (false, Some(speech)) = (ids.is_empty(), self.listeners.get(at)) {
                let Speech { frames, last } = speech.dialect.encode(response);
                let mut wire = Vec::new();
                frames.iter().for_each(|frame| speech.framing.encode(frame, &mut wire));
                if !wire.is_empty() {
                    self.net.send(&ids, &Wire::from(wire));
                }
                if last {
                    ids.iter().for_each(|id| self.net.close(*id));
                }
            }
        }
    }

    /// Hangs up on a peer, after it got what was sent before; its `Left` comes with the next
    /// `recv`.
    pub fn close(&mut self, peer: Peer) {
        self.net.close(peer.connection());
    }

    /// A handle with which another thread can end a wait in [`recv`](Server::recv).
    pub fn waker(&self) -> Waker {
        self.net.waker()
    }

    /// Drains: stops accepting, flushes every connection and hangs up, within `deadline`.
    pub fn shutdown(self, deadline: Duration) -> Drained {
        self.net.shutdown(deadline)
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("net", &self.net).finish_non_exhaustive()
    }
}
