//! The limits on the resources that connections may use.

use std::time::Duration;

use crate::{Admission, Flood};

/// Limits on connections. The framing has the limit on the length of a frame.
///
/// ```
/// use std::time::Duration;
///
/// use net::Limits;
///
/// let patient = Limits { stall: Duration::from_secs(60), ..Limits::default() };
/// assert_eq!(patient.outbox, 128 * 1024);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The high-water mark of an outbox, in bytes; 128 KiB by default. A send to a connection for which
    /// more than this waits closes it. One send may pass the mark, so that a peer that reads can get an
    /// answer larger than the mark.
    pub outbox: usize,
    /// The high-water mark of all outboxes together, in bytes; 256 MiB by default. While more than this
    /// waits, an outbox that holds more than its fair share counts as full.
    pub outboxes: usize,
    /// The time after which a write without progress closes its connection; 10 s by default.
    pub stall: Duration,
    /// The time that a closed connection has to accept its last messages; 5 s by default.
    pub flush: Duration,
    /// The time that a peer has for the handshake of an encrypted connection; 10 s by default.
    pub handshake: Duration,
    /// The limits on the frames that a peer may send; `None` is no limit.
    pub flood: Option<Flood>,
    /// The limits on the number of connections.
    pub admission: Admission,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            outbox: 128 * 1024,
            outboxes: 256 * 1024 * 1024,
            stall: Duration::from_secs(10),
            flush: Duration::from_secs(5),
            handshake: Duration::from_secs(10),
            flood: Some(Flood::default()),
            admission: Admission::default(),
        }
    }
}

impl Limits {
    /// Returns the limit that an outbox with `own` bytes has passed, or `None` if it may hold more. The
    /// outboxes of `connections` connections hold `all` bytes together.
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
    fn an_outbox_is_full_at_its_own_limit_or_at_its_share_of_the_common_one() {
        let limits = Limits { outbox: 100, outboxes: 1000, ..Limits::default() };
        assert_eq!(limits.passed(100, 100, 1), None);
        assert_eq!(limits.passed(101, 101, 1), Some(100));
        assert_eq!(limits.passed(60, 1000, 20), None, "the common limit is not passed");
        assert_eq!(limits.passed(60, 1001, 20), Some(50), "its share");
        assert_eq!(limits.passed(50, 1001, 20), None);
    }
}
