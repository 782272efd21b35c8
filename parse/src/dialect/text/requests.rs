//! Requests in words.

use crate::dialect::spoken::{goodbye, text};
use crate::dialect::{Decoded, Interpreter};
use crate::{Dict, ParseError, Request, Response, Unreadable, is_word, strict};

/// The receiver that stands for all users.
const ALL: &str = "all";

/// A peer.
#[derive(Default)]
pub(super) struct Person {
    /// The name of the peer after its login.
    name: Option<String>,
    /// The name in a login without an answer so far. The peer may send a message right after the login,
    /// and by then it will be logged in.
    wanted: Option<String>,
    /// Whether the peer has said goodbye. Later input is ignored.
    gone: bool,
}

impl Person {
    /// Returns the receiver and the text of a message. `rest` is the line after `MSG` and one space.
    ///
    /// There are two forms: people type `TO TEXT`, and the client of the course sends `FROM TO TEXT`. A
    /// message has the second form if its first word is the name of the peer itself, and its second word
    /// ends at a space and [can be a name](is_word). Only the chat knows whether a user with that name
    /// exists. The name of the peer is the one of its last login, or of a login without an answer; names
    /// are compared without case.
    ///
    /// Words end at the first space. The text keeps all its spaces. It is empty if there is only a
    /// receiver.
    fn message<'a>(&self, rest: &'a str) -> (&'a str, &'a str) {
        let (first, text) = rest.split_once(' ').unwrap_or((rest, ""));
        let mut names = self.name.iter().chain(&self.wanted);
        let own = names.any(|name| name.eq_ignore_ascii_case(first));
        match text.split_once(' ') {
            Some((to, text)) if own && is_word(to) => (to, text),
            _ => (first, text),
        }
    }
}

/// Returns the arguments of `LOGIN` and `REGISTER`: `username`, and `password` unless it is missing or
/// empty. A password may contain spaces.
fn account(rest: &str) -> Dict {
    let (user, password) = rest.split_once(' ').unwrap_or((rest, ""));
    let arguments = Dict::new().with("username", user);
    if password.is_empty() { arguments } else { arguments.with("password", password) }
}

impl Interpreter for Person {
    /// Decodes a line. The word before its first space decides what the line means:
    ///
    /// | word | request | arguments | tag |
    /// |---|---|---|---|
    /// | `LOGIN` | `login` | those of an [`account`] | `true` |
    /// | `REGISTER` | `register` | those of an [`account`] | `true` |
    /// | `MSG` | `message` | `message`: the text; `to`: the receiver, except [`ALL`] in upper or lower case | the receiver |
    /// | `GETLIST` | `names` | none | `true` |
    /// | `quit` | none; the answer is a [`goodbye`] | | |
    ///
    /// A blank line is no request, and neither is a line after `quit`. The name in a `LOGIN` is
    /// remembered.
    ///
    /// # Errors
    /// If the line is not UTF-8, and for every other word. Words have to be in the case of the table.
    fn decode(&mut self, frame: &[u8]) -> Result<Decoded, Box<Unreadable>> {
        let line = strict::text(frame)?;
        if self.gone || line.trim().is_empty() {
            return Ok(Decoded::Nothing);
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let request = match word {
            "LOGIN" => {
                let account = account(rest);
                self.wanted = Some(text(&account, "username").to_owned());
                Request::new("login", account).tagged(true)
            }
            "REGISTER" => Request::new("register", account(rest)).tagged(true),
            "MSG" => {
                let (to, text) = self.message(rest);
                let mut arguments = Dict::new().with("message", text);
                if !to.eq_ignore_ascii_case(ALL) {
                    arguments.insert("to", to);
                }
                Request::new("message", arguments).tagged(to)
            }
            "GETLIST" => Request::new("names", Dict::new()).tagged(true),
            "quit" => {
                self.gone = true;
                return Ok(Decoded::Answered(goodbye()));
            }
            _ => return Err(ParseError::UnknownWord.into()),
        };
        Ok(Decoded::Asked(request))
    }

    /// Learns from the answer to a `login`. The peer has the `username` in the answer if the login
    /// succeeded, and keeps its earlier name, if any, if the login failed. The login now has an answer.
    fn answered(&mut self, response: &Response) {
        if response.name == "login" {
            self.wanted = None;
            if let Ok(body) = &response.outcome {
                self.name = Some(text(body, "username").to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Failure, Value};

    /// The meaning of a line. The arguments of a request are in alphabetical order.
    fn asked(person: &mut Person, line: &str) -> String {
        match person.decode(line.as_bytes()) {
            Ok(Decoded::Asked(request)) => {
                let arguments = request.arguments.iter();
                let mut words: Vec<String> =
                    arguments.map(|(key, value)| format!(" {key}={value}")).collect();
                words.sort();
                request.name + &words.concat()
            }
            Ok(Decoded::Answered(response)) => response.name.into_owned(),
            Ok(other) => format!("{other:?}"),
            Err(unreadable) => unreadable.error.to_string(),
        }
    }

    /// A peer that is logged in under this name.
    fn person(name: &str) -> Person {
        let mut person = Person::default();
        logs_in(&mut person, name);
        person
    }

    fn logs_in(person: &mut Person, name: &str) {
        person.answered(&Response::ok("login", Dict::new().with("username", name)));
    }

    fn is_refused(person: &mut Person) {
        person.answered(&Response::error("login", Failure::new("some-code", "No!")));
    }

    /// Whether the peer takes this name for its own.
    fn has_name(person: &mut Person, name: &str) -> bool {
        match asked(person, &format!("MSG {name} bob hello")) {
            message if message == r#"message message="hello" to="bob""# => true,
            message => {
                let want = format!(r#"message message="bob hello" to="{name}""#);
                assert_eq!(message, want);
                false
            }
        }
    }

    #[test]
    fn a_login_and_a_registration_have_a_name_and_perhaps_a_password() {
        for (line, want) in [
            ("REGISTER bob correct horse", r#"register password="correct horse" username="bob""#),
            ("REGISTER bob", r#"register username="bob""#),
            ("LOGIN bob secret", r#"login password="secret" username="bob""#),
            ("LOGIN bob", r#"login username="bob""#),
            ("LOGIN bob ", r#"login username="bob""#),
            ("LOGIN", r#"login username="""#),
        ] {
            assert_eq!(asked(&mut Person::default(), line), want, "{line:?}");
        }
    }

    #[test]
    fn a_message_has_a_receiver_and_a_text() {
        for (line, want) in [
            ("MSG bob hello there", r#"message message="hello there" to="bob""#),
            ("MSG bob  hello  there ", r#"message message=" hello  there " to="bob""#),
            ("MSG bob", r#"message message="" to="bob""#),
            ("MSG all hello there", r#"message message="hello there""#),
            ("MSG ALL hello", r#"message message="hello""#),
            ("MSG", r#"message message="" to="""#),
        ] {
            assert_eq!(asked(&mut Person::default(), line), want, "{line:?}");
        }
        assert_eq!(asked(&mut Person::default(), "GETLIST"), "names");
    }

    #[test]
    fn a_request_has_a_tag_and_that_of_a_message_is_the_receiver() {
        let mut alice = person("Alice");
        for (line, want) in [
            ("LOGIN bob", Value::from(true)),
            ("REGISTER bob secret", Value::from(true)),
            ("GETLIST", Value::from(true)),
            ("MSG bob hello", Value::from("bob")),
            ("MSG alice bob hello", Value::from("bob")),
            ("MSG all hello", Value::from("all")),
        ] {
            let Ok(Decoded::Asked(request)) = alice.decode(line.as_bytes()) else {
                panic!("{line:?} is a request");
            };
            assert_eq!(request.tag, Some(want), "{line:?}");
        }
    }

    #[test]
    fn a_blank_line_is_nothing_and_an_unknown_word_is_an_error() {
        let mut person = Person::default();
        for line in ["", " ", "  "] {
            assert_eq!(asked(&mut person, line), "Nothing", "{line:?}");
        }
        for line in ["login bob", "DANCE", "Quit", "LOGINbob", " GETLIST"] {
            assert_eq!(asked(&mut person, line), "Unknown request!", "{line:?}");
        }
        let unreadable = person.decode(b"MSG all caf\xc3").unwrap_err();
        assert_eq!(unreadable.error, ParseError::NotUtf8 { at: 11 });
    }

    #[test]
    fn both_forms_of_a_message_are_decoded() {
        for (line, want) in [
            ("MSG bob hello", r#"message message="hello" to="bob""#),
            ("MSG bob alice is here", r#"message message="alice is here" to="bob""#),
            ("MSG alice bob hello  there", r#"message message="hello  there" to="bob""#),
            ("MSG ALICE all hello", r#"message message="hello""#),
            ("MSG alice alice note", r#"message message="note" to="alice""#),
            ("MSG alice note", r#"message message="note" to="alice""#),
            ("MSG alice milk, bread", r#"message message="milk, bread" to="alice""#),
        ] {
            assert_eq!(asked(&mut person("Alice"), line), want, "{line:?}");
        }
        let mut stranger = Person::default();
        assert!(!has_name(&mut stranger, "alice"), "the peer is not logged in");
    }

    #[test]
    fn the_name_in_a_login_counts_until_its_answer() {
        let mut person = Person::default();
        asked(&mut person, "LOGIN alice");
        assert!(has_name(&mut person, "alice"), "before the answer to the login");
        person.answered(&Response::ok("names", Dict::new()));
        assert!(has_name(&mut person, "alice"), "before the answer to the login");
        is_refused(&mut person);
        assert!(!has_name(&mut person, "alice"), "after a refusal");
        asked(&mut person, "REGISTER alice secret");
        assert!(!has_name(&mut person, "alice"), "a registration is no login");
    }

    #[test]
    fn the_name_is_that_of_the_last_successful_login() {
        let mut person = Person::default();
        logs_in(&mut person, "Alice");
        assert!(has_name(&mut person, "alice"));
        asked(&mut person, "LOGIN bob");
        assert!(has_name(&mut person, "alice") && has_name(&mut person, "bob"));
        is_refused(&mut person);
        assert!(has_name(&mut person, "alice") && !has_name(&mut person, "bob"));
        person.answered(&Response::ok("register", Dict::new().with("username", "carol")));
        assert!(has_name(&mut person, "alice") && !has_name(&mut person, "carol"));
        logs_in(&mut person, "Bob");
        assert!(!has_name(&mut person, "alice") && has_name(&mut person, "bob"));
    }

    #[test]
    fn input_after_quit_is_ignored() {
        let mut person = Person::default();
        assert_eq!(asked(&mut person, "quit"), "goodbye");
        assert_eq!(asked(&mut person, "MSG all wait"), "Nothing");
        assert_eq!(asked(&mut person, "quit"), "Nothing");
    }
}
