//! A lock for the bug in which one connection blocks all others.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A lock that a connection holds, not a thread.
#[derive(Default)]
pub(crate) struct Turn {
    holder: Mutex<Option<u64>>,
    changed: Condvar,
}

impl Turn {
    /// Takes the lock, and waits for it if necessary. The holder may take it again.
    pub(crate) fn take(&self, id: u64) {
        let mut holder = self.lock();
        while holder.is_some_and(|holder| holder != id) {
            holder = self.changed.wait(holder).unwrap_or_else(PoisonError::into_inner);
        }
        *holder = Some(id);
    }

    /// Releases the lock if this connection holds it.
    pub(crate) fn give_back(&self, id: u64) {
        let mut holder = self.lock();
        if *holder == Some(id) {
            *holder = None;
            self.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<u64>> {
        self.holder.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
