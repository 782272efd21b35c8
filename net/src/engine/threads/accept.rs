//! The `accept` thread of the `threads` engine: one for each listener.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use socket2::SockRef;

use super::{Report, Shared, connection};
use crate::admission::AdmissionControl;
use crate::engine::BACK_OFF;
use crate::framing::Framing;
use crate::outbox::Outbox;
use crate::{Arrival, CloseReason, ConnId, socket};

/// The time limit for waking an `accept` thread.
const POKE: Duration = Duration::from_millis(200);

pub(super) struct Acceptor {
    socket: TcpListener,
    /// The index of the listener; it may have several addresses.
    listener: usize,
    framing: Arc<dyn Framing>,
    shared: Shared,
}

impl Acceptor {
    pub(super) fn new(
        socket: TcpListener,
        listener: usize,
        framing: Arc<dyn Framing>,
        shared: Shared,
    ) -> Acceptor {
        Acceptor { socket, listener, framing, shared }
    }

    /// Accepts until the engine stops.
    pub(super) fn run(self) {
        let mut failing = false;
        while !self.shared.stop.is_set() {
            match self.socket.accept() {
                Ok(_) if self.shared.stop.is_set() => return,
                Ok((stream, address)) => {
                    failing = false;
                    self.admit(stream, socket::canonical(address));
                }
                Err(error) if socket::is_transient(&error) => {}
                Err(error) => {
                    if !failing {
                        tracing::warn!(%error, "cannot accept a connection; trying again");
                    }
                    failing = true;
                    self.shared.stop.wait(BACK_OFF);
                }
            }
        }
    }

    fn admit(&self, stream: TcpStream, address: SocketAddr) {
        let admitted =
            match AdmissionControl::admit(&self.shared.admission, address.ip(), Instant::now()) {
                Ok(admitted) => admitted,
                Err(rejection) => {
                    self.shared.figures.refuse(rejection);
                    tracing::debug!(%address, %rejection, "refused a connection");
                    return;
                }
            };
        let id = ConnId::new(self.shared.next.fetch_add(1, Ordering::Relaxed));
        let limits = self.shared.limits;
        socket::prepare(SockRef::from(&stream));
        let waiting = Arc::clone(&self.shared.figures.outboxes);
        let outbox = Arc::new(Outbox::new(stream, limits, waiting, Some(admitted)));
        let arrival = Arrival { listener: self.listener, address };
        // The report precedes the threads' start, so that it is the first one about this connection.
        let opened = Report::Opened(id, arrival, Arc::clone(&outbox));
        if self.shared.reports.send(opened).is_err() {
            return;
        }
        let decoder = self.framing.decoder();
        if let Err(error) = connection::start(id, &outbox, decoder, &self.shared) {
            tracing::warn!(%error, "cannot start the threads of a connection");
            outbox.abort();
            let refused = CloseReason::Refused(error.kind());
            let _ = self.shared.reports.send(Report::Failed(id, refused));
            self.shared.stop.wait(BACK_OFF);
        }
    }
}

/// Wakes a thread that waits in `accept`, by a connection to its listener, so that it sees the stop
/// flag. No other portable way ends a blocking accept.
pub(super) fn poke(mut address: SocketAddr) {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    // If this fails, the backlog is full, so accept does not wait.
    let _ = TcpStream::connect_timeout(&address, POKE);
}
