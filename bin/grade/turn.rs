//! Turns of the checks. Many checks run in parallel; a check that others may have disturbed runs alone,
//! even among checks of other dialects and submissions.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

static CHECKS: RwLock<()> = RwLock::new(());

/// The turn of one check. Dropping it ends the turn.
#[must_use]
pub(crate) struct Turn {
    _beside_others: Option<RwLockReadGuard<'static, ()>>,
    _alone: Option<RwLockWriteGuard<'static, ()>>,
}

impl Turn {
    /// Waits while another check runs alone.
    pub(crate) fn beside_others() -> Turn {
        // The lock protects no data that a panic could leave half changed.
        let turn = CHECKS.read().unwrap_or_else(PoisonError::into_inner);
        Turn { _beside_others: Some(turn), _alone: None }
    }

    /// Waits until no other check runs.
    pub(crate) fn alone() -> Turn {
        let turn = CHECKS.write().unwrap_or_else(PoisonError::into_inner);
        Turn { _beside_others: None, _alone: Some(turn) }
    }
}
