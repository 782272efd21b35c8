//! Time as an argument: a wall clock for timestamps, a monotonic clock for deadlines.
//!
//! An operator can set the wall clock forward or back, by hours or by years. So the chat uses it
//! only for timestamps. It measures deadlines, waits and quotas with the monotonic clock, which
//! never goes back and never jumps.

use std::time::Duration;

use crate::Timestamp;

/// The time on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The date and time, for timestamps that people read.
    pub wall: Timestamp,
    /// The monotonic time, for everything that the chat measures.
    pub monotonic: Moment,
}

/// A moment on the monotonic clock of this process.
///
/// ```
/// use app::Moment;
/// use std::time::Duration;
///
/// let start = Moment::default();
/// let deadline = start.after(Duration::from_secs(60));
/// assert_eq!(deadline.since(start), Duration::from_secs(60));
/// assert_eq!(start.since(deadline), Duration::ZERO);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment(Duration);

impl Moment {
    /// The moment this long after the start of the clock.
    pub const fn new(since_start: Duration) -> Moment {
        Moment(since_start)
    }

    /// Returns the time since an earlier moment, or zero if that moment is later.
    pub const fn since(self, earlier: Moment) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// Returns the moment this much earlier, or the start of the clock.
    #[must_use]
    pub const fn before(self, time: Duration) -> Moment {
        Moment(self.0.saturating_sub(time))
    }

    /// Returns the moment this much later.
    #[must_use]
    pub const fn after(self, wait: Duration) -> Moment {
        Moment(self.0.saturating_add(wait))
    }
}
