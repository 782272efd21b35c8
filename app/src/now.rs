//! The time, as the chat is told it: a wall clock for stamps, a monotonic one for limits.
//!
//! The wall clock can be set: forward, back, by hours or by years. So it only says when something
//! happened. How long something lasts (a deadline, a wait, a quota) is measured with the monotonic
//! clock, which never goes back and never jumps.

use std::time::Duration;

use crate::Timestamp;

/// The time at which something happens, on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The date and time, for stamps that people read.
    pub wall: Timestamp,
    /// The monotonic time, for everything that is measured.
    pub monotonic: Moment,
}

/// A moment on the monotonic clock of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment(Duration);

impl Moment {
    /// The moment at which the clock has run for so long.
    pub const fn new(since_start: Duration) -> Moment {
        Moment(since_start)
    }

    /// Time that has passed since an earlier moment; zero if that moment is still to come.
    pub const fn since(self, earlier: Moment) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// The moment this much earlier, or the start of the clock.
    #[must_use]
    pub const fn before(self, time: Duration) -> Moment {
        Moment(self.0.saturating_sub(time))
    }

    /// The moment after this wait.
    #[must_use]
    pub const fn after(self, wait: Duration) -> Moment {
        Moment(self.0.saturating_add(wait))
    }
}
