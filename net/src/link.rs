//! The client's end of one connection: a thread that sends and a thread that receives.
//!
//! A person types while messages arrive, so the two directions must not wait for each other.
//! [`Link::connect`] returns them as two values, for use from different threads.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::connect;
use crate::framing::{Decoder, Framing};
use crate::inbox::{self, Stopped};
use crate::outbox::{Outbox, Push};
use crate::socket;
use crate::stream::{Step, Stream};
use crate::{CloseReason, ConnectError, Frame, Limits, SecurityError, Session, Wire};

/// The number of received frames that may wait for the caller before the recv thread stops reading. It is
/// low, because each frame may be as long as the framing allows.
const CHANNEL: usize = 16;

/// The number of bytes that one read asks for.
const READ: usize = 16 * 1024;

/// One connection to a server, as its two directions.
///
/// ```
/// use std::io::{BufRead, BufReader, Write};
/// use std::net::TcpListener;
/// use std::time::Duration;
///
/// use net::framing::Lines;
/// use net::{Limits, Link, LinkEvent, Wire};
///
/// // A server that sends one line back.
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let target = listener.local_addr()?.to_string();
/// std::thread::spawn(move || {
///     let (mut stream, _) = listener.accept().unwrap();
///     let mut line = String::new();
///     BufReader::new(&stream).read_line(&mut line).unwrap();
///     stream.write_all(line.as_bytes()).unwrap();
/// });
///
/// let deadline = Duration::from_secs(5);
/// let mut link = Link::connect(&target, deadline, &Lines::new(100), Limits::default())?;
/// link.sender.send(&Wire::from(&b"hello\n"[..]));
/// match link.receiver.recv(Some(deadline)) {
///     LinkEvent::Received(line) => assert_eq!(line, b"hello"),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Link {
    /// The sending direction. It can be cloned.
    pub sender: LinkSender,
    /// The receiving direction. Dropping it ends the connection.
    pub receiver: LinkReceiver,
}

/// An event on a [`Link`].
#[derive(Debug)]
pub enum LinkEvent {
    /// A whole frame arrived.
    Received(Frame),
    /// The connection is over; this is the last event.
    Closed(CloseReason),
    /// Nothing happened before the timeout.
    Quiet,
}

impl Link {
    /// Connects to `target`, which is `HOST:PORT`, within `deadline`. If an address does not answer, the
    /// next address of the host is tried after 250 ms. The deadline does not cover the system's resolver,
    /// which may take longer.
    ///
    /// # Errors
    /// When the host has no address, or none of its addresses accepts the connection in time.
    pub fn connect(
        target: &str,
        deadline: Duration,
        framing: &dyn Framing,
        limits: Limits,
    ) -> Result<Link, ConnectError> {
        let socket = connect_to(target, Instant::now() + deadline)?;
        Link::start(target, Stream::new(socket, None), framing, limits)
    }

    /// Connects like [`connect`](Link::connect), and encrypts the connection with this session. The deadline
    /// includes the handshake.
    ///
    /// # Errors
    /// Those of `connect`, and [`ConnectError::Insecure`]. Then no byte of the caller was sent.
    pub fn connect_secured(
        target: &str,
        deadline: Duration,
        framing: &dyn Framing,
        limits: Limits,
        session: Box<dyn Session>,
    ) -> Result<Link, ConnectError> {
        let until = Instant::now() + deadline;
        let stream = Stream::new(connect_to(target, until)?, Some(session));
        let late = || SecurityError::TooLate(deadline);
        handshake(&stream, until, late)
            .map_err(|source| ConnectError::Insecure { target: target.to_owned(), source })?;
        Link::start(target, stream, framing, limits)
    }

    /// Starts the threads of a connection.
    fn start(
        target: &str,
        stream: Stream<TcpStream>,
        framing: &dyn Framing,
        limits: Limits,
    ) -> Result<Link, ConnectError> {
        let outbox = Arc::new(Outbox::new(stream, limits, Arc::default(), None));
        let (frames, events) = mpsc::sync_channel(CHANNEL);
        let decoder = framing.decoder();

        let refused = |source| ConnectError::System { target: target.to_owned(), source };
        let (sending, failed) = (Arc::clone(&outbox), frames.clone());
        thread::Builder::new()
            .name("send".to_owned())
            .spawn(move || {
                let run = AssertUnwindSafe(|| sending.run());
                if let Err(reason) = catch_unwind(run).unwrap_or(Err(CloseReason::Bug)) {
                    // An error means that the receiver is dropped and needs no event.
                    let _ = failed.send(LinkEvent::Closed(reason));
                    sending.abort();
                }
            })
            .map_err(refused)?;
        let receiving = Arc::clone(&outbox);
        thread::Builder::new()
            .name("recv".to_owned())
            .spawn(move || {
                let run = AssertUnwindSafe(|| recv(receiving.stream(), decoder, &frames));
                let reason = catch_unwind(run).unwrap_or(CloseReason::Bug);
                receiving.reading_ended();
                let _ = frames.send(LinkEvent::Closed(reason));
            })
            .map_err(|source| {
                outbox.abort();
                refused(source)
            })?;

        let sender = LinkSender { outbox: Arc::clone(&outbox), flush: limits.flush };
        Ok(Link { sender, receiver: LinkReceiver { outbox, events, closed: None } })
    }
}

/// Shakes hands until the moment `until`.
fn handshake(
    stream: &Stream<TcpStream>,
    until: Instant,
    late: impl Fn() -> SecurityError,
) -> Result<(), SecurityError> {
    let broken = |error: io::Error| SecurityError::Broken(error.kind());
    let set_timeouts = |timeout| {
        stream.socket().set_read_timeout(timeout)?;
        stream.socket().set_write_timeout(timeout)
    };
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(late());
        }
        set_timeouts(Some(left)).map_err(broken)?;
        match stream.handshake()? {
            Step::Done => return set_timeouts(None).map_err(broken),
            Step::More | Step::Blocked => {}
        }
    }
}

/// Connects to one of the addresses of `target`, until the moment `until`.
fn connect_to(target: &str, until: Instant) -> Result<TcpStream, ConnectError> {
    let resolve = |source| ConnectError::Resolve { target: target.to_owned(), source };
    let addresses = connect::interleave(target.to_socket_addrs().map_err(resolve)?);
    if addresses.is_empty() {
        return Err(resolve(io::Error::new(ErrorKind::NotFound, "the name has no address")));
    }
    let left = until.saturating_duration_since(Instant::now());
    let stream = connect::connect(&addresses, left)
        .map_err(|source| ConnectError::System { target: target.to_owned(), source })?
        .map_err(|attempts| ConnectError::Failed { target: target.to_owned(), attempts })?;
    socket::prepare(SockRef::from(&stream));
    Ok(stream)
}

/// Runs the `recv` thread: passes frames on until one of the two sides ends. Returns the reason.
fn recv(
    mut stream: &Stream<TcpStream>,
    mut decoder: Box<dyn Decoder>,
    events: &SyncSender<LinkEvent>,
) -> CloseReason {
    let mut buffer = vec![0; READ];
    let stopped = inbox::receive(&mut stream, &mut *decoder, &mut buffer, |frames| {
        frames.into_iter().all(|frame| events.send(LinkEvent::Received(frame)).is_ok())
    });
    match stopped {
        Stopped::Ended(end) => CloseReason::of(&end),
        Stopped::Broken(kind) => CloseReason::Broken(kind),
        // The receiver is dropped.
        Stopped::Refused => CloseReason::Asked,
    }
}

/// The sending direction of a [`Link`].
#[derive(Clone)]
pub struct LinkSender {
    outbox: Arc<Outbox>,
    flush: Duration,
}

impl LinkSender {
    /// Queues bytes that are ready for the wire. Never blocks. Returns `false` if it does not queue them:
    /// the connection is over, or the server does not read and the high-water mark is passed.
    pub fn send(&self, wire: &Wire) -> bool {
        self.outbox.push(std::slice::from_ref(wire), 1) == Push::Accepted
    }

    /// Returns the address of the server, or `None` if the connection has broken.
    pub fn address(&self) -> Option<SocketAddr> {
        self.outbox.stream().socket().peer_addr().ok()
    }

    /// Ends the connection at once, in both directions. Bytes that are not written yet are lost.
    pub fn abort(&self) {
        self.outbox.abort();
    }

    /// Ends this direction after all earlier messages are written. The other direction continues until the
    /// server hangs up, for a second at most.
    pub fn finish(&self) {
        self.outbox.close(Instant::now() + self.flush, None);
    }
}

impl std::fmt::Debug for LinkSender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkSender")
    }
}

/// The receiving direction of a [`Link`].
pub struct LinkReceiver {
    outbox: Arc<Outbox>,
    events: Receiver<LinkEvent>,
    closed: Option<CloseReason>,
}

impl LinkReceiver {
    /// Waits for the next event, no longer than `timeout` (`None` is no timeout). After a `Closed` event
    /// every call returns the same event.
    pub fn recv(&mut self, timeout: Option<Duration>) -> LinkEvent {
        if let Some(reason) = self.closed {
            return LinkEvent::Closed(reason);
        }
        let event = match timeout {
            Some(timeout) => self.events.recv_timeout(timeout),
            None => self.events.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        let event = match event {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => LinkEvent::Quiet,
            Err(RecvTimeoutError::Disconnected) => LinkEvent::Closed(CloseReason::Bug),
        };
        if let LinkEvent::Closed(reason) = event {
            self.closed = Some(reason);
        }
        event
    }
}

impl Drop for LinkReceiver {
    fn drop(&mut self) {
        self.outbox.abort();
    }
}

impl std::fmt::Debug for LinkReceiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkReceiver")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FramingError;
    use crate::framing::Lines;
    use std::io::Write;
    use std::net::TcpListener;

    /// Far more time than the test needs.
    const DEADLINE: Duration = Duration::from_secs(20);

    /// A framing with a bug.
    struct Broken;

    impl Framing for Broken {
        fn decoder(&self) -> Box<dyn Decoder> {
            Box::new(Broken)
        }
        fn encode(&self, payload: &[u8], wire: &mut Vec<u8>) {
            Lines::new(10).encode(payload, wire);
        }
    }

    impl Decoder for Broken {
        fn decode(&mut self, _: &[u8], _: &mut Vec<Frame>) -> Result<(), FramingError> {
            panic!("the bug");
        }
        fn finish(&mut self, _: &mut Vec<Frame>) -> Result<(), FramingError> {
            Ok(())
        }
    }

    #[test]
    fn a_thread_that_panics_closes_the_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = listener.local_addr().unwrap().to_string();
        let mut link = Link::connect(&target, DEADLINE, &Broken, Limits::default()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        server.write_all(b"x").unwrap();
        let event = link.receiver.recv(Some(DEADLINE));
        assert!(matches!(event, LinkEvent::Closed(CloseReason::Bug)), "{event:?}");
    }
}
