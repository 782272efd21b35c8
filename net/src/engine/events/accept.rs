//! The part of a turn that accepts new connections.

use std::io::ErrorKind;
use std::time::Instant;

use mio::Interest;
use mio::net::TcpStream;
use socket2::SockRef;

use super::connection::Connection;
use super::{Events, token};
use crate::admission::AdmissionControl;
use crate::engine::BACK_OFF;
use crate::flood::TokenBucket;
use crate::framing::Decoder;
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
                    Ok((stream, address)) => {
                        let address = socket::canonical(address);
                        let arrival = Arrival { listener: listener.listener, address };
                        let decoder = listener.framing.decoder();
                        self.admit(stream, arrival, decoder, events, now);
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
        mut stream: TcpStream,
        arrival: Arrival,
        decoder: Box<dyn Decoder>,
        events: &mut Vec<Event>,
        now: Instant,
    ) {
        let address = arrival.address;
        let admitted = match AdmissionControl::admit(&self.admission, address.ip(), now) {
            Ok(admitted) => admitted,
            Err(rejection) => {
                self.figures.refuse(rejection);
                tracing::debug!(%address, %rejection, "refused a connection");
                return;
            }
        };
        let id = ConnId::new(self.next);
        self.next += 1;
        socket::prepare(SockRef::from(&stream));
        let interest = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = self.poll.registry().register(&mut stream, token(id), interest) {
            tracing::warn!(%error, %address, "cannot watch a connection");
            return;
        }
        let bucket = self.limits.flood.map(|flood| TokenBucket::new(&flood, now));
        let connection = Connection::new(stream, decoder, bucket, admitted);
        self.connections.insert(id, Box::new(connection));
        self.open += 1;
        events.push(Event::Opened(id, arrival));
    }
}
