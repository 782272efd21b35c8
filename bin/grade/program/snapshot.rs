//! The processes of the system and of grade at one moment.

use std::time::Instant;

use rustix::process::Pid;

use super::processes::Table;

/// The processes at one moment.
pub(super) struct Snapshot {
    /// The time before the first process was read.
    pub(super) begun: Instant,
    pub(super) table: Table,
    /// The first process of each program.
    pub(super) roots: Vec<i32>,
    /// The process of grade.
    pub(super) us: i32,
    /// The session of grade; 0 if it was created outside the container.
    pub(super) session: i32,
}

impl Snapshot {
    pub(super) fn of(begun: Instant, table: Table, roots: Vec<Pid>) -> Snapshot {
        let roots = roots.iter().map(|root| root.as_raw_nonzero().get()).collect();
        let us = rustix::process::getpid().as_raw_nonzero().get();
        // Read from the table: in a container, the session may come from outside, and then its id is 0
        // in the table.
        let session = table.get(us).map_or(us, |process| process.session);
        Snapshot { begun, table, roots, us, session }
    }

    /// Returns whether only one program runs.
    pub(super) fn is_last(&self) -> bool {
        self.roots.len() == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::processes::process;

    #[test]
    fn a_session_from_outside_a_container_has_the_id_zero() {
        let us = rustix::process::getpid().as_raw_nonzero().get();
        let ours = process(us, 1, 0);
        let now = Snapshot::of(Instant::now(), Table::of([(us, ours)].into()), Vec::new());
        assert_eq!(now.session, 0);
    }
}
