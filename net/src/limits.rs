//! The bounds within which one connection may cost the server something.

use std::time::Duration;

/// Bounds per connection. The bound on a frame is the framing's own, since only the framing
/// knows what a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The high-water mark of an outbox, in bytes: a connection for which more than this waits
    /// when something is sent to it is closed. 128 KiB by default. One send may pass the mark,
    /// so that an answer larger than the mark can still be given to a peer that reads.
    pub outbox: usize,
    /// How long a write may make no progress before its connection is closed; 10 s by default.
    pub stall: Duration,
    /// How long a closed connection has to take what was sent to it before; 5 s by default.
    pub flush: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { outbox: 128 * 1024, stall: Duration::from_secs(10), flush: Duration::from_secs(5) }
    }
}
