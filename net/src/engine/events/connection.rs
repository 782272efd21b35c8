//! One connection of the events engine: its socket, its decoder and its state.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read};
use std::net::Shutdown;
use std::panic::{self, AssertUnwindSafe};
use std::time::{Duration, Instant};

use mio::net::TcpStream;

use super::write::{self, Written};
use crate::admission::Admitted;
use crate::flood::TokenBucket;
use crate::framing::Decoder;
use crate::send_queue::SendQueue;
use crate::{CloseReason, ConnId, End, Flood, Frame};

/// The number of bytes that the engine reads from one connection in a turn.
const SHARE: usize = 64 * 1024;
/// The number of bytes that one read asks for from a throttled peer. It is low, because the engine has
/// to keep the frames that the token bucket holds back.
const THROTTLED: usize = 8 * 1024;

pub(super) struct Connection {
    pub(super) stream: TcpStream,
    decoder: Box<dyn Decoder>,
    throttle: Option<Throttle>,
    /// The end of the stream, while held frames have to pass before it.
    ending: Option<End>,
    /// The bytes that wait to be written.
    pub(super) queue: SendQueue,
    pub(super) phase: Phase,
    /// The reason that its `Closed` event will have, after the end of its stream.
    pub(super) ended: Option<CloseReason>,
    pub(super) intake: Intake,
    /// The moment at which a blocked write counts as a stall, if it makes no progress.
    pub(super) stalled: Option<Instant>,
    /// The end of the gap before the next message, if the last write ended with a rest. `None` while the
    /// connection is blocked.
    pub(super) resting: Option<Instant>,
    /// The deadline of the connection in [`Deadlines`](super::deadlines::Deadlines).
    pub(super) deadline: Option<Instant>,
    /// Counts the connection.
    _admitted: Admitted,
}

/// The phases of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Open,
    /// The caller has closed it. The engine writes the queue until this moment, and hangs up `hold`
    /// after the last byte.
    Closing {
        until: Instant,
        hold: Option<Duration>,
    },
    /// The queue is empty and the server has hung up. The engine waits until the peer hangs up too.
    Lingering,
}

/// The condition for the next read from a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Intake {
    /// The system has to report new bytes.
    Idle,
    /// The engine has to reach the connection in its list of readable ones.
    Listed,
    /// The token bucket lets the next held frame pass at this moment.
    Paused(Instant),
}

/// The outcome of a read.
pub(super) enum Reading {
    /// The socket has no more bytes now.
    Drained,
    /// The connection has used up its share of the turn, and there may be more bytes.
    More,
    /// The token bucket lets the next frame pass after this time.
    Paused(Duration),
    /// The stream has ended.
    Ended(End),
}

/// The outcome of a read that discards the bytes.
pub(super) enum Discarded {
    /// The peer has hung up.
    HungUp,
    /// The socket has no more bytes now.
    Drained,
    /// There may be more bytes.
    More,
}

/// Slows a peer down that sends too many frames.
struct Throttle {
    bucket: TokenBucket,
    /// Frames that wait for the bucket. While there are any, the engine reads nothing more.
    held: VecDeque<Frame>,
}

impl Throttle {
    /// Appends the frames that one read brought.
    fn hold(&mut self, frames: Vec<Frame>, flood: &Flood, now: Instant) {
        self.bucket.brought(frames.len(), flood, now);
        self.held.extend(frames);
    }

    /// Moves the frames that may pass to `frames`. If some have to wait, returns the outcome of the read.
    fn release(&mut self, frames: &mut Vec<Frame>, flood: &Flood, now: Instant) -> Option<Reading> {
        while !self.held.is_empty() {
            if let Err(wait) = self.bucket.pass(flood, now) {
                let is_flooding = self.bucket.is_flooding(flood, now);
                let ended = Reading::Ended(End::Flooded);
                return Some(if is_flooding { ended } else { Reading::Paused(wait) });
            }
            frames.extend(self.held.pop_front());
        }
        // A peer that keeps within the limits costs no memory here.
        self.held = VecDeque::new();
        None
    }
}

impl Connection {
    pub(super) fn new(
        stream: TcpStream,
        decoder: Box<dyn Decoder>,
        bucket: Option<TokenBucket>,
        admitted: Admitted,
    ) -> Connection {
        Connection {
            stream,
            decoder,
            throttle: bucket.map(|bucket| Throttle { bucket, held: VecDeque::new() }),
            ending: None,
            queue: SendQueue::default(),
            phase: Phase::Open,
            ended: None,
            intake: Intake::Idle,
            stalled: None,
            resting: None,
            deadline: None,
            _admitted: admitted,
        }
    }

    /// Reads the connection's share of a turn, and appends the frames that may pass to `frames`.
    ///
    /// # Errors
    /// With the reason when the connection is over.
    pub(super) fn read(
        &mut self,
        buffer: &mut [u8],
        frames: &mut Vec<Frame>,
        flood: Option<&Flood>,
        now: Instant,
    ) -> Result<Reading, CloseReason> {
        #[expect(clippy::indexing_slicing, reason = "the engine's buffer is longer than that")]
        let buffer = if flood.is_some() { &mut buffer[..THROTTLED] } else { buffer };
        let mut left = SHARE;
        loop {
            if let (Some(throttle), Some(flood)) = (&mut self.throttle, flood)
                && let Some(reading) = throttle.release(frames, flood, now)
            {
                return Ok(reading);
            }
            // All frames from before the end have passed now.
            if let Some(end) = self.ending.take() {
                return Ok(Reading::Ended(end));
            }
            if left == 0 {
                return Ok(Reading::More);
            }
            let length = match self.stream.read(buffer) {
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Reading::Drained),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(CloseReason::Broken(error.kind())),
            };
            left = left.saturating_sub(length);
            let mut cut = Vec::new();
            #[expect(clippy::indexing_slicing, reason = "a read fills no more than the buffer")]
            self.cut(&buffer[..length], &mut cut)?;
            match (&mut self.throttle, flood) {
                (Some(throttle), Some(flood)) => throttle.hold(cut, flood, now),
                _ => frames.append(&mut cut),
            }
        }
    }

    /// Cuts the bytes of one read into frames. No bytes mean the end of the stream.
    ///
    /// # Errors
    /// When the decoder panics. That is a bug, but it must not end the other connections.
    fn cut(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), CloseReason> {
        let decoder = &mut self.decoder;
        let cut = panic::catch_unwind(AssertUnwindSafe(|| match input {
            [] => decoder.finish(frames),
            input => decoder.decode(input, frames),
        }));
        match cut.map_err(|_| CloseReason::Bug)? {
            Ok(()) if input.is_empty() => self.ending = Some(End::Finished),
            Ok(()) => {}
            Err(error) => self.ending = Some(End::Unframed(error)),
        }
        Ok(())
    }

    /// Reads the connection's share of a turn and discards the bytes, so that a peer that still writes when
    /// the server closes gets no reset.
    pub(super) fn discard(&mut self, buffer: &mut [u8]) -> Discarded {
        let mut left = SHARE;
        while left > 0 {
            match self.stream.read(buffer) {
                Ok(0) => return Discarded::HungUp,
                Ok(length) => left = left.saturating_sub(length),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Discarded::Drained,
                Err(_) => return Discarded::HungUp,
            }
        }
        Discarded::More
    }

    /// Returns the moment at which an open connection needs attention, even without an event.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let paused = if let Intake::Paused(until) = self.intake { Some(until) } else { None };
        [self.stalled, self.resting, paused].into_iter().flatten().min()
    }

    /// Puts the connection into the list of readable ones, unless it stands there or is paused.
    pub(super) fn list(&mut self, id: ConnId, readable: &mut Vec<ConnId>) {
        if self.intake == Intake::Idle {
            self.intake = Intake::Listed;
            readable.push(id);
        }
    }

    /// Starts to close the connection. Ends a pause, because the engine discards further frames, and
    /// shortens the gaps of a pace.
    pub(super) fn close(&mut self, until: Instant, hold: Option<Duration>, now: Instant) {
        self.phase = Phase::Closing { until, hold };
        self.queue.hurry(until.saturating_duration_since(now));
        if let Intake::Paused(_) = self.intake {
            self.intake = Intake::Idle;
        }
    }

    /// Writes the queue, as far as the peer and its pace allow.
    ///
    /// # Errors
    /// When the connection is broken.
    pub(super) fn write(&mut self) -> Result<Written, ErrorKind> {
        let written = write::write(&mut self.queue, &mut self.stream)?;
        self.resting = if let Written::Resting(until) = written { Some(until) } else { None };
        Ok(written)
    }

    /// Ends the direction to the peer.
    pub(super) fn finish(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
    }
}
