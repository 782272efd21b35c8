//! The deadlines of connections: for a blocked write, a flush, a last wait, a pause or a rest.
//!
//! A connection has one deadline at a time. An idle connection has none, so it costs nothing here.

use std::collections::BTreeSet;
use std::time::Instant;

use crate::ConnId;

/// Deadlines in the order of time.
#[derive(Debug, Default)]
pub(super) struct Deadlines(BTreeSet<(Instant, ConnId)>);

impl Deadlines {
    /// Replaces the deadline of a connection, which keeps a copy in `current`.
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

    /// Returns the first deadline.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.first().map(|(deadline, _)| *deadline)
    }

    /// Removes the deadlines that have passed, and returns their connections.
    pub(super) fn take_passed(&mut self, now: Instant) -> Vec<ConnId> {
        let mut passed = Vec::new();
        while let Some((_, id)) = self.0.first().copied().filter(|(deadline, _)| *deadline <= now) {
            self.0.pop_first();
            passed.push(id);
        }
        passed
    }
}
