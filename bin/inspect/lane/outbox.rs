//! The bytes that a lane has released, with the time of each write.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::time::{Duration, Instant};

use crate::event::Part;

/// Bytes for one write, unless the system takes fewer.
#[derive(Debug, Default)]
pub(super) struct Out {
    parts: Vec<Part>,
    bytes: Vec<u8>,
    sent: usize,
    /// The time before which nothing of it is written.
    pub(super) not_before: Option<Instant>,
    /// The pause since the last write.
    pub(super) gap: Duration,
    /// Greatest number of bytes of a write.
    pub(super) chunk: Option<usize>,
    /// Whether the page is told of the write, because a hand or a rule has touched the bytes.
    told: bool,
}

impl Out {
    /// Creates a write of which the page is told.
    pub(super) fn told() -> Out {
        Out { told: true, ..Out::default() }
    }

    /// Adds a part of a frame.
    pub(super) fn push(&mut self, part: Part, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.parts.push(part);
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// The parts of frames in these bytes of the write.
    fn parts(&self, from: usize, to: usize) -> Vec<Part> {
        let mut place = 0;
        let mut found = Vec::new();
        for part in &self.parts {
            let (begin, end) = (place, place + (part.to - part.from));
            place = end;
            if begin < to && end > from {
                let first = part.from + from.saturating_sub(begin);
                let last = part.to - end.saturating_sub(to);
                found.push(Part { frame: part.frame, from: first, to: last });
            }
        }
        found
    }
}

/// A write of which the page is told, or many small ones.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) parts: Vec<Part>,
    pub(crate) bytes: usize,
    /// The number of bytes of each write, if there were many small ones.
    pub(crate) chunk: Option<usize>,
}

/// The state after a flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flushed {
    /// Nothing is left.
    All,
    /// The next write has to wait until this time.
    Until(Instant),
    /// The socket takes no more bytes now.
    Blocked,
}

/// The writes of a lane, in order.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: VecDeque<Out>,
    bytes: usize,
    last: Option<Instant>,
}

impl Outbox {
    /// Adds a write behind the others.
    pub(super) fn push(&mut self, out: Out) {
        if !out.bytes.is_empty() {
            self.bytes += out.bytes.len();
            self.waiting.push_back(out);
        }
    }

    /// The number of bytes that wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Forgets all bytes.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.bytes = 0;
    }

    /// Writes the bytes whose time has come.
    ///
    /// # Errors
    /// If the connection to the receiver is broken.
    pub(super) fn flush(
        &mut self,
        now: Instant,
        to: &mut impl Write,
        written: &mut Vec<Written>,
    ) -> io::Result<Flushed> {
        while let Some(out) = self.waiting.front_mut() {
            let gap = self.last.filter(|_| !out.gap.is_zero()).map(|last| last + out.gap);
            // A delay counts for the first byte only.
            let due = if out.sent == 0 { out.not_before.max(gap) } else { gap };
            if let Some(due) = due.filter(|due| *due > now) {
                return Ok(Flushed::Until(due));
            }
            let rest = out.bytes.get(out.sent..).unwrap_or_default();
            let length = out.chunk.map_or(rest.len(), |chunk| chunk.min(rest.len()));
            match to.write(rest.get(..length).unwrap_or(rest)) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    let from = if out.chunk.is_some() { 0 } else { out.sent };
                    out.sent += count;
                    // An event for each byte would bury the others.
                    if out.told && (out.chunk.is_none() || out.sent == out.bytes.len()) {
                        let parts = out.parts(from, out.sent);
                        written.push(Written { parts, bytes: out.sent - from, chunk: out.chunk });
                    }
                    self.bytes -= count;
                    self.last = Some(now);
                    if out.sent == out.bytes.len() {
                        self.waiting.pop_front();
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Flushed::Blocked),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Flushed::All)
    }
}
