//! Whether the person is an administrator: others do not see the commands of administrators in `/help`.

use parse::{DictError, Failure};

/// What the client knows about the rank of the person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Rank {
    /// The server was not asked, or did not answer.
    #[default]
    Unknown,
    Administrator,
    Other,
}

impl Rank {
    /// The rank of a person to whom the server gave this refusal of the probe. The server checks the
    /// rank before it checks the arguments.
    pub(crate) fn from_refusal(refusal: &Failure) -> Rank {
        let missing = DictError::Missing { key: "who".into() };
        if refusal.code == missing.code() { Rank::Administrator } else { Rank::Other }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probe_misses_an_argument_for_administrators_only() {
        let rank = |code: &'static str| Rank::from_refusal(&Failure::new(code, "No."));
        assert_eq!(rank("missing-argument"), Rank::Administrator);
        assert_eq!(rank("not-allowed"), Rank::Other);
        assert_eq!(rank("not-logged-in"), Rank::Other);
    }
}
