//! Small tools for threads that must be stopped and counted, and for a process that was.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Locks, also after another thread panicked while it held the lock: the state behind our locks
/// is changed in single steps, so it is whole whenever the lock can be taken.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Most time by which a deadline is noticed late while this process runs.
const LATE: Duration = Duration::from_secs(1);

/// Whether a deadline passed while this process stood still (SIGSTOP, a frozen container). Then the
/// peer may have done in time what it had to do.
pub(crate) fn was_missed(deadline: Instant, now: Instant) -> bool {
    now.saturating_duration_since(deadline) > LATE
}

/// A flag that threads can wait for.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    set: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    pub(crate) fn set(&self) {
        *lock(&self.set) = true;
        self.changed.notify_all();
    }

    pub(crate) fn is_set(&self) -> bool {
        *lock(&self.set)
    }

    /// Waits until the flag is set, but no longer than `timeout`; says whether it is.
    pub(crate) fn wait(&self, timeout: Duration) -> bool {
        let guard = lock(&self.set);
        *self
            .changed
            .wait_timeout_while(guard, timeout, |set| !*set)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }
}

/// Counts running threads by the tokens they hold, so that a drain can wait for the last one.
#[derive(Debug, Default)]
pub(crate) struct Running {
    count: Mutex<usize>,
    none: Condvar,
}

impl Running {
    /// One more thread runs, until the token is dropped (also by a panic).
    pub(crate) fn token(self: &Arc<Running>) -> RunningToken {
        *lock(&self.count) += 1;
        RunningToken(Arc::clone(self))
    }

    /// Waits until nobody holds a token; says how many still do at `deadline`.
    pub(crate) fn wait_until(&self, deadline: Instant) -> usize {
        let guard = lock(&self.count);
        let timeout = deadline.saturating_duration_since(Instant::now());
        *self
            .none
            .wait_timeout_while(guard, timeout, |count| *count > 0)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }
}

#[derive(Debug)]
pub(crate) struct RunningToken(Arc<Running>);

impl Drop for RunningToken {
    fn drop(&mut self) {
        let mut count = lock(&self.0.count);
        *count = count.saturating_sub(1);
        if *count == 0 {
            self.0.none.notify_all();
        }
    }
}
