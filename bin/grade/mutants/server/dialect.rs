//! The three dialects that the server can be started in, and how each of them says a thing.

use std::time::Duration;

/// What is spoken.
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

    /// How long to wait between two writes to the same client: those of the two courses take what
    /// one read returns for one message.
    pub(crate) fn gap(self) -> Option<Duration> {
        match self {
            Dialect::Json => None,
            Dialect::Ktn14 | Dialect::Ktn15 => Some(Duration::from_millis(20)),
        }
    }
}
