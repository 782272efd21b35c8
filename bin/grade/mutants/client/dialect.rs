//! The dialects of the client.

/// A dialect of the client.
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
}
