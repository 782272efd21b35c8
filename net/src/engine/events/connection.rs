//! One connection of the events engine: its socket and its state.

use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use mio::net::TcpStream;

use super::read::Reader;
use super::write::{self, Written};
use crate::admission::Admitted;
use crate::flood::TokenBucket;
use crate::framing::Decoder;
use crate::send_queue::SendQueue;
use crate::stream::Stream;
use crate::{CloseReason, ConnId};

pub(super) struct Connection {
    pub(super) stream: Stream<TcpStream>,
    pub(super) reader: Reader,
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
    /// The system did not take the farewell of an encrypted connection at once.
    farewell_waits: bool,
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

impl Connection {
    pub(super) fn new(
        stream: Stream<TcpStream>,
        decoder: Box<dyn Decoder>,
        bucket: Option<TokenBucket>,
        admitted: Admitted,
    ) -> Connection {
        Connection {
            stream,
            reader: Reader::new(decoder, bucket),
            queue: SendQueue::default(),
            phase: Phase::Open,
            ended: None,
            intake: Intake::Idle,
            stalled: None,
            resting: None,
            farewell_waits: false,
            deadline: None,
            _admitted: admitted,
        }
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

    /// Says whether the engine has something to write: the queue, or the farewell of an encrypted
    /// connection.
    pub(super) fn has_to_write(&self) -> bool {
        self.queue.bytes() > 0 || self.farewell_waits
    }

    /// Writes the queue, as far as the peer and its pace allow, and then the farewell if it is the end.
    ///
    /// # Errors
    /// When the connection is broken.
    pub(super) fn write(&mut self) -> Result<Written, ErrorKind> {
        let mut written = write::write(&mut self.queue, &mut &self.stream)?;
        if written == Written::Everything && matches!(self.phase, Phase::Closing { hold: None, .. })
        {
            // Another error does not matter: the bytes before the farewell are written.
            let is_blocked = |error: io::Error| error.kind() == ErrorKind::WouldBlock;
            self.farewell_waits = self.stream.finish().is_err_and(is_blocked);
            if self.farewell_waits {
                written = Written::Blocked { progress: true };
            }
        }
        self.resting = if let Written::Resting(until) = written { Some(until) } else { None };
        Ok(written)
    }

    /// Ends the direction to the peer.
    pub(super) fn finish(&mut self) {
        let _ = self.stream.socket().shutdown(Shutdown::Write);
    }
}
