//! Requests in words.

use crate::dialect::spoken::{GOODBYE, text};
use crate::dialect::{Decoded, Interpreter};
use crate::{Dict, ParseError, Request, Response, Unreadable, Value, is_word, strict};

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
    /// Returns the receiver and the text of a message, in the typed form or in the form of the course's
    /// client.
    fn message<'a>(&self, rest: &'a str) -> (&'a str, &'a str) {
        let (first, text) = rest.split_once(' ').unwrap_or((rest, ""));
        let mut names = self.name.iter().chain(&self.wanted);
        let own = names.any(|name| name.eq_ignore_ascii_case(first));
        // Only the chat knows whether a user with the second name exists.
        match text.split_once(' ') {
            Some((to, text)) if own && is_word(to) => (to, text),
            _ => (first, text),
        }
    }
}

impl Interpreter for Person {
    fn decode(&mut self, frame: &[u8]) -> Result<Decoded, Box<Unreadable>> {
        let line = strict::text(frame)?;
        if self.gone || line.trim().is_empty() {
            return Ok(Decoded::Nothing);
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (name, arguments, tag) = match word {
            "LOGIN" | "REGISTER" => {
                let (user, password) = match rest.split_once(' ') {
                    Some((user, password)) => (user, Some(password)),
                    None => (rest, None),
                };
                let mut arguments = Dict::new().with("username", user);
                if let Some(password) = password.filter(|password| !password.is_empty()) {
                    arguments.insert("password", password);
                }
                let login = word == "LOGIN";
                if login {
                    self.wanted = Some(user.to_owned());
                }
                (if login { "login" } else { "register" }, arguments, Value::from(true))
            }
            "MSG" => {
                let (to, text) = self.message(rest);
                let message = Dict::new().with("message", text);
                let lobby = to.eq_ignore_ascii_case(ALL);
                let arguments = if lobby { message } else { message.with("to", to) };
                ("message", arguments, Value::from(to))
            }
            "GETLIST" => ("names", Dict::new(), Value::from(true)),
            "quit" => {
                self.gone = true;
                return Ok(Decoded::Answered(Response::ok(GOODBYE, Dict::new())));
            }
            _ => return Err(ParseError::UnknownWord.into()),
        };
        Ok(Decoded::Asked(Request::new(name, arguments).tagged(tag)))
    }

    fn answered(&mut self, response: &Response) {
        if response.name == "login" {
            self.wanted = None;
            let body = response.outcome.as_ref().ok();
            let name = body.map(|body| text(body, "username").to_owned());
            self.name = name.or(self.name.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Failure;

    fn asked(person: &mut Person, line: &str) -> String {
        match person.decode(line.as_bytes()) {
            Ok(Decoded::Asked(request)) => format!("{} {}", request.name, request.arguments),
            Ok(Decoded::Answered(response)) => response.name.into_owned(),
            Ok(other) => format!("{other:?}"),
            Err(unreadable) => unreadable.error.to_string(),
        }
    }

    fn alice() -> Person {
        Person { name: Some("Alice".to_owned()), ..Person::default() }
    }

    #[test]
    fn words_are_requests() {
        for (line, want) in [
            (
                "REGISTER bob correct horse",
                r#"register {"username":"bob","password":"correct horse"}"#,
            ),
            ("REGISTER bob", r#"register {"username":"bob"}"#),
            ("LOGIN bob secret", r#"login {"username":"bob","password":"secret"}"#),
            ("LOGIN bob", r#"login {"username":"bob"}"#),
            ("LOGIN", r#"login {"username":""}"#),
            ("GETLIST", "names {}"),
            ("MSG all hello there", r#"message {"message":"hello there"}"#),
            ("login bob", "Unknown request!"),
            ("", "Nothing"),
            ("  ", "Nothing"),
        ] {
            assert_eq!(asked(&mut Person::default(), line), want, "{line:?}");
        }
    }

    #[test]
    fn both_forms_of_a_message_are_decoded() {
        for (line, want) in [
            ("MSG bob hello", r#"message {"message":"hello","to":"bob"}"#),
            ("MSG bob alice is here", r#"message {"message":"alice is here","to":"bob"}"#),
            ("MSG alice bob hello  there", r#"message {"message":"hello  there","to":"bob"}"#),
            ("MSG ALICE all hello", r#"message {"message":"hello"}"#),
            ("MSG alice alice note", r#"message {"message":"note","to":"alice"}"#),
            ("MSG alice note", r#"message {"message":"note","to":"alice"}"#),
            ("MSG alice milk, bread", r#"message {"message":"milk, bread","to":"alice"}"#),
            ("MSG bob", r#"message {"message":"","to":"bob"}"#),
        ] {
            assert_eq!(asked(&mut alice(), line), want, "{line:?}");
        }
        let stranger = asked(&mut Person::default(), "MSG alice bob hello");
        assert_eq!(stranger, r#"message {"message":"bob hello","to":"alice"}"#);
        let mut early = Person::default();
        asked(&mut early, "LOGIN alice");
        let message = asked(&mut early, "MSG alice bob hello");
        assert_eq!(
            message, r#"message {"message":"hello","to":"bob"}"#,
            "before the answer to the login"
        );
    }

    #[test]
    fn the_name_is_that_of_the_last_successful_login() {
        let mut person = Person::default();
        let failed = Response::error("login", Failure::new("some-code", "No!"));
        person.answered(&failed);
        assert_eq!(person.name, None);
        person.answered(&Response::ok("login", Dict::new().with("username", "Alice")));
        person.answered(&failed);
        assert_eq!(person.name.as_deref(), Some("Alice"));
    }

    #[test]
    fn input_after_quit_is_ignored() {
        let mut person = alice();
        assert_eq!(asked(&mut person, "quit"), "goodbye");
        assert_eq!(asked(&mut person, "MSG all wait"), "Nothing");
    }
}
