//! The limits that a server tells.

use parse::Dict;

/// The limits in a server's answer to `help`. `None` is a limit that the server does not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ServerLimits {
    /// The most bytes of a text.
    pub(crate) text: Option<u64>,
    /// The most characters of a name.
    pub(crate) name: Option<u64>,
    /// The most messages in one answer to `history`.
    pub(crate) history: Option<u64>,
}

impl ServerLimits {
    /// Reads them; what has another form is not told.
    pub(crate) fn from_help(answer: &Dict) -> ServerLimits {
        let limits = answer.get("limits").and_then(|limits| limits.as_object());
        let limit = |key| limits.and_then(|limits| limits.get(key)?.as_u64());
        ServerLimits { text: limit("text"), name: limit("name"), history: limit("history") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_is_no_number_is_not_told() {
        let limits = Dict::new().with("text", 77).with("name", "many").with("history", -1);
        let told = ServerLimits::from_help(&Dict::new().with("limits", limits));
        assert_eq!(told, ServerLimits { text: Some(77), ..ServerLimits::default() });
        let other = Dict::new().with("limits", 3);
        assert_eq!(ServerLimits::from_help(&other), ServerLimits::default());
    }
}
