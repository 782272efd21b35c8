//! The bounds within which connections may cost the server something.

use std::time::Duration;

use crate::{Admission, Flood};

/// Bounds on connections. The bound on a frame is the framing's own, since only the framing
/// knows what a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The high-water mark of an outbox, in bytes: a connection for which more than this waits
    /// when something is sent to it is closed. 128 KiB by default. One send may pass the mark,
    /// so that an answer larger than the mark can still be given to a peer that reads.
    pub outbox: usize,
    /// The same for all outboxes together, in bytes; 256 MiB by default. While more than this
    /// waits, an outbox that holds more than its fair share counts as full.
    pub outboxes: usize,
    /// How long a write may make no progress before its connection is closed; 10 s by default.
    pub stall: Duration,
    /// How long a closed connection has to take what was sent to it before; 5 s by default.
    pub flush: Duration,
    /// How many frames a peer may send; `None` lifts it.
    pub flood: Option<Flood>,
    /// Who is let in.
    pub admission: Admission,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            outbox: 128 * 1024,
            outboxes: 256 * 1024 * 1024,
            stall: Duration::from_secs(10),
            flush: Duration::from_secs(5),
            flood: Some(Flood::default()),
            admission: Admission::default(),
        }
    }
}

impl Limits {
    /// The bound that an outbox with `own` bytes has passed, where `all` wait for so many
    /// `connections`; `None` while it may hold more.
    pub(crate) fn passed(&self, own: usize, all: usize, connections: usize) -> Option<usize> {
        let share = self.outboxes / connections.max(1);
        let bounds = [(true, self.outbox), (all > self.outboxes, share)];
        bounds.into_iter().find_map(|(holds, bound)| (holds && own > bound).then_some(bound))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outbox_is_full_by_itself_or_by_its_share_of_too_much() {
        let limits = Limits { outbox: 100, outboxes: 1000, ..Limits::default() };
        assert_eq!(limits.passed(100, 100, 1), None);
        assert_eq!(limits.passed(101, 101, 1), Some(100));
        assert_eq!(limits.passed(60, 1000, 20), None, "together they hold what they may");
        assert_eq!(limits.passed(60, 1001, 20), Some(50), "its share");
        assert_eq!(limits.passed(50, 1001, 20), None);
    }
}
