//! When something is to happen to a connection if nothing else does: a write that makes no
//! progress, a flush or a goodbye that takes too long, a pause or a rest that is over.
//!
//! A connection has one deadline at a time, or none: one that is idle costs nothing here.

use std::collections::BTreeSet;
use std::time::Instant;

use crate::ConnId;

#[derive(Debug, Default)]
pub(super) struct Deadlines(BTreeSet<(Instant, ConnId)>);

impl Deadlines {
    /// Replaces the deadline of a connection, which keeps its own copy in `current`.
    pub(super) fn set(
        &mut self,
        current: &mut Option<Instant>,
        deadline: Option<Instant>,
        id: ConnId,
    ) {
        if *current != deadline {
            self.remove(*current, id);
            self.0.extend(deadline.map(|deadline| (deadline, id)));
            *current = deadline;
        }
    }

    pub(super) fn remove(&mut self, deadline: Option<Instant>, id: ConnId) {
        if let Some(deadline) = deadline {
            self.0.remove(&(deadline, id));
        }
    }

    /// The first one.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.first().map(|(deadline, _)| *deadline)
    }

    /// Takes out those that have passed.
    pub(super) fn take_passed(&mut self, now: Instant) -> Vec<ConnId> {
        let mut passed = Vec::new();
        while let Some((_, id)) = self.0.first().copied().filter(|(deadline, _)| *deadline <= now) {
            self.0.pop_first();
            passed.push(id);
        }
        passed
    }
}
