//! The state of an outbox, which its two threads and the engine's thread share.

use std::time::{Duration, Instant};

use crate::send_queue::SendQueue;
use crate::sync::was_missed;

/// The queue of an outbox, and how far its connection is from its end.
pub(super) struct State {
    pub(super) queue: SendQueue,
    pub(super) phase: Phase,
    /// The time between the last byte and the end, and the latest moment for the end.
    pub(super) hold: Option<(Duration, Instant)>,
    /// The recv thread still reads.
    pub(super) reading: bool,
}

/// The phases of a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Open,
    /// The send thread writes the queue and hangs up. At this moment it gives up.
    Closing(Instant),
    Gone,
}

impl Default for State {
    fn default() -> State {
        State { queue: SendQueue::default(), phase: Phase::Open, hold: None, reading: true }
    }
}

impl State {
    /// Returns the deadline of a connection that is closing. If the deadline passed while the process was
    /// suspended, moves it to `flush` from now.
    pub(super) fn closing(&mut self, flush: Duration) -> Option<Instant> {
        let Phase::Closing(mut deadline) = self.phase else { return None };
        if was_missed(deadline, Instant::now()) {
            deadline = Instant::now() + flush;
            self.phase = Phase::Closing(deadline);
        }
        Some(deadline)
    }
}
