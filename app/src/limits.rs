//! The limits of a chat.

use std::time::Duration;

use crate::PageSize;

/// Limits on logins, on messages and on answers.
///
/// ```
/// use app::Limits;
///
/// let limits = Limits { guests: false, ..Limits::default() };
/// assert_eq!(limits.name, 32);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes in a text. 4 KiB by default.
    pub text: usize,
    /// The most characters in a name. 32 by default.
    pub name: usize,
    /// The earlier messages that the answer to a login contains. At most 50 by default.
    pub backlog: PageSize,
    /// The messages that one answer to `history` contains. At most 100 by default.
    pub history: PageSize,
    /// Time in which a peer has to log in; `None` means no limit. 60 s by default.
    pub login: Option<Duration>,
    /// The number of unreadable frames in a row that closes a connection. 10 by default.
    pub unreadable: u32,
    /// Whether a peer may use a name without an account. True by default.
    pub guests: bool,
    /// Whether any peer may make an account. True by default.
    pub register: bool,
}

impl Default for Limits {
    fn default() -> Limits {
        // A page stays far below the high-water mark of an outbox (128 KiB), so that a peer that
        // asks for one never looks like a peer that does not read.
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
