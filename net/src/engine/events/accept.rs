//! The part of a turn that accepts new connections.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Instant;

use mio::Interest;
use mio::net::TcpStream;
use socket2::SockRef;

use super::connection::Connection;
use super::{Events, token};
use crate::admission::AdmissionControl;
use crate::engine::BACK_OFF;
use crate::flood::TokenBucket;
use crate::handshake::Newcomer;
use crate::stream::Stream;
use crate::sync::lock;
use crate::{Arrival, ConnId, Event, socket};

/// The number of connections that one turn accepts from one listener.
const ACCEPTS: usize = 256;

impl Events {
    /// Accepts the connections that wait at the listeners.
    pub(super) fn accept(&mut self, events: &mut Vec<Event>, now: Instant) {
        if self.accept_again.is_some_and(|again| now < again) {
            return;
        }
        let failing = self.accept_again.take().is_some();
        for index in 0..self.listeners.len() {
            // After that many the listener stays ready, so that the next turn does not wait.
            for _ in 0..ACCEPTS {
                #[expect(clippy::indexing_slicing, reason = "listeners are never removed here")]
                let listener = &mut self.listeners[index];
                if !listener.ready {
                    break;
                }
                match listener.socket.accept() {
                    Ok((socket, address)) => {
                        let address = socket::canonical(address);
                        self.admit(index, socket, address, events, now);
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => listener.ready = false,
                    Err(error) if socket::is_transient(&error) => {}
                    Err(error) => {
                        if !failing {
                            tracing::warn!(%error, "cannot accept a connection; trying again");
                        }
                        self.accept_again = Some(now + BACK_OFF);
                        return;
                    }
                }
            }
        }
    }

    fn admit(
        &mut self,
        listener: usize,
        socket: TcpStream,
        address: SocketAddr,
        events: &mut Vec<Event>,
        now: Instant,
    ) {
        let admitted = match AdmissionControl::admit(&self.admission, address.ip(), now) {
            Ok(admitted) => admitted,
            Err(rejection) => {
                self.figures.refuse(rejection);
                tracing::debug!(%address, %rejection, "refused a connection");
                return;
            }
        };
        socket::prepare(SockRef::from(&socket));
        #[expect(clippy::indexing_slicing, reason = "listeners are never removed here")]
        let listener = &self.listeners[listener];
        let session = listener.security.as_ref().map(|security| security.accept());
        let handshakes = self.handshakes.as_ref().filter(|_| session.is_some());
        let arrival = Arrival { listener: listener.listener, address };
        let (stream, decoder) = (Stream::new(socket, session), listener.framing.decoder());
        let newcomer = Newcomer { stream, arrival, decoder, admitted };
        match handshakes {
            Some(handshakes) => handshakes.begin(newcomer),
            None => _ = self.open(newcomer, events, now),
        }
    }

    /// Opens the connections whose handshakes are over.
    pub(super) fn open_secured(&mut self, events: &mut Vec<Event>, now: Instant) {
        if self.handshakes.is_none() {
            return;
        }
        let secured = std::mem::take(&mut *lock(&self.secured));
        for newcomer in secured {
            let Some(id) = self.open(newcomer, events, now) else { continue };
            // The end of the handshake may have brought the first bytes of the peer, and then the system
            // reports nothing more.
            if let Some(connection) = self.connections.get_mut(&id) {
                connection.list(id, &mut self.readable);
            }
        }
    }

    /// Opens a connection; returns its number.
    fn open(
        &mut self,
        newcomer: Newcomer,
        events: &mut Vec<Event>,
        now: Instant,
    ) -> Option<ConnId> {
        let Newcomer { mut stream, arrival, decoder, admitted } = newcomer;
        let id = ConnId::new(self.next);
        self.next += 1;
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registered = self.poll.registry().register(stream.socket_mut(), token(id), interest);
        if let Err(error) = registered {
            tracing::warn!(%error, address = %arrival.address, "cannot watch a connection");
            return None;
        }
        let bucket = self.limits.flood.map(|flood| TokenBucket::new(&flood, now));
        let connection = Connection::new(stream, decoder, bucket, admitted);
        self.connections.insert(id, Box::new(connection));
        self.open += 1;
        self.figures.tracer.opened(id, &arrival);
        events.push(Event::Opened(id, arrival));
        Some(id)
    }
}
