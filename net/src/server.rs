//! The server's end: many connections behind a few calls.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::{self, Engine, EngineKind};
use crate::trace::Tracer;
use crate::{
    BindError, ConnId, Event, Figures, Limits, Listen, Listening, Recipients, Trace, Wire,
};

/// A listening server, which moves frames for the thread that owns it.
///
/// The server is pulled: it calls nothing back. Its thread loops over [`recv`](Server::recv). Messages that
/// the thread sends go out when it calls `recv` again, or earlier.
///
/// ```
/// use std::io::{BufRead, BufReader, Write};
/// use std::net::TcpStream;
/// use std::sync::Arc;
///
/// use net::framing::{Framing, Lines};
/// use net::{EngineKind, Event, Limits, Listen, Server, Wire};
///
/// let framing = Arc::new(Lines::new(100));
/// let listen = Listen { addresses: vec!["127.0.0.1:0".parse()?], framing: framing.clone(), security: None };
/// let mut server = Server::bind(&[listen], EngineKind::default(), Limits::default())?;
///
/// // A client, which usually is another program.
/// let mut client = TcpStream::connect(server.listening()[0].address)?;
/// client.write_all(b"hello\n")?;
///
/// // The server answers the first line that it receives, and hangs up.
/// let mut events = Vec::new();
/// let mut answered = false;
/// while !answered {
///     server.recv(&mut events, None);
///     for event in events.drain(..) {
///         if let Event::Received(id, line) = event {
///             let mut wire = Vec::new();
///             framing.encode(&line.to_ascii_uppercase(), &mut wire);
///             server.send(&[id], &Wire::from(wire));
///             server.close(id);
///             answered = true;
///         }
///     }
/// }
///
/// let mut answer = String::new();
/// BufReader::new(client).read_line(&mut answer)?;
/// assert_eq!(answer, "HELLO\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Server {
    engine: Box<dyn Engine>,
    listening: Vec<Listening>,
    figures: Arc<Figures>,
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
        Server::bind_traced(listeners, engine, limits, None)
    }

    /// Listens like [`bind`](Server::bind), and reports the traffic to an observer, if there is one.
    ///
    /// # Errors
    /// Those of `bind`.
    pub fn bind_traced(
        listeners: &[Listen],
        engine: EngineKind,
        limits: Limits,
        trace: Option<Arc<dyn Trace>>,
    ) -> Result<Server, BindError> {
        let figures = Arc::new(Figures::traced(Tracer(trace)));
        let (engine, listening) = engine::start(engine, listeners, limits, &figures)?;
        Ok(Server { engine, listening, figures })
    }

    /// Returns the addresses of all listeners, in the order in which `bind` got them.
    pub fn listening(&self) -> &[Listening] {
        &self.listening
    }

    /// Returns the counters of the server, which another thread may read.
    pub fn figures(&self) -> Arc<Figures> {
        Arc::clone(&self.figures)
    }

    /// Blocks until something happens, and appends all events that are there to `events`, in order.
    ///
    /// It may return without an event: after `timeout` (`None` is no timeout), or because of a
    /// [`Waker`].
    pub fn recv(&mut self, events: &mut Vec<Event>, timeout: Option<Duration>) {
        let before = events.len();
        self.engine.recv(events, timeout);
        self.figures.count(events.get(before..).unwrap_or_default());
    }

    /// Queues the bytes for each of the connections. Never blocks and never reorders. Ignores a
    /// connection that is closed. Closes a connection whose outbox is over its high-water mark already;
    /// the other connections get their bytes.
    pub fn send(&mut self, to: &[ConnId], wire: &Wire) {
        self.send_all(to.into(), std::slice::from_ref(wire));
    }

    /// Queues several messages for each of the connections, as [`send`](Server::send) queues one. They are
    /// one answer: a connection that can get the first message gets all. On a connection with a
    /// [`pace`](Server::pace) each message is a separate write.
    pub fn send_all(&mut self, to: Recipients<'_>, wires: &[Wire]) {
        self.engine.send(to, wires);
    }

    /// Makes each later [`send`](Server::send) to this connection a separate write, with at least `gap`
    /// between the end of one write and the beginning of the next. It is meant for a peer that takes the
    /// bytes of one read for one message. Other connections do not wait. Ignores a connection that is
    /// closed.
    ///
    /// Messages from before this call are not delayed. The messages that still wait may go in one write,
    /// and a gap follows it. A second call changes the gap. A gap of more than a day counts as a day.
    ///
    /// A message that waits for its gap fills the outbox up to the high-water mark, like any other. A
    /// close has [`Limits::flush`] for all of them, gaps included. If the peer's system accepts only a
    /// part of a message, the rest follows as soon as it accepts more. The server cannot make a peer
    /// read in time: a peer that is busy for longer than the gap still finds two messages in one read.
    pub fn pace(&mut self, connection: ConnId, gap: Duration) {
        self.engine.pace(connection, gap);
    }

    /// Hangs up, after the engine has flushed all earlier messages, within [`Limits::flush`]. The next
    /// `recv` returns the connection's `Closed`, its last event.
    pub fn close(&mut self, connection: ConnId) {
        self.engine.close(connection, None);
    }

    /// Hangs up like [`close`](Server::close), but waits for `hold` after the last byte. It is meant for a
    /// client that needs time to process an answer before it can handle the end of the stream. The client
    /// may hang up earlier. The flush and the wait together take no longer than [`Limits::flush`].
    pub fn close_after(&mut self, connection: ConnId, hold: Duration) {
        self.engine.close(connection, Some(hold));
    }

    /// Returns a handle with which another thread can end a wait in [`recv`](Server::recv).
    pub fn waker(&self) -> Waker {
        self.engine.waker()
    }

    /// Drains: stops accepting, flushes every connection and hangs up. Returns when all connections are
    /// closed. After `deadline` it cuts off the connections that are left.
    pub fn shutdown(self, deadline: Duration) -> Drained {
        self.engine.shutdown(deadline)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("listening", &self.listening).finish_non_exhaustive()
    }
}

/// The result of a drain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// The number of connections that were open when the drain began.
    pub open: usize,
    /// The number of connections that did not accept all of their messages before the deadline.
    pub cut_off: usize,
}

/// Ends a wait in [`Server::recv`] from another thread. Cheap to clone.
///
/// If the server is not waiting, its next `recv` does not wait. If the server is gone, nothing happens.
///
/// ```
/// use net::{EngineKind, Limits, Server};
///
/// let mut server = Server::bind(&[], EngineKind::default(), Limits::default())?;
/// let waker = server.waker();
/// std::thread::spawn(move || waker.wake());
/// server.recv(&mut Vec::new(), None);
/// # Ok::<(), net::BindError>(())
/// ```
#[derive(Clone)]
pub struct Waker(Arc<dyn Fn() + Send + Sync>);

impl Waker {
    pub(crate) fn new(wake: impl Fn() + Send + Sync + 'static) -> Waker {
        Waker(Arc::new(wake))
    }

    /// Ends the wait.
    pub fn wake(&self) {
        (self.0)();
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waker")
    }
}
