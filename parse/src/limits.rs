//! The bounds within which a peer can make the server work.

use std::time::Duration;

/// Bounds per connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes a frame may have; 8 KiB by default.
    pub frame: usize,
    /// How deep a request may be nested, itself being depth 1; 32 by default.
    pub nesting: usize,
    /// How long lies between two messages to a peer whose dialect wants each in a read of its own;
    /// 20 ms by default.
    pub gap: Duration,
    /// The bounds of the layer below.
    pub net: net::Limits,
}

impl Limits {
    /// The most that `nesting` can be: what the JSON library reads.
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
