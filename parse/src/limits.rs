//! Limits on the work that a peer can cause.

use std::time::Duration;

/// Limits for each connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Maximum length of a frame in bytes; 8 KiB by default.
    pub frame: usize,
    /// Maximum nesting of a request, which has depth 1 without nesting; 32 by default.
    pub nesting: usize,
    /// Pause between two messages in a dialect whose clients take the result of one read for one
    /// message; 20 ms by default.
    pub gap: Duration,
    /// The limits of the layer below.
    pub net: net::Limits,
}

impl Limits {
    /// Maximum of `nesting`, which is the limit of the JSON library.
    pub const NESTING_MOST: usize = 127;
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            frame: 8 * 1024,
            nesting: 32,
            gap: Duration::from_millis(20),
            net: net::Limits::default(),
        }
    }
}
