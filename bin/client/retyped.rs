//! The line of input that makes a request: to name a request that was not sent, or perhaps not.

use parse::{Request, Value};

use crate::catalogue::{Catalogue, Entry, WHISPER};
use crate::input::escaped;
use crate::protocol::{ACTION, MESSAGE, ROOM, TO, text_of};
use crate::rooms::shown;
use crate::wrapping::{cut, width};

/// The most columns of a message that the client names. The person knows their text, so this is enough to
/// recognize it.
const RECOGNIZABLE: usize = 60;

/// The beginning of a typed text, which is enough to recognize it.
pub(crate) fn beginning(typed: &str) -> String {
    let first = typed.lines().next().unwrap_or_default();
    let has_more = first.len() < typed.trim_end().len();
    cut(first, RECOGNIZABLE) + if has_more && width(first, 0) <= RECOGNIZABLE { "…" } else { "" }
}

impl Catalogue {
    /// The beginning of the line that a person types for this request.
    pub(crate) fn recognizable(&self, request: &Request) -> String {
        beginning(&self.retyped(request))
    }

    /// Why a message was not sent, and which one: on the person's screen it stands as if it had been.
    pub(crate) fn not_sent(&self, why: &str, message: &Request) -> String {
        let not = if why.ends_with(['.', '!', '?']) { " Not" } else { "; not" };
        format!("{why}{not} sent: {}", self.recognizable(message))
    }

    /// The line that a person types for this request, such as `/me sneezes`. Secrets are no part of it.
    pub(crate) fn retyped(&self, request: &Request) -> String {
        let text = text_of(request);
        if request.name != MESSAGE {
            return match self.find(&request.name) {
                Some(entry) => entry.retyped(request),
                None => format!("/{}", request.name),
            };
        }
        match request.arguments.optional_string(TO) {
            Ok(Some(to)) => format!("/{WHISPER} {to} {text}"),
            _ if request.arguments.get(ACTION) == Some(&Value::Bool(true)) => format!("/me {text}"),
            _ => escaped(text),
        }
    }
}

impl Entry {
    /// The command with the values of its arguments.
    fn retyped(&self, request: &Request) -> String {
        let typed = self.arguments.iter().filter(|argument| !argument.secret);
        let word = |name: &str| match request.arguments.get(name)? {
            Value::String(room) if name == ROOM => Some(shown(room)),
            Value::String(text) => Some(text.to_string()),
            Value::Bool(true) => Some(name.to_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let words = typed.filter_map(|argument| word(&argument.name));
        words.fold(format!("/{}", self.request), |line, word| format!("{line} {word}"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use parse::Dict;

    use super::*;
    use crate::catalogue::Secrets;
    use crate::input::{Input, parse};
    use crate::mistyped::Here;
    use crate::rooms::Rooms;

    fn retyped(line: &str, secrets: Secrets) -> String {
        let catalogue = Catalogue::built_in(secrets);
        let here = Here { names: &BTreeSet::new(), is_complete: true };
        match parse(line, &catalogue, &Rooms::default(), here) {
            Input::Ask(request) => catalogue.retyped(&request),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_request_is_named_as_it_was_typed() {
        for line in [
            "hello",
            "/me sneezes",
            "//etc is a folder",
            "/msg bob psst",
            "/kick bob",
            "/join #tea",
            "/history 2 7 #tea",
            "/shutdown all",
            "/ban bob 1h spam and more",
            "/rooms",
        ] {
            assert_eq!(retyped(line, Secrets::Asked), line);
        }
        assert_eq!(retyped("/join tea", Secrets::Asked), "/join #tea");
    }

    #[test]
    fn a_message_that_was_not_sent_is_named_by_its_beginning() {
        let catalogue = Catalogue::built_in(Secrets::Asked);
        let not_sent = |why: &str, text: &str| {
            catalogue.not_sent(why, &Request::new(MESSAGE, Dict::new().with(MESSAGE, text)))
        };
        assert_eq!(not_sent("Slow down!", "hello all"), "Slow down! Not sent: hello all");
        assert_eq!(not_sent("muted", "/fly"), "muted; not sent: //fly");
        assert_eq!(not_sent("muted", "one\ntwo"), "muted; not sent: one…");
        let long = "x".repeat(61);
        assert_eq!(not_sent("muted", &long), format!("muted; not sent: {}…", "x".repeat(59)));
        let lines = format!("{long}\n{long}");
        assert_eq!(not_sent("muted", &lines), not_sent("muted", &long));
    }

    #[test]
    fn a_secret_is_not_named() {
        assert_eq!(retyped("/login alice hunter22", Secrets::InLine), "/login alice");
        assert_eq!(retyped("/passwd hunter22 battery staple", Secrets::InLine), "/passwd");
    }
}
