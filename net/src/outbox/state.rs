//! State of an outbox, which its two threads and the chat share.

use std::time::{Duration, Instant};

use crate::send_queue::SendQueue;
use crate::sync::was_missed;

/// The queue of an outbox, and how far its connection is from its end.
pub(super) struct State {
    pub(super) queue: SendQueue,
    pub(super) phase: Phase,
    /// How long after the last byte the end comes, and when at the latest.
    pub(super) hold: Option<(Duration, Instant)>,
    /// The recv thread still reads.
    pub(super) reading: bool,
}

/// Where a connection is between its opening and its end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Open,
    /// Write what waits, then hang up; give up at this moment.
    Closing(Instant),
    Gone,
}

impl Default for State {
    fn default() -> State {
        State { queue: SendQueue::default(), phase: Phase::Open, hold: None, reading: true }
    }
}

impl State {
    /// Deadline of a connection that is closing. One that passed while the process stood still is put
    /// off by the time that a `flush` has.
    pub(super) fn closing(&mut self, flush: Duration) -> Option<Instant> {
        let Phase::Closing(mut deadline) = self.phase else { return None };
        if was_missed(deadline, Instant::now()) {
            deadline = Instant::now() + flush;
            self.phase = Phase::Closing(deadline);
        }
        Some(deadline)
    }
}
