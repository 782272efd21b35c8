//! Counters of a log, for the operator.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::Histogram;

/// Counters of a log. Its threads change them, and another thread may read them at any time.
#[derive(Debug, Default)]
pub struct LogFigures {
    commits: Histogram,
    failures: AtomicU64,
    waiting: AtomicU64,
    lag: AtomicU64,
    delays: Histogram,
}

/// The moment at which a draft leaves the chat.
#[derive(Debug, Clone, Copy)]
pub(super) struct Began(Instant);

impl Began {
    /// This moment.
    pub(super) fn now() -> Began {
        Began(Instant::now())
    }
}

impl LogFigures {
    /// Returns how long the commits of batches took, also of those that failed.
    pub fn commits(&self) -> &Histogram {
        &self.commits
    }

    /// Returns the number of batches that could not be committed so far.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Returns the number of drafts that wait to be committed.
    pub fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Returns the number of entries that are committed and that the chat has not taken yet.
    pub fn lag(&self) -> u64 {
        self.lag.load(Ordering::Relaxed)
    }

    /// Returns how long drafts took from the chat to Redis and back; without Redis, nothing.
    pub fn delays(&self) -> &Histogram {
        &self.delays
    }

    /// Measures how long a draft took that has come back. Returns the time.
    pub(super) fn measure(&self, began: Began) -> Duration {
        let delay = began.0.elapsed();
        self.delays.add(delay);
        delay
    }

    /// Measures a commit.
    pub(super) fn commit<T>(&self, run: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let result = run();
        self.commits.add(began.elapsed());
        result
    }

    /// Counts a batch that could not be committed.
    pub(super) fn count_failure(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a draft that waits.
    pub(super) fn count_draft(&self) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
    }

    /// Drafts no longer wait.
    pub(super) fn take_drafts(&self, count: usize) {
        self.waiting.fetch_sub(count as u64, Ordering::Relaxed);
    }

    /// Sets the number of drafts that wait.
    pub(super) fn set_waiting(&self, count: usize) {
        self.waiting.store(count as u64, Ordering::Relaxed);
    }

    /// Counts entries that are committed.
    pub(super) fn count_entries(&self, count: usize) {
        self.lag.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// The chat has taken an entry.
    pub(super) fn take_entry(&self) {
        self.lag.fetch_sub(1, Ordering::Relaxed);
    }
}
