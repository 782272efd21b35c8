//! The bounds of a chat.

use std::time::Duration;

use crate::PageSize;

/// Bounds on who comes in, on what is said, by how much, and on what an answer may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes a text may have; 4 KiB by default.
    pub text: usize,
    /// The most characters a name may have; 32 by default.
    pub name: usize,
    /// How much of what was said before comes with a login; 50 messages by default.
    pub backlog: PageSize,
    /// The most that one answer to `history` holds; 100 messages by default.
    pub history: PageSize,
    /// How long a peer may stay without a login; `None` is for ever. 60 s by default.
    pub login: Option<Duration>,
    /// How many unreadable frames in a row end a connection; 10 by default.
    pub unreadable: u32,
    /// Whether names without an account can be had; they can by default.
    pub guests: bool,
    /// Whether anybody can make an account; so it is by default.
    pub register: bool,
}

impl Default for Limits {
    fn default() -> Limits {
        // A page stays far below the high-water mark of an outbox (128 KiB), so that asking for
        // one can never look like not reading.
        let bytes = 32 * 1024;
        Limits {
            text: 4 * 1024,
            name: 32,
            backlog: PageSize { messages: 50, bytes },
            history: PageSize { messages: 100, bytes },
            login: Some(Duration::from_secs(60)),
            unreadable: 10,
            guests: true,
            register: true,
        }
    }
}
