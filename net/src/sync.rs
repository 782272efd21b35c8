//! Small tools: locks, a stop flag and a counter for threads, and a check for a suspended process.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Locks a mutex, even if another thread panicked while it held the lock. The code changes the state behind
/// its locks in single steps, so the state is consistent whenever a thread gets the lock.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The longest delay with which a running process notices a deadline.
const LATE: Duration = Duration::from_secs(1);

/// Says whether a deadline passed while this process was suspended (SIGSTOP, a frozen container). Then the
/// peer may have answered in time.
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

    /// Waits until the flag is set, but no longer than `timeout`; returns whether it is set.
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
    /// Counts one more thread until the token is dropped, also by a panic.
    pub(crate) fn token(self: &Arc<Running>) -> RunningToken {
        *lock(&self.count) += 1;
        RunningToken(Arc::clone(self))
    }

    /// Waits until all tokens are dropped, or until `deadline`; returns the number of tokens that are left.
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
        *count -= 1;
        if *count == 0 {
            self.0.none.notify_all();
        }
    }
}
