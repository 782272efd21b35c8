//! The dialects of the server.

use std::time::Duration;

/// A dialect of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Json,
    Ktn14,
    Ktn15,
}

impl Dialect {
    pub(crate) const ALL: [Dialect; 3] = [Dialect::Json, Dialect::Ktn14, Dialect::Ktn15];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Dialect::Json => "json",
            Dialect::Ktn14 => "ktn14",
            Dialect::Ktn15 => "ktn15",
        }
    }

    /// Pause between two writes to the same client. Clients of the two courses take one read for
    /// one message.
    pub(crate) fn gap(self) -> Option<Duration> {
        match self {
            Dialect::Json => None,
            Dialect::Ktn14 | Dialect::Ktn15 => Some(Duration::from_millis(20)),
        }
    }
}
