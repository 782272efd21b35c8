//! The drafts of this server that wait for the log, and how long that takes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

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
#[derive(Debug, Default)]
pub(super) struct Waiting {
    drafts: BTreeMap<u64, (Instant, Option<Origin>)>,
    lag: Lag,
    /// Whether the last draft was slow.
    is_slow: bool,
}

impl Waiting {
    /// Adds a draft.
    pub(super) fn insert(&mut self, sequence: u64, origin: Option<Origin>) {
        self.drafts.insert(sequence, (Instant::now(), origin));
        self.count();
    }

    /// Removes a draft that has come back. Returns its origin.
    pub(super) fn back(&mut self, sequence: u64) -> Option<Origin> {
        let (since, origin) = self.drafts.remove(&sequence)?;
        self.count();
        self.measure(since.elapsed());
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
    use super::*;

    #[test]
    fn the_lag_counts_drafts_and_measures_only_those_that_come_back() {
        let mut waiting = Waiting::default();
        let lag = waiting.lag();
        for sequence in 1..=3 {
            waiting.insert(sequence, None);
        }
        assert_eq!((lag.waiting(), lag.last()), (3, Duration::ZERO));
        assert_eq!(waiting.refused(2), Some(None));
        assert_eq!(waiting.refused(2), None);
        assert_eq!((lag.waiting(), lag.last()), (2, Duration::ZERO));
        waiting.drafts.entry(1).and_modify(|(since, _)| *since -= 2 * SLOW);
        assert_eq!(waiting.back(1), None);
        assert!(lag.last() >= 2 * SLOW && waiting.is_slow);
        waiting.back(3);
        assert!(lag.waiting() == 0 && lag.last() < SLOW && !waiting.is_slow);
    }
}
