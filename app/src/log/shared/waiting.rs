//! The drafts of this server that wait for the log, and how long that takes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::log::figures::Began;
use crate::log::{LogFigures, Origin};

/// A delay that is worth a line in the log of the server.
const SLOW: Duration = Duration::from_secs(1);

/// The drafts that are not in the log yet, by their sequence numbers.
#[derive(Debug)]
pub(super) struct Waiting {
    drafts: BTreeMap<u64, (Began, Option<Origin>)>,
    figures: Arc<LogFigures>,
    /// Whether the last draft was slow.
    is_slow: bool,
}

impl Waiting {
    /// Creates an empty list, which counts with these figures.
    pub(super) fn new(figures: Arc<LogFigures>) -> Waiting {
        Waiting { drafts: BTreeMap::new(), figures, is_slow: false }
    }

    /// Adds a draft.
    pub(super) fn insert(&mut self, sequence: u64, origin: Option<Origin>) {
        self.drafts.insert(sequence, (Began::now(), origin));
        self.count();
    }

    /// Removes a draft that has come back. Returns its origin.
    pub(super) fn back(&mut self, sequence: u64) -> Option<Origin> {
        let (began, origin) = self.drafts.remove(&sequence)?;
        self.count();
        self.judge(self.figures.measure(began));
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

    fn count(&self) {
        self.figures.set_waiting(self.drafts.len());
    }

    /// Warns when the log becomes slow.
    fn judge(&mut self, delay: Duration) {
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
    fn the_figures_count_drafts_and_measure_only_those_that_come_back() {
        let figures = Arc::<LogFigures>::default();
        let mut waiting = Waiting::new(Arc::clone(&figures));
        for sequence in 1..=4 {
            waiting.insert(sequence, None);
        }
        assert_eq!(waiting.refused(2), Some(None));
        assert_eq!(waiting.refused(2), None);
        let measured = || figures.delays().buckets().map(|(_, count)| count).sum::<u64>();
        assert_eq!((figures.waiting(), measured()), (3, 0));
        assert_eq!(waiting.back(1), None);
        assert_eq!(waiting.back(1), None);
        assert_eq!((figures.waiting(), measured()), (2, 1));
    }

    #[test]
    fn a_log_is_slow_until_a_draft_comes_back_in_time() {
        let mut waiting = Waiting::new(Arc::default());
        for (millis, is_slow) in [(999, false), (1000, true), (60_000, true), (10, false)] {
            waiting.judge(Duration::from_millis(millis));
            assert_eq!(waiting.is_slow, is_slow, "{millis} ms");
        }
    }
}
