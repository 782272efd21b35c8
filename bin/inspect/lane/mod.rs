//! One direction of a connection, between the socket that it reads and the socket that it writes.
//!
//! A lane is a state machine without a socket and without a clock. Untouched, it passes on the bytes of
//! each read in one write, whole frames or not, so that nothing changes but the time. While it is held,
//! whole frames wait in its queue, and commands change them there.

mod hands;
mod outbox;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parse::dialect::Dialect;

use crate::event::{Part, Read, Rules, Waiting};
use crate::framer::{Cut, Framer};

pub(crate) use hands::Refusal;
pub(crate) use outbox::{Flushed, Written};
use outbox::{Out, Outbox};

/// Greatest number of reads that a frame names.
const READS: usize = 32;

/// The bytes that may wait in a lane before it stops reading, so that TCP slows the sender down.
const WAITING: usize = 4 << 20;

/// The memory of a frame in the queue, besides its bytes.
const OVERHEAD: usize = 128;

/// The pause between two writes of one frame. A program that waits for bytes reads the first part alone.
const GAP: Duration = Duration::from_millis(20);

/// The pause between two bytes of the rule "one byte at a time".
const BYTE_GAP: Duration = Duration::from_millis(1);

/// The bytes of a frame that go one at a time. The rest follows at once, so that a long frame does not
/// take longer than a program waits for an answer.
const BYTEWISE: usize = 1024;

/// Greatest number of frames that a list of the queue names.
const LISTED: usize = 500;

/// A frame that has just become whole.
#[derive(Debug)]
pub(crate) struct Fresh {
    pub(crate) frame: u64,
    pub(crate) from: u64,
    pub(crate) cut: Cut,
    pub(crate) reads: Vec<Read>,
    pub(crate) brought: u64,
    pub(crate) held: bool,
}

/// A frame in the queue.
#[derive(Debug, Clone)]
struct Held {
    frame: u64,
    arrived: Instant,
    /// The bytes that are left, in the pieces in which they will be written.
    pieces: VecDeque<Vec<u8>>,
    /// The place of the first piece in the frame.
    from: usize,
}

impl Held {
    fn length(&self) -> usize {
        self.pieces.iter().map(Vec::len).sum()
    }
}

/// One direction of a connection.
pub(crate) struct Lane {
    framer: Framer,
    /// The number of the frame whose end has not arrived.
    current: Option<u64>,
    /// Number of bytes of that frame that the lane has passed on.
    passed: usize,
    /// Number of bytes that the lane has read.
    offset: u64,
    /// The first byte behind the last frame.
    start: u64,
    /// The reads that may have brought bytes of the current frame.
    reads: VecDeque<Read>,
    read_count: u64,
    paused: bool,
    /// The number of frames that the next write joins; 0 if frames are not joined.
    join: usize,
    rules: Rules,
    queue: VecDeque<Held>,
    queued: usize,
    out: Outbox,
    ended: bool,
    /// Whether bytes are read and dropped, because the receiver's half is closed.
    closed: bool,
}

impl Lane {
    /// Creates a lane whose frames are framed as in this dialect.
    pub(crate) fn new(dialect: Arc<dyn Dialect>, rules: Rules, paused: bool) -> Lane {
        Lane {
            framer: Framer::new(dialect),
            current: None,
            passed: 0,
            offset: 0,
            start: 0,
            reads: VecDeque::new(),
            read_count: 0,
            paused,
            join: 0,
            rules,
            queue: VecDeque::new(),
            queued: 0,
            out: Outbox::default(),
            ended: false,
            closed: false,
        }
    }

    /// The dialect. Before the first bytes decide it, `auto`.
    pub(crate) fn dialect(&self) -> &Arc<dyn Dialect> {
        self.framer.dialect()
    }

    /// Changes the dialect of the frames from here on.
    pub(crate) fn becomes(
        &mut self,
        dialect: Arc<dyn Dialect>,
        now: Instant,
        ids: &mut u64,
    ) -> Vec<Fresh> {
        let cuts = self.framer.becomes(dialect);
        self.take(cuts, now, ids)
    }

    /// Handles the bytes of one read. Returns the frames that are now whole.
    pub(crate) fn receive(
        &mut self,
        input: &[u8],
        at: f64,
        now: Instant,
        ids: &mut u64,
    ) -> Vec<Fresh> {
        let from = self.offset;
        self.offset += input.len() as u64;
        self.read_count += 1;
        if self.reads.len() >= READS {
            self.reads.remove(READS - 1);
        }
        self.reads.push_back(Read { n: self.read_count, at, from, to: self.offset });
        let cuts = self.framer.read(input);
        self.take(cuts, now, ids)
    }

    /// Handles the end of the stream. Returns the bytes of an unfinished frame.
    pub(crate) fn end(&mut self, now: Instant, ids: &mut u64) -> Vec<Fresh> {
        self.ended = true;
        let last = self.framer.finish();
        let fresh = self.take(last.into_iter().collect(), now, ids);
        self.join = 0;
        self.settle();
        fresh
    }

    /// Passes new frames on, or keeps them.
    fn take(&mut self, cuts: Vec<Cut>, now: Instant, ids: &mut u64) -> Vec<Fresh> {
        if self.closed {
            return Vec::new();
        }
        let direct = self.is_direct();
        let mut batch = Out::default();
        let mut fresh = Vec::new();
        for cut in cuts {
            let frame = self.current.take().unwrap_or_else(|| next(ids));
            let (from, to) = (self.start, self.start + cut.wire.len() as u64);
            self.start = to;
            let passed = std::mem::take(&mut self.passed);
            let rest = cut.wire.get(passed..).unwrap_or_default();
            if direct {
                batch.push(Part { frame, from: passed, to: cut.wire.len() }, rest);
            } else if !rest.is_empty() {
                self.queued += rest.len();
                let pieces = VecDeque::from([rest.to_vec()]);
                self.queue.push_back(Held { frame, arrived: now, pieces, from: passed });
            }
            let of_frame = |read: &&Read| read.to > from && read.from < to;
            let reads: Vec<Read> = self.reads.iter().filter(of_frame).cloned().collect();
            let brought = reads.first().zip(reads.last()).map_or(0, |(a, b)| b.n - a.n + 1);
            self.reads.retain(|read| read.to > to);
            fresh.push(Fresh { frame, from, cut, reads, brought, held: false });
        }
        if !self.framer.pending().is_empty() && self.current.is_none() {
            self.current = Some(next(ids));
        }
        if direct {
            self.pass_tail(&mut batch);
            self.out.push(batch);
        } else {
            self.settle();
        }
        for fresh in &mut fresh {
            fresh.held = self.queue.iter().rev().any(|held| held.frame == fresh.frame);
        }
        fresh
    }

    /// Adds the bytes of the unfinished frame to a write.
    fn pass_tail(&mut self, out: &mut Out) {
        let pending = self.framer.pending();
        if let (Some(frame), Some(rest)) = (self.current, pending.get(self.passed..))
            && !rest.is_empty()
        {
            out.push(Part { frame, from: self.passed, to: pending.len() }, rest);
            self.passed = pending.len();
        }
    }

    /// Whether bytes pass as they come.
    fn is_direct(&self) -> bool {
        !self.is_held() && self.queue.is_empty() && self.rules.are_none()
    }

    /// Whether frames wait in the queue.
    fn is_held(&self) -> bool {
        self.paused || self.join > 0
    }

    /// Releases the frames that nothing holds any more.
    fn settle(&mut self) {
        if self.join > 0 && self.queue.len() >= self.join {
            let joined: Vec<Held> = self.queue.drain(..self.join).collect();
            let mut out = Out::told();
            for held in joined {
                self.queued -= held.length();
                let mut from = held.from;
                for piece in &held.pieces {
                    out.push(Part { frame: held.frame, from, to: from + piece.len() }, piece);
                    from += piece.len();
                }
            }
            self.join = 0;
            self.out.push(out);
        }
        if self.is_held() {
            return;
        }
        while let Some(held) = self.queue.pop_front() {
            self.release(held, None);
        }
        if self.rules.are_none() {
            let mut out = Out::told();
            self.pass_tail(&mut out);
            self.out.push(out);
        }
    }

    /// Hands a frame to the outbox, by the rules. `after` is the time before which it does not go.
    fn release(&mut self, held: Held, after: Option<Instant>) {
        self.queued -= held.length();
        let delay = self.rules.delay.map(|delay| held.arrived + Duration::from_millis(delay));
        let mut from = held.from;
        for (index, piece) in held.pieces.iter().enumerate() {
            let cut = self.rules.cut.and_then(|cut| cut.checked_sub(from));
            let cut = cut.filter(|cut| (1..piece.len()).contains(cut)).unwrap_or(piece.len());
            let (first, second) = piece.split_at(cut);
            for (half, gap) in [(first, index > 0), (second, true)] {
                let (bytes, rest) = half.split_at(self.bytewise(from, half.len()));
                for (part, chunk) in [(bytes, Some(1)), (rest, None)] {
                    if part.is_empty() {
                        continue;
                    }
                    let mut out = Out::told();
                    out.push(Part { frame: held.frame, from, to: from + part.len() }, part);
                    out.not_before = after.or(delay);
                    out.chunk = chunk;
                    out.gap = match gap {
                        _ if self.rules.bytewise => BYTE_GAP,
                        true => GAP,
                        false => Duration::ZERO,
                    };
                    from += part.len();
                    self.out.push(out);
                }
            }
        }
    }

    /// The number of bytes that go one at a time, of a part that begins at this place of its frame.
    fn bytewise(&self, from: usize, length: usize) -> usize {
        if self.rules.bytewise { length.min(BYTEWISE.saturating_sub(from)) } else { 0 }
    }

    /// Writes the bytes whose time has come.
    pub(crate) fn flush(
        &mut self,
        now: Instant,
        to: &mut impl std::io::Write,
        written: &mut Vec<Written>,
    ) -> std::io::Result<Flushed> {
        self.out.flush(now, to, written)
    }

    /// Whether so many bytes wait that the lane reads no more for now.
    pub(crate) fn is_full(&self) -> bool {
        // A frame of one byte takes more memory than its byte.
        self.queued + self.queue.len() * OVERHEAD + self.out.bytes() > WAITING
    }

    /// Whether the stream has ended and all its bytes are written.
    pub(crate) fn is_finished(&self) -> bool {
        self.closed || self.ended && !self.paused && self.queue.is_empty() && self.out.bytes() == 0
    }

    /// Whether the sender has ended its stream.
    pub(crate) fn is_ended(&self) -> bool {
        self.ended
    }

    /// The number of bytes of the unfinished frame, and of the reads that brought them.
    pub(crate) fn open(&self) -> (usize, u64) {
        let length = self.framer.pending().len();
        let first = self.reads.iter().find(|read| read.to > self.start);
        (length, first.filter(|_| length > 0).map_or(0, |read| self.read_count - read.n + 1))
    }

    /// The frames in the queue, the first ones if there are many, and the number of the others.
    pub(crate) fn waiting(&self) -> (Vec<Waiting>, usize) {
        let listed = self.queue.iter().take(LISTED).map(|held| {
            let mut cuts = vec![held.from];
            let mut place = held.from;
            for piece in &held.pieces {
                place += piece.len();
                cuts.push(place);
            }
            Waiting { frame: held.frame, cuts }
        });
        (listed.collect(), self.queue.len().saturating_sub(LISTED))
    }

    /// The settings: whether it is paused, the frames to join, and the rules.
    pub(crate) fn settings(&self) -> (bool, usize, Rules) {
        (self.paused, self.join, self.rules)
    }

    /// The time at which the first frame of the queue arrived.
    pub(crate) fn oldest(&self) -> Option<Instant> {
        self.queue.front().map(|held| held.arrived)
    }

    /// Whether the frame waits in the queue.
    pub(crate) fn holds(&self, frame: u64) -> bool {
        self.queue.iter().any(|held| held.frame == frame)
    }
}

/// Returns a new number.
fn next(ids: &mut u64) -> u64 {
    *ids += 1;
    *ids
}
