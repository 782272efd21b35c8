//! The `accept` thread of the `threads` engine: one for each listener.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use socket2::SockRef;

use super::{Report, Shared, connection};
use crate::admission::AdmissionControl;
use crate::admission::Admitted;
use crate::engine::BACK_OFF;
use crate::framing::{Decoder, Framing};
use crate::handshake::{Handshakes, Newcomer};
use crate::listen::Opened;
use crate::outbox::Outbox;
use crate::stream::Stream;
use crate::{Arrival, CloseReason, ConnId, Security, socket};

/// The time limit for waking an `accept` thread.
const POKE: Duration = Duration::from_millis(200);

pub(super) struct Acceptor {
    socket: TcpListener,
    /// The index of the listener; it may have several addresses.
    listener: usize,
    framing: Arc<dyn Framing>,
    /// What encrypts the connections, and the threads on which that begins.
    secured: Option<(Arc<dyn Security>, Arc<Handshakes>)>,
    shared: Shared,
}

impl Acceptor {
    pub(super) fn new(
        opened: Opened,
        handshakes: Option<Arc<Handshakes>>,
        shared: Shared,
    ) -> Acceptor {
        let Opened { socket, listening, framing, security } = opened;
        Acceptor {
            socket,
            listener: listening.listener,
            framing,
            secured: security.zip(handshakes),
            shared,
        }
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
        socket::prepare(SockRef::from(&stream));
        let arrival = Arrival { listener: self.listener, address };
        let decoder = self.framing.decoder();
        let Some((security, handshakes)) = &self.secured else {
            let stream = Stream::new(stream, None);
            return Welcomer(self.shared.clone()).welcome(stream, arrival, decoder, admitted);
        };
        match stream.set_nonblocking(true) {
            Ok(()) => {
                let socket = mio::net::TcpStream::from_std(stream);
                let stream = Stream::new(socket, Some(security.accept()));
                handshakes.begin(Newcomer { stream, arrival, decoder, admitted });
            }
            Err(error) => tracing::warn!(%error, %address, "cannot begin a handshake"),
        }
    }
}

/// Opens connections that are ready for frames.
pub(super) struct Welcomer(pub(super) Shared);

impl Welcomer {
    /// Opens a connection whose handshake is over.
    pub(super) fn welcome_secured(&self, newcomer: Newcomer) {
        let Newcomer { stream, arrival, decoder, admitted } = newcomer;
        match stream.map(blocking) {
            Ok(stream) => self.welcome(stream, arrival, decoder, admitted),
            Err(error) => {
                tracing::warn!(%error, address = %arrival.address, "cannot open a connection");
            }
        }
    }

    fn welcome(
        &self,
        stream: Stream<TcpStream>,
        arrival: Arrival,
        decoder: Box<dyn Decoder>,
        admitted: Admitted,
    ) {
        let Welcomer(shared) = self;
        let id = ConnId::new(shared.next.fetch_add(1, Ordering::Relaxed));
        let waiting = Arc::clone(&shared.figures.outboxes);
        let tracer = &shared.figures.tracer;
        let outbox = Outbox::new(stream, shared.limits, waiting, Some(admitted));
        let outbox = Arc::new(outbox.traced(id, tracer.clone()));
        tracer.opened(id, &arrival);
        // The report precedes the threads' start, so that it is the first one about this connection.
        let opened = Report::Opened(id, arrival, Arc::clone(&outbox));
        if shared.reports.send(opened).is_err() {
            return;
        }
        if let Err(error) = connection::start(id, &outbox, decoder, shared) {
            tracing::warn!(%error, "cannot start the threads of a connection");
            outbox.abort();
            let refused = CloseReason::Refused(error.kind());
            let _ = shared.reports.send(Report::Failed(id, refused));
            shared.stop.wait(BACK_OFF);
        }
    }
}

/// Makes a socket blocking.
fn blocking(socket: mio::net::TcpStream) -> io::Result<TcpStream> {
    let socket = TcpStream::from(socket);
    socket.set_nonblocking(false)?;
    Ok(socket)
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
