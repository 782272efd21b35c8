//! The parts of one turn: write, wait, read, and act on deadlines.

use std::io::ErrorKind;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use mio::Token;

use super::batch::Piece;
use super::connection::{Connection, Intake, Phase};
use super::read::{self, Discarded, Reading};
use super::write::Written;
use super::{Events, WAKER};
use crate::socket::LINGER;
use crate::sync::was_missed;
use crate::{CloseReason, ConnId, Event};

/// The number of events after which a turn stops reading, so that the chat can handle them.
const EVENTS: usize = 4096;

impl Events {
    /// Moves the sends of the batch into the queues of the connections. Cuts off a connection whose
    /// queue is over its limit and whose peer accepts no bytes now either.
    pub(super) fn distribute(&mut self) {
        for group in self.batch.take() {
            group.distribute(|id, piece| self.deliver(id, piece));
        }
    }

    fn deliver(&mut self, id: ConnId, piece: &Piece) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if connection.phase != Phase::Open || piece.joined().is_empty() {
            return;
        }
        let passed = connection.queue.passed(&self.limits, self.waiting, self.open);
        if passed.is_none() {
            self.waiting += self.unwritten.add(id, connection, piece);
            return;
        }
        // Perhaps the queue is full only because no turn has written it yet.
        self.write(id);
        let Some(connection) = self.connections.get_mut(&id) else { return };
        match connection.queue.passed(&self.limits, self.waiting, self.open) {
            None => self.waiting += self.unwritten.add(id, connection, piece),
            Some(limit) => self.cut_off(id, CloseReason::OutboxFull { limit }),
        }
    }

    /// Runs the writable loop of a turn: moves the sends of the batch into the queues
    /// ([`distribute`](Events::distribute)), and then writes to the connections in [`Unwritten`].
    ///
    /// First come the connections that got an answer, all of them. Then come the others, until the turn has
    /// spent its [`slice`](Events::slice) of time on them, but at least one. The rest stays in `Unwritten` for
    /// the next turn. Each connection is written with [`write_if_waiting`](Events::write_if_waiting), because
    /// an entry is only a hint.
    ///
    /// [`Unwritten`]: super::unwritten::Unwritten
    pub(super) fn flush(&mut self) {
        self.distribute();
        while let Some(id) = self.unwritten.next_answer() {
            self.write_if_waiting(id);
        }
        let until = Instant::now() + self.slice;
        while let Some(id) = self.unwritten.next_other() {
            self.write_if_waiting(id);
            if Instant::now() >= until {
                break;
            }
        }
    }

    /// Writes the queue of a connection, if the connection exists and bytes wait for it.
    fn write_if_waiting(&mut self, id: ConnId) {
        if self.connections.get(&id).is_some_and(|connection| connection.queue.bytes() > 0) {
            self.write(id);
        }
    }

    /// Writes what waits for a connection that has become writable, if the connection exists.
    fn write_if_ready(&mut self, id: ConnId) {
        if self.connections.get(&id).is_some_and(|connection| connection.has_to_write()) {
            self.write(id);
        }
    }

    /// Writes the queue of one connection, and settles when the connection needs attention next.
    pub(super) fn write(&mut self, id: ConnId) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let before = connection.queue.bytes();
        let result = connection.write();
        let left = connection.queue.bytes();
        self.waiting -= before - left;
        self.figures.tracer.written(id, before - left, left);
        let now = Instant::now();
        let deadline = match (result, connection.phase) {
            (Err(kind), _) => return self.cut_off(id, CloseReason::Broken(kind)),
            (Ok(Written::Everything | Written::Resting(_)), Phase::Open) => {
                connection.stalled = None;
                connection.next_deadline()
            }
            (Ok(Written::Everything), Phase::Closing { until, hold: Some(hold) }) => {
                // The deadline leads back here, and then there is nothing to wait for.
                connection.phase = Phase::Closing { until, hold: None };
                Some(until.min(now + hold))
            }
            (Ok(Written::Everything), Phase::Closing { hold: None, .. }) => {
                connection.finish();
                connection.phase = Phase::Lingering;
                // The peer may have hung up already, and then the system reports nothing more.
                connection.list(id, &mut self.readable);
                Some(now + LINGER)
            }
            (Ok(_), Phase::Lingering) => return,
            (Ok(Written::Blocked { .. } | Written::Resting(_)), Phase::Closing { until, .. }) => {
                Some(connection.resting.map_or(until, |resting| resting.min(until)))
            }
            (Ok(Written::Blocked { progress }), Phase::Open) => {
                let stalled = connection.stalled.filter(|_| !progress);
                connection.stalled = Some(stalled.unwrap_or(now + self.limits.stall));
                connection.next_deadline()
            }
        };
        self.deadlines.set(&mut connection.deadline, deadline, id);
    }

    /// Waits until a socket is ready, or until there is something else to do.
    pub(super) fn wait(&mut self, timeout: Option<Duration>) {
        self.figures.outboxes.store(self.waiting, Ordering::Relaxed);
        let now = Instant::now();
        let accepting = self.accept_again.is_none() && self.listeners.iter().any(|it| it.ready);
        let timeout = if accepting || !self.readable.is_empty() || !self.unwritten.is_empty() {
            Some(Duration::ZERO)
        } else {
            let moments = [self.deadlines.next(), self.accept_again];
            let waits = moments.into_iter().flatten().map(|at| at.saturating_duration_since(now));
            waits.chain(timeout).min()
        };
        let mut polled = std::mem::replace(&mut self.polled, mio::Events::with_capacity(0));
        match self.poll.poll(&mut polled, timeout) {
            Ok(()) => polled.iter().for_each(|event| self.is_ready(event)),
            // A signal arrived.
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => tracing::error!(%error, "cannot wait for sockets"),
        }
        self.polled = polled;
    }

    /// Polls the sockets once more if a deadline has passed. The process may have been suspended, and then
    /// the peer's bytes may be there already. The engine acts on a deadline only after a poll that began
    /// later.
    pub(super) fn poll_if_expired(&mut self, now: Instant) {
        if self.deadlines.next().is_some_and(|deadline| deadline <= now) {
            self.wait(Some(Duration::ZERO));
        }
    }

    fn is_ready(&mut self, event: &mio::event::Event) {
        let Token(number) = event.token();
        if number == WAKER.0 {
            return;
        }
        // The listeners count down from the waker.
        if let Some(listener) = self.listeners.get_mut(WAKER.0 - 1 - number) {
            listener.ready = true;
            return;
        }
        let id = ConnId::new(number as u64);
        if event.is_writable() {
            self.write_if_ready(id);
        }
        // An earlier event, or the write, may have closed the connection.
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if event.is_error() && matches!(connection.intake, Intake::Paused(_)) {
            // A read would find the reset, but a paused connection is not read.
            self.cut_off(id, CloseReason::Broken(ErrorKind::ConnectionReset));
        } else if event.is_readable() || event.is_read_closed() || event.is_error() {
            connection.list(id, &mut self.readable);
        }
    }

    /// Runs the readable loop of a turn: reads from each connection that is in `readable` at its beginning,
    /// once, in order ([`read_one`](Events::read_one)). All connections share the buffer of the engine.
    ///
    /// The loop ends early when there are [`EVENTS`] events or more. The connections that are left are then
    /// the first ones in `readable`, in the same order. A connection that `read_one` puts into `readable` again
    /// stands behind them and has its next share in the next turn.
    pub(super) fn read(&mut self, events: &mut Vec<Event>, now: Instant) {
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut readable = std::mem::take(&mut self.readable).into_iter();
        while events.len() < EVENTS
            && let Some(id) = readable.next()
        {
            self.read_one(id, &mut buffer, events, now);
        }
        self.readable.splice(..0, readable);
        self.buffer = buffer;
    }

    /// Reads from one connection, or discards its bytes if it is closing. Puts the connection into `readable`
    /// again if there may be more bytes.
    fn read_one(&mut self, id: ConnId, buffer: &mut [u8], events: &mut Vec<Event>, now: Instant) {
        // A connection in the list may have been closed since.
        let Some(connection) = self.connections.get_mut(&id) else { return };
        connection.intake = Intake::Idle;
        if connection.phase != Phase::Open || connection.ended.is_some() {
            match read::discard(&mut connection.stream.socket(), buffer) {
                Discarded::HungUp if connection.phase == Phase::Lingering => {
                    self.drop_connection(id);
                }
                Discarded::HungUp | Discarded::Drained => {}
                Discarded::More => connection.list(id, &mut self.readable),
            }
            return;
        }
        let mut frames = Vec::new();
        let flood = self.limits.flood.as_ref();
        let Connection { reader, stream, .. } = &mut **connection;
        let mut stream = self.figures.tracer.reads(id, &*stream);
        let result = reader.read(&mut stream, buffer, &mut frames, flood, now);
        frames.iter().for_each(|frame| self.figures.tracer.framed(id, frame));
        events.extend(frames.into_iter().map(|frame| Event::Received(id, frame)));
        match result {
            Ok(Reading::Drained) => {}
            Ok(Reading::More) => connection.list(id, &mut self.readable),
            Ok(Reading::Paused(wait)) => {
                connection.intake = Intake::Paused(now + wait);
                let deadline = connection.next_deadline();
                self.deadlines.set(&mut connection.deadline, deadline, id);
            }
            Ok(Reading::Ended(end)) => {
                connection.ended = Some(CloseReason::of(&end));
                events.push(Event::Ended(id, end));
                // After a framing error or a flood the peer may continue to send.
                connection.list(id, &mut self.readable);
            }
            Err(reason) => self.cut_off(id, reason),
        }
    }

    /// Acts on the deadlines that have passed.
    pub(super) fn expire(&mut self, now: Instant) {
        for id in self.deadlines.take_passed(now) {
            self.expire_one(id, now);
        }
    }

    fn expire_one(&mut self, id: ConnId, now: Instant) {
        #[expect(clippy::expect_used, reason = "dropping a connection removes its deadline")]
        let connection = self.connections.get_mut(&id).expect("a connection has this deadline");
        connection.deadline = None;
        let passed = |moment: Instant| moment <= now;
        match connection.phase {
            Phase::Lingering => self.drop_connection(id),
            Phase::Closing { until, .. } if passed(until) && !was_missed(until, now) => {
                self.drop_connection(id);
            }
            Phase::Closing { until, hold } => {
                if passed(until) {
                    connection.phase = Phase::Closing { until: now + self.limits.flush, hold };
                }
                self.write(id);
            }
            Phase::Open if connection.stalled.is_some_and(passed) => self.end_if_stalled(id, now),
            Phase::Open => {
                if matches!(connection.intake, Intake::Paused(until) if passed(until)) {
                    connection.intake = Intake::Idle;
                    connection.list(id, &mut self.readable);
                }
                let rested = connection.resting.is_some_and(passed);
                let deadline = connection.next_deadline();
                self.deadlines.set(&mut connection.deadline, deadline, id);
                if rested {
                    self.write(id);
                }
            }
        }
    }

    /// Cuts off a connection whose peer accepts no bytes even now. The system reports a socket as
    /// writable only when much of its buffer is free, so one more write finds out whether the peer has
    /// read a little.
    fn end_if_stalled(&mut self, id: ConnId, now: Instant) {
        self.write(id);
        let connection = self.connections.get(&id).filter(|it| it.phase == Phase::Open);
        if connection.and_then(|it| it.stalled).is_some_and(|stalled| stalled <= now) {
            self.cut_off(id, CloseReason::Stalled);
        }
    }
}

#[cfg(test)]
mod tests;
