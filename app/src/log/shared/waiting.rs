//! The drafts of this server that wait for the log, and how long that takes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::Timestamp;
use crate::log::Origin;

/// A delay that is worth a line in the log of the server.
const SLOW: Duration = Duration::from_secs(1);

/// The lag of a server: how far its chat is behind its own drafts. Every thread may read it.
///
/// ```
/// use std::time::Duration;
///
/// let lag = app::Lag::default();
/// assert_eq!((lag.waiting(), lag.last()), (0, Duration::ZERO));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Lag(Arc<Figures>);

#[derive(Debug, Default)]
struct Figures {
    waiting: AtomicU64,
    /// In microseconds.
    last: AtomicU64,
}

impl Lag {
    /// Returns the number of drafts that this server has given to the log and not got back.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.0.waiting.load(Ordering::Relaxed)
    }

    /// Returns the time that the last draft took from the chat to the log and back.
    #[must_use]
    pub fn last(&self) -> Duration {
        Duration::from_micros(self.0.last.load(Ordering::Relaxed))
    }
}

/// The drafts that are not in the log yet, by their sequence numbers.
#[derive(Debug)]
pub(super) struct Waiting {
    clock: fn() -> Timestamp,
    drafts: BTreeMap<u64, (Timestamp, Option<Origin>)>,
    lag: Lag,
    /// Whether the last draft was slow.
    is_slow: bool,
}

impl Waiting {
    /// Creates an empty list that measures with this clock.
    pub(super) fn new(clock: fn() -> Timestamp) -> Waiting {
        Waiting { clock, drafts: BTreeMap::new(), lag: Lag::default(), is_slow: false }
    }

    /// Adds a draft.
    pub(super) fn insert(&mut self, sequence: u64, origin: Option<Origin>) {
        self.drafts.insert(sequence, ((self.clock)(), origin));
        self.count();
    }

    /// Removes a draft that has come back. Returns its origin.
    pub(super) fn back(&mut self, sequence: u64) -> Option<Origin> {
        let (since, origin) = self.drafts.remove(&sequence)?;
        self.count();
        let delay = (self.clock)().duration_since(since);
        // The clock may have been set back meanwhile.
        self.measure(Duration::try_from(delay).unwrap_or(Duration::ZERO));
        origin
    }

    /// Removes a draft that is refused. Returns its origin, or `None` if it does not wait.
    pub(super) fn refused(&mut self, sequence: u64) -> Option<Option<Origin>> {
        let (_, origin) = self.drafts.remove(&sequence)?;
        self.count();
        Some(origin)
    }

    /// The sequence numbers, in order.
    pub(super) fn sequences(&self) -> Vec<u64> {
        self.drafts.keys().copied().collect()
    }

    pub(super) fn contains(&self, sequence: u64) -> bool {
        self.drafts.contains_key(&sequence)
    }

    pub(super) fn len(&self) -> usize {
        self.drafts.len()
    }

    /// The figures for other threads.
    pub(super) fn lag(&self) -> Lag {
        self.lag.clone()
    }

    fn count(&self) {
        self.lag.0.waiting.store(self.drafts.len() as u64, Ordering::Relaxed);
    }

    fn measure(&mut self, delay: Duration) {
        let micros = u64::try_from(delay.as_micros()).unwrap_or(u64::MAX);
        self.lag.0.last.store(micros, Ordering::Relaxed);
        let was_slow = std::mem::replace(&mut self.is_slow, delay >= SLOW);
        if self.is_slow && !was_slow {
            let waiting = self.drafts.len();
            tracing::warn!(
                ?delay,
                waiting,
                "the shared log is slow: a change took long to come back"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        static SECOND: Cell<i64> = const { Cell::new(0) };
    }

    fn clock() -> Timestamp {
        Timestamp::from_second(SECOND.get()).unwrap()
    }

    #[test]
    fn the_lag_counts_drafts_and_measures_only_those_that_come_back() {
        let mut waiting = Waiting::new(clock);
        let lag = waiting.lag();
        for sequence in 1..=4 {
            waiting.insert(sequence, None);
        }
        SECOND.set(7);
        assert_eq!(waiting.refused(2), Some(None));
        assert_eq!(waiting.refused(2), None);
        assert_eq!((lag.waiting(), lag.last()), (3, Duration::ZERO));
        assert_eq!(waiting.back(1), None);
        assert_eq!((lag.waiting(), lag.last(), waiting.is_slow), (2, Duration::from_secs(7), true));
        SECOND.set(0);
        waiting.back(3);
        assert_eq!((lag.waiting(), lag.last(), waiting.is_slow), (1, Duration::ZERO, false));
        SECOND.set(-1);
        waiting.back(4);
        assert_eq!((lag.waiting(), lag.last()), (0, Duration::ZERO), "the clock was set back");
    }
}
