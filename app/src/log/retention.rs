//! How much of what was said is kept, and for how long.

use std::time::Duration;

use crate::Timestamp;

/// What is kept; nothing bounds it by default. What is no message (accounts, bans, the audit)
/// is always kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// The most messages, all rooms together.
    pub count: Option<usize>,
    /// How long a message is kept.
    pub age: Option<Duration>,
}

impl Retention {
    /// The moment before which nothing is kept, seen from `now`.
    pub fn since(self, now: Timestamp) -> Option<Timestamp> {
        now.checked_sub(self.age?).ok()
    }

    /// Whether what was said then is too old now.
    pub fn is_over(self, said: Timestamp, now: Timestamp) -> bool {
        self.since(now).is_some_and(|since| said < since)
    }
}
