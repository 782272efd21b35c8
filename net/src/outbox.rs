//! The sending half of a connection: a bounded queue, and the thread that empties it.
//!
//! The layers above rely on these promises of a send:
//! - It never blocks: the bytes go into the queue, and the `send` thread writes them.
//! - It never reorders: there is one queue and one writer.
//! - On a connection with a pace it is one write.
//! - It is bounded: an [`Outbox`] over its high-water mark refuses it, and the engine closes the connection.
//! - Bytes that the outbox accepts before a close are still written, within a deadline.
//!
//! The `threads` engine has an outbox for each connection, and a client's `Link` has one.

mod state;

use std::io::{self, ErrorKind, IoSlice, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use self::state::{Phase, State};
use crate::admission::Admitted;
use crate::socket::LINGER;
use crate::stream::Stream;
use crate::sync::lock;
use crate::trace::Tracer;
use crate::{CloseReason, ConnId, Limits, Wire};

/// The timeout of one write. A thread inside a write notices nothing else, so it returns from time to time
/// to check its deadlines.
const WRITE: Duration = Duration::from_millis(500);

/// The number of wires that one write hands to the system.
const WIRES: usize = 64;

pub(crate) struct Outbox {
    stream: Stream<TcpStream>,
    limits: Limits,
    /// The number of bytes that wait in all outboxes together.
    all: Arc<AtomicUsize>,
    /// Counts the connection, on a server.
    _admitted: Option<Admitted>,
    /// The connection and the observer of its writes, on a server.
    traced: Option<(ConnId, Tracer)>,
    state: Mutex<State>,
    changed: Condvar,
}

/// The outcome of a push.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Push {
    Accepted,
    /// More than this was waiting already, so the outbox ignored the bytes.
    Full {
        limit: usize,
    },
    /// The connection is closing or closed, so the outbox ignored the bytes.
    Closed,
}

impl Outbox {
    /// Creates an outbox for this stream; `all` counts the bytes that wait in all outboxes.
    pub(crate) fn new(
        stream: Stream<TcpStream>,
        limits: Limits,
        all: Arc<AtomicUsize>,
        admitted: Option<Admitted>,
    ) -> Outbox {
        // If this fails, the socket is broken, and its threads get the error from their next call.
        let _ = stream.socket().set_write_timeout(Some(WRITE.min(limits.stall)));
        let (state, changed) = (Mutex::new(State::default()), Condvar::new());
        Outbox { stream, limits, all, _admitted: admitted, traced: None, state, changed }
    }

    /// Reports the writes of this connection to an observer.
    pub(crate) fn traced(mut self, id: ConnId, tracer: Tracer) -> Outbox {
        self.traced = Some((id, tracer));
        self
    }

    /// Returns the stream, from which the recv thread reads.
    pub(crate) fn stream(&self) -> &Stream<TcpStream> {
        &self.stream
    }

    /// Queues an answer. Never blocks. `connections` connections share the limit on all outboxes.
    pub(crate) fn push(&self, wires: &[Wire], connections: usize) -> Push {
        let mut state = lock(&self.state);
        if state.phase != Phase::Open {
            return Push::Closed;
        }
        let all = self.all.load(Ordering::Relaxed);
        if let Some(limit) = state.queue.passed(&self.limits, all, connections) {
            return Push::Full { limit };
        }
        wires.iter().for_each(|wire| state.queue.push(wire));
        let added = wires.iter().map(|wire| wire.len()).sum();
        self.all.fetch_add(added, Ordering::Relaxed);
        drop(state);
        self.changed.notify_all();
        Push::Accepted
    }

    /// Makes each later wire a separate write, with this gap between them; see
    /// [`Server::pace`](crate::Server::pace).
    pub(crate) fn pace(&self, gap: Duration) {
        lock(&self.state).queue.pace(gap);
        // A rest may be over sooner now.
        self.changed.notify_all();
    }

    /// Accepts no more bytes. The send thread writes the queue until `deadline`, and hangs up `hold` after
    /// the last byte.
    pub(crate) fn close(&self, deadline: Instant, hold: Option<Duration>) {
        let mut state = lock(&self.state);
        if state.phase == Phase::Open {
            state.phase = Phase::Closing(deadline);
            state.hold = hold.map(|hold| (hold, deadline));
            state.queue.hurry(deadline.saturating_duration_since(Instant::now()));
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Ends the connection without a flush, and both of its threads, even inside a read or a write.
    pub(crate) fn abort(&self) {
        lock(&self.state).phase = Phase::Gone;
        self.changed.notify_all();
        // An error means that the connection has ended already.
        let _ = self.stream.socket().shutdown(Shutdown::Both);
    }

    /// Says whether bytes wait in the outbox.
    pub(crate) fn has_waiting(&self) -> bool {
        lock(&self.state).queue.bytes() > 0
    }

    /// Notes that the recv thread reads nothing more.
    pub(crate) fn reading_ended(&self) {
        lock(&self.state).reading = false;
        self.changed.notify_all();
    }

    /// Makes the recv thread wait for this time. Returns `false`, without the wait, if the connection ends.
    pub(crate) fn pause(&self, timeout: Duration) -> bool {
        let until = Instant::now() + timeout;
        let mut state = lock(&self.state);
        while state.phase == Phase::Open && !passed(until) {
            state = self.wait(state, Some(until));
        }
        state.phase == Phase::Open
    }

    /// Runs a `send` thread: writes the queue until the connection is closed.
    ///
    /// # Errors
    /// When the connection broke, or made no progress for [`Limits::stall`]. The caller must report the
    /// reason before it calls [`abort`](Outbox::abort). After an abort the recv thread reads the end of the
    /// stream, and would report that the peer hung up.
    pub(crate) fn run(&self) -> Result<(), CloseReason> {
        while let Some((wires, written)) = self.next_write() {
            self.write(&mut &self.stream, &wires, written)?;
        }
        let hold = lock(&self.state).hold;
        if let Some((hold, deadline)) = hold {
            self.wait_for_the_end(deadline.min(Instant::now() + hold));
        }
        self.say_farewell();
        let _ = self.stream.socket().shutdown(Shutdown::Write);
        self.wait_for_the_end(Instant::now() + LINGER);
        self.abort();
        Ok(())
    }

    /// Tells the peer of an encrypted connection that nothing more follows, until the deadline of the close.
    /// A peer that does not take it finds the end without it.
    fn say_farewell(&self) {
        let mut began = Instant::now();
        while let Err(error) = self.stream.finish()
            && is_timeout(&error)
            && self.check_end(began).is_ok()
        {
            began = Instant::now();
        }
    }

    /// Waits until there are bytes to write. Returns the wires of the next write, at most [`WIRES`] of them,
    /// and how many bytes of the first one are written already.
    ///
    /// While the queue is empty, or rests because of its pace, the thread waits. It waits without holding the
    /// lock, and no longer than until the rest or the deadline of the close is over. A wait may end without
    /// a reason, so the thread then looks at the state again.
    ///
    /// Returns `None` when the thread has nothing left to write:
    ///
    /// - when the connection is gone, whatever waits;
    /// - when it is closing ([`State::closing`]) and the queue is empty;
    /// - when it is closing, its deadline has passed, and the queue rests. Bytes that do not rest are
    ///   returned even then, because the process may have been stopped for a while.
    fn next_write(&self) -> Option<(Vec<Wire>, usize)> {
        let mut state = lock(&self.state);
        loop {
            if state.phase == Phase::Gone {
                return None;
            }
            let closing = state.closing(self.limits.flush);
            let empty = state.queue.bytes() == 0;
            let rests = state.queue.rests(Instant::now());
            let is_over = |deadline| empty || (rests.is_some() && passed(deadline));
            if closing.is_some_and(is_over) {
                return None;
            }
            if !empty && rests.is_none() {
                let wires = state.queue.next_write().take(WIRES).cloned().collect();
                return Some((wires, state.queue.written()));
            }
            state = self.wait(state, rests.into_iter().chain(closing).min());
        }
    }

    /// Writes all of these wires, but for the first `written` bytes. The system may take only a part of
    /// them in one write. The lock is free during a write.
    ///
    /// Reports the bytes that the system took to [`wrote`](Outbox::wrote), and calls
    /// [`check_end`](Outbox::check_end) after each write.
    ///
    /// - A write that a signal interrupted ([`ErrorKind::Interrupted`]) is tried again.
    /// - A write that timed out ([`is_timeout`]) is tried again, until a write that began after
    ///   [`Limits::stall`] without progress fails too. Progress starts this time anew.
    ///
    /// # Errors
    /// [`CloseReason::Stalled`] without progress for that time. [`CloseReason::Broken`] with the kind of any
    /// other error, or with [`ErrorKind::WriteZero`] when the system takes no bytes without an error. The
    /// error of `check_end`.
    fn write(
        &self,
        stream: &mut impl Write,
        wires: &[Wire],
        written: usize,
    ) -> Result<(), CloseReason> {
        let mut slices: Vec<IoSlice<'_>> = wires.iter().map(|wire| IoSlice::new(wire)).collect();
        let mut rest = &mut slices[..];
        IoSlice::advance_slices(&mut rest, written);
        let mut stalled = Instant::now() + self.limits.stall;
        while !rest.is_empty() {
            let began = Instant::now();
            match stream.write_vectored(rest) {
                Ok(0) => return Err(CloseReason::Broken(ErrorKind::WriteZero)),
                Ok(taken) => {
                    IoSlice::advance_slices(&mut rest, taken);
                    stalled = self.wrote(taken) + self.limits.stall;
                }
                // The peer does not read at the moment.
                Err(error) if is_timeout(&error) && began >= stalled => {
                    return Err(CloseReason::Stalled);
                }
                Err(error) if is_timeout(&error) || error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(CloseReason::Broken(error.kind())),
            }
            self.check_end(began)?;
        }
        Ok(())
    }

    /// Removes bytes from the queue that the system took; returns the moment.
    fn wrote(&self, bytes: usize) -> Instant {
        let now = Instant::now();
        let mut state = lock(&self.state);
        state.queue.advance(bytes, now);
        let waiting = state.queue.bytes();
        drop(state);
        if let Some((id, tracer)) = &self.traced {
            tracer.written(*id, bytes, waiting);
        }
        self.all.fetch_sub(bytes, Ordering::Relaxed);
        now
    }

    /// Says whether the thread may write again, after a write that began at this moment.
    ///
    /// # Errors
    /// [`CloseReason::Asked`] when the connection is gone. [`CloseReason::Stalled`] when the deadline of its
    /// close had passed before the write began.
    fn check_end(&self, began: Instant) -> Result<(), CloseReason> {
        let mut state = lock(&self.state);
        if state.phase == Phase::Gone {
            return Err(CloseReason::Asked);
        }
        match state.closing(self.limits.flush) {
            Some(deadline) if deadline <= began => Err(CloseReason::Stalled),
            _ => Ok(()),
        }
    }

    /// Waits until the peer has hung up too, but no longer than `until`.
    fn wait_for_the_end(&self, until: Instant) {
        let mut state = lock(&self.state);
        while state.reading && state.phase != Phase::Gone && !passed(until) {
            state = self.wait(state, Some(until));
        }
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        until: Option<Instant>,
    ) -> MutexGuard<'a, State> {
        match until {
            None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            Some(until) => {
                let timeout = until.saturating_duration_since(Instant::now());
                let waited = self.changed.wait_timeout(state, timeout);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }
}

impl Drop for Outbox {
    /// Removes the bytes that were never written from the common count.
    fn drop(&mut self) {
        self.all.fetch_sub(lock(&self.state).queue.bytes(), Ordering::Relaxed);
    }
}

fn passed(deadline: Instant) -> bool {
    Instant::now() >= deadline
}

/// Says whether a write timed out. The system reports that as "would block".
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests;
