//! Turns of the checks: many run at the same time, and one that the others may have disturbed runs alone,
//! also among the checks of other dialects and other submissions.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

static CHECKS: RwLock<()> = RwLock::new(());

/// The turn of one check; it ends when this is dropped.
#[must_use]
pub(crate) struct Turn {
    _beside_others: Option<RwLockReadGuard<'static, ()>>,
    _alone: Option<RwLockWriteGuard<'static, ()>>,
}

impl Turn {
    /// Waits while a check runs alone.
    pub(crate) fn beside_others() -> Turn {
        // Nothing is in there that could be left half changed.
        let turn = CHECKS.read().unwrap_or_else(PoisonError::into_inner);
        Turn { _beside_others: Some(turn), _alone: None }
    }

    /// Waits until no other check runs.
    pub(crate) fn alone() -> Turn {
        let turn = CHECKS.write().unwrap_or_else(PoisonError::into_inner);
        Turn { _beside_others: None, _alone: Some(turn) }
    }
}
