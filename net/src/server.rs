//! The server's end: many connections behind a few calls.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::{self, Engine, EngineKind};
use crate::{BindError, ConnId, Event, Limits, Listen, Listening, Recipients, Wire};

/// Listens, and moves frames for whoever owns it.
///
/// It is pulled: nothing is called back. One thread owns it and loops over
/// [`recv`](Server::recv); what that thread sends in between goes out at the latest when it
/// calls `recv` again.
pub struct Server {
    engine: Box<dyn Engine>,
    listening: Vec<Listening>,
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
        let (engine, listening) = engine::start(engine, listeners, limits)?;
        Ok(Server { engine, listening })
    }

    /// The addresses listened on, in the order in which they were asked for.
    pub fn listening(&self) -> &[Listening] {
        &self.listening
    }

    /// Blocks until something happened, and appends all that is there to `events`, in order.
    ///
    /// It may return without an event: after `timeout` (`None` waits for ever), and when a
    /// [`Waker`] woke it.
    pub fn recv(&mut self, events: &mut Vec<Event>, timeout: Option<Duration>) {
        self.engine.recv(events, timeout);
    }

    /// Queues the bytes for each of the connections. Never blocks and never reorders; for a
    /// connection that is closed it does nothing. A connection whose outbox was over its
    /// high-water mark already is closed instead, and no other is touched.
    pub fn send(&mut self, to: &[ConnId], wire: &Wire) {
        self.send_all(to.into(), std::slice::from_ref(wire));
    }

    /// Queues several messages for each of the connections, as [`send`](Server::send) does one: they
    /// are one answer, so whoever may be sent the first of them is sent all. Where there is a
    /// [`pace`](Server::pace), each is a write of its own.
    pub fn send_all(&mut self, to: Recipients<'_>, wires: &[Wire]) {
        self.engine.send(to, wires);
    }

    /// From now on each [`send`](Server::send) to this connection is one write of its own, and from
    /// the end of one to the beginning of the next it takes at least `gap`: for a peer that takes
    /// what one read returns for one message. Nobody else waits for that; for a connection that is
    /// closed it does nothing.
    ///
    /// What was sent before is not held up; if some of it still waits, it may go in one write, and a
    /// gap lies behind it. Paced again, a connection has another gap. A gap of more than a day
    /// counts as a day.
    ///
    /// What rests counts as waiting: it fills the outbox up to the high-water mark, and a close has
    /// [`Limits::flush`] for all of it, gaps included. A message that the peer's system does not
    /// take in one piece goes on as soon as it takes more. No write can make a peer read in time:
    /// one that is busy for longer than the gap still finds two messages in one read.
    pub fn pace(&mut self, connection: ConnId, gap: Duration) {
        self.engine.pace(connection, gap);
    }

    /// Hangs up, after what was sent before has been flushed, within [`Limits::flush`]. The
    /// connection's `Closed` comes with the next `recv`, and nothing of it after that.
    pub fn close(&mut self, connection: ConnId) {
        self.engine.close(connection, None);
    }

    /// Hangs up like [`close`](Server::close), but so long after the last byte was written: for a
    /// client that has to be left alone with an answer before it can cope with the end. It may hang
    /// up itself meanwhile. All in all it is no longer than [`Limits::flush`] either.
    pub fn close_after(&mut self, connection: ConnId, hold: Duration) {
        self.engine.close(connection, Some(hold));
    }

    /// A handle with which another thread can end a wait in [`recv`](Server::recv).
    pub fn waker(&self) -> Waker {
        self.engine.waker()
    }

    /// Drains: stops accepting, flushes every connection and hangs up. Returns when all of them
    /// are through, or when `deadline` has passed; then the rest is cut off.
    pub fn shutdown(self, deadline: Duration) -> Drained {
        self.engine.shutdown(deadline)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("listening", &self.listening).finish_non_exhaustive()
    }
}

/// How a drain went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were open when it began.
    pub open: usize,
    /// How many of them did not take all that was sent to them before the deadline.
    pub cut_off: usize,
}

/// Ends a wait in [`Server::recv`] from another thread. Cheap to clone; waking a server that is
/// not waiting makes its next `recv` return at once, and waking one that is gone does nothing.
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
