//! The limits that a server tells.

use parse::{Dict, Request};

use crate::protocol::{MESSAGE, text_of};

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

    /// Why the server would refuse this message for its length; `None` if it would not, or tells no limit.
    pub(crate) fn refuses(self, request: &Request) -> Option<String> {
        let most = self.text.filter(|_| request.name == MESSAGE)?;
        (text_of(request).len() as u64 > most).then(|| self.too_long(request))
    }

    /// Says that this message is too long.
    pub(crate) fn too_long(self, message: &Request) -> String {
        let count = text_of(message).len();
        format!("the message is too long: {}", too_many(count, "bytes", self.text))
    }
}

/// Says that something has more of these units than the server takes.
pub(crate) fn too_many(count: usize, units: &str, most: Option<u64>) -> String {
    match most {
        Some(most) => format!("it has {count} {units}, and here {most} are the most"),
        None => format!("{count} {units} are too many here"),
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

    #[test]
    fn a_message_is_too_long_for_a_server_that_tells_its_limit() {
        let limits = ServerLimits { text: Some(4), ..ServerLimits::default() };
        let of =
            |name: &str, text: &str| Request::new(name.to_owned(), Dict::new().with(MESSAGE, text));
        let why = "the message is too long: it has 6 bytes, and here 4 are the most";
        assert_eq!(limits.refuses(&of(MESSAGE, "\u{e9}\u{e9}\u{e9}")).as_deref(), Some(why));
        assert_eq!(limits.refuses(&of(MESSAGE, "four")), None);
        assert_eq!(limits.refuses(&of("poke", "longer")), None);
        assert_eq!(ServerLimits::default().refuses(&of(MESSAGE, "longer")), None);
    }
}
