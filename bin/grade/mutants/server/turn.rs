//! Whose turn it is, for the one bug where people wait for each other.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A lock that one connection holds, in whichever of its threads.
#[derive(Default)]
pub(crate) struct Turn {
    holder: Mutex<Option<u64>>,
    changed: Condvar,
}

impl Turn {
    /// Waits until nobody else has it. Who has it already may ask again.
    pub(crate) fn take(&self, id: u64) {
        let mut holder = self.lock();
        while holder.is_some_and(|holder| holder != id) {
            holder = self.changed.wait(holder).unwrap_or_else(PoisonError::into_inner);
        }
        *holder = Some(id);
    }

    /// Who does not have it changes nothing.
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
