//! The pace of a server: how long its slowest message took to reach a user.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The shortest and the longest time to wait for a message that must not come.
const SHORTEST: Duration = Duration::from_millis(30);
const LONGEST: Duration = Duration::from_secs(1);

/// The slowest delivery that any check has seen so far. All checks of a server share it.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// In microseconds.
    slowest: AtomicU64,
}

impl Pace {
    /// Records that a message reached a user after this time.
    pub(crate) fn record(&self, took: Duration) {
        let took = u64::try_from(took.min(LONGEST).as_micros()).unwrap_or(u64::MAX);
        self.slowest.fetch_max(took, Ordering::Relaxed);
    }

    /// The slowest delivery so far.
    pub(crate) fn slowest(&self) -> Duration {
        Duration::from_micros(self.slowest.load(Ordering::Relaxed))
    }

    /// How long to wait for a message that must not come: twice as long as the slowest delivery took.
    pub(crate) fn wait(&self) -> Duration {
        (self.slowest() * 2).clamp(SHORTEST, LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_follows_the_slowest_delivery() {
        let pace = Pace::default();
        assert_eq!(pace.wait(), SHORTEST);
        for (took, wait) in [(100, 200), (50, 200), (300, 600), (5000, 1000)] {
            pace.record(Duration::from_millis(took));
            assert_eq!(pace.wait(), Duration::from_millis(wait));
        }
    }
}
