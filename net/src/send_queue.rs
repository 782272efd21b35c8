//! The queue of one connection's outgoing bytes: pure, without a thread, a socket or a clock.
//!
//! Both engines and a client's `Link` use it. They ask for the next write, hand it to the system and
//! report how many bytes the system took:
//!
//! ```text
//! push(wire) ─► [ wire | wire | wire ] ─► next_write() ─► the system ─► advance(bytes, now)
//! ```
//!
//! Without a [`Pace`] one write takes all the wires that wait. With a pace each wire is one message:
//! it gets a write to itself, and the queue rests after it.

mod pace;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use self::pace::Pace;
use crate::{Limits, Wire};

/// Wires that wait for one connection, in order. They are shared with the queues of other connections.
#[derive(Debug, Default)]
pub(crate) struct SendQueue {
    /// Holds no memory while it is empty, so that a peer that reads costs nothing.
    wires: VecDeque<Wire>,
    /// Bytes of the first wire that the system has taken.
    written: usize,
    /// Bytes in `wires`, without the `written` ones.
    bytes: usize,
    pace: Option<Pace>,
}

impl SendQueue {
    /// Returns the number of bytes that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Says whether the queue has a pace, so that each wire has to be one message.
    pub(crate) fn is_paced(&self) -> bool {
        self.pace.is_some()
    }

    /// Returns the high-water mark that the queue has passed, or `None` while the queue accepts more.
    /// The queues of `connections` connections hold `all` bytes together.
    pub(crate) fn passed(&self, limits: &Limits, all: usize, connections: usize) -> Option<usize> {
        limits.passed(self.bytes, all, connections)
    }

    /// Appends a wire. Ignores an empty one: it is no message, so no gap follows it.
    pub(crate) fn push(&mut self, wire: &Wire) {
        if !wire.is_empty() {
            self.bytes += wire.len();
            self.wires.push_back(Wire::clone(wire));
        }
    }

    /// Makes each wire a message with a gap after it. Wires that wait already become one message,
    /// unless the queue has a pace; then only the gap changes, also the gap after the last message.
    pub(crate) fn pace(&mut self, gap: Duration) {
        match &mut self.pace {
            Some(pace) => pace.set_gap(gap),
            None => {
                if self.wires.len() > 1 {
                    let joined = self.wires.drain(..).collect::<Vec<Wire>>().concat();
                    self.wires.push_back(Wire::from(joined));
                }
                self.pace = Some(Pace::new(gap));
            }
        }
    }

    /// Shortens the gaps so that everything that waits is written `within` this time. Nothing may be
    /// pushed after that.
    pub(crate) fn hurry(&mut self, within: Duration) {
        if let Some(pace) = &mut self.pace {
            pace.hurry(within, self.wires.len());
        }
    }

    /// Returns the end of the gap before the next write, or `None` if that write may happen now. There
    /// is no gap inside a message.
    pub(crate) fn rests(&self, now: Instant) -> Option<Instant> {
        self.pace.filter(|_| self.bytes > 0 && self.written == 0)?.rests(now)
    }

    /// Returns the wires of the next write: all of them, or one if the queue has a pace. The system has
    /// taken the first [`written`](SendQueue::written) bytes of the first wire.
    pub(crate) fn next_write(&self) -> impl ExactSizeIterator<Item = &Wire> {
        let count = if self.is_paced() { self.wires.len().min(1) } else { self.wires.len() };
        self.wires.iter().take(count)
    }

    /// Returns how many bytes of the first wire the system has taken.
    pub(crate) fn written(&self) -> usize {
        self.written
    }

    /// Removes the first `bytes` bytes, which the system took at `now`.
    pub(crate) fn advance(&mut self, bytes: usize, now: Instant) {
        assert!(bytes <= self.bytes, "the system took more bytes than the queue holds");
        self.bytes -= bytes;
        self.written += bytes;
        while let Some(first) = self.wires.front()
            && self.written >= first.len()
        {
            self.written -= first.len();
            self.wires.pop_front();
            if let Some(pace) = &mut self.pace {
                pace.wrote(now);
            }
        }
        if self.wires.is_empty() {
            self.wires = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: Duration = Duration::from_millis(20);

    fn wire(text: &str) -> Wire {
        Wire::from(text.as_bytes())
    }

    /// A queue in which these texts wait.
    fn queue(texts: &[&str]) -> SendQueue {
        let mut queue = SendQueue::default();
        texts.iter().for_each(|text| queue.push(&wire(text)));
        queue
    }

    /// The bytes of the next write.
    fn next(queue: &SendQueue) -> String {
        let wires: Vec<Wire> = queue.next_write().cloned().collect();
        String::from_utf8(wires.concat()[queue.written()..].to_vec()).unwrap()
    }

    #[test]
    fn without_a_pace_one_write_takes_everything() {
        let now = Instant::now();
        let mut queue = queue(&["one", "", "two", "three"]);
        assert_eq!((next(&queue).as_str(), queue.bytes()), ("onetwothree", 11));
        queue.advance(5, now);
        assert_eq!((next(&queue).as_str(), queue.bytes()), ("othree", 6));
        assert_eq!(queue.rests(now), None);
        queue.advance(6, now);
        assert_eq!((next(&queue).as_str(), queue.bytes()), ("", 0));
        assert_eq!(queue.wires.capacity(), 0, "an empty queue holds no memory");
    }

    #[test]
    fn with_a_pace_each_message_is_a_write_with_a_gap_after_it() {
        let now = Instant::now();
        let mut queue = SendQueue::default();
        queue.pace(GAP);
        ["one", "", "two"].iter().for_each(|text| queue.push(&wire(text)));
        assert_eq!((next(&queue).as_str(), queue.rests(now)), ("one", None));
        queue.advance(2, now);
        assert_eq!((next(&queue).as_str(), queue.rests(now)), ("e", None), "no gap in a message");
        queue.advance(1, now);
        assert_eq!((next(&queue).as_str(), queue.rests(now)), ("two", Some(now + GAP)));
        assert_eq!(queue.rests(now + GAP), None);
        queue.advance(3, now + GAP);
        assert_eq!(queue.rests(now + GAP), None, "an empty queue does not rest");
        queue.push(&wire("three"));
        assert_eq!(queue.rests(now + GAP), Some(now + GAP * 2));
    }

    #[test]
    fn a_first_pace_joins_the_waiting_wires_and_a_second_one_does_not() {
        let now = Instant::now();
        let mut queue = queue(&["one", "two"]);
        queue.advance(2, now);
        queue.pace(GAP);
        queue.push(&wire("three"));
        queue.push(&wire("four"));
        assert_eq!((next(&queue).as_str(), queue.rests(now)), ("etwo", None));
        queue.advance(4, now);
        assert_eq!((next(&queue).as_str(), queue.rests(now)), ("three", Some(now + GAP)));
        queue.pace(GAP / 2);
        assert_eq!((next(&queue).as_str(), queue.rests(now)), ("three", Some(now + GAP / 2)));
    }

    #[test]
    fn a_hurry_counts_the_messages_that_wait() {
        let now = Instant::now();
        let mut queue = SendQueue::default();
        queue.pace(GAP);
        ["one", "two", "three"].iter().for_each(|text| queue.push(&wire(text)));
        queue.hurry(Duration::ZERO);
        queue.advance(3, now);
        assert_eq!(queue.rests(now), None);
    }

    #[test]
    fn a_queue_may_hold_its_limit_and_not_a_byte_more() {
        let limits = Limits { outbox: 6, ..Limits::default() };
        let mut queue = queue(&["one", "two"]);
        assert_eq!(queue.passed(&limits, queue.bytes(), 1), None);
        queue.push(&wire("x"));
        assert_eq!(queue.passed(&limits, queue.bytes(), 1), Some(6));
        queue.advance(1, Instant::now());
        assert_eq!(queue.passed(&limits, queue.bytes(), 1), None);
    }

    #[test]
    #[should_panic(expected = "more bytes than the queue holds")]
    fn the_system_cannot_take_more_than_there_is() {
        queue(&["one"]).advance(4, Instant::now());
    }
}
