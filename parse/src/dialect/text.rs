//! The dialect of a course whose requests are words: `LOGIN alice secret`, `MSG bob hello`.
//!
//! The client of the course sends the typed line without a newline. So a request ends at a newline or
//! with its read. The client also inserts the name of its user between `MSG` and the receiver, so the
//! server must understand both forms of `MSG`. Each line of the server is a separate write.

mod requests;

use std::sync::Arc;
use std::time::Duration;

use net::framing::{Chunks, Framing};

use super::spoken::{
    GOODBYE, NO_SUCH_USER, SERVER, Said, answer, is_own, joined, news, on_one_line, past, texts,
};
use super::{Dialect, Encoded, Entry, Interpreter, spoken};
use crate::{Dict, Failure, Limits, ParseError, Response, Value};

use requests::Person;

pub(super) const ENTRY: Entry = Entry {
    name: "text",
    summary: "words: REGISTER, LOGIN, MSG, GETLIST, quit",
    choices: &[],
    make: |limits, _| Arc::new(Text::new(limits)),
};

/// The `text` dialect.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    frame: usize,
    gap: Duration,
}

impl Text {
    /// Creates the dialect with these limits.
    pub fn new(limits: &Limits) -> Text {
        Text { frame: limits.frame, gap: limits.gap }
    }
}

impl Dialect for Text {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn framing(&self) -> Arc<dyn Framing> {
        Arc::new(Chunks::new(self.frame))
    }

    fn gap(&self) -> Option<Duration> {
        Some(self.gap)
    }

    fn interpreter(&self) -> Box<dyn Interpreter> {
        Box::new(Person::default())
    }

    fn encode(&self, response: &Response) -> Encoded {
        if response.name == GOODBYE {
            return Encoded::default().then_close();
        }
        let lines = match &response.outcome {
            // The message of the peer itself, unless it is a whisper to itself.
            Ok(body) if is_own(response) && response.name == "message" && !is_to_oneself(body) => {
                vec![]
            }
            Ok(body) => done(&response.name, body),
            Err(failure) => vec![failed(response, failure)],
        };
        Encoded::frames(lines.into_iter().map(|line| line + "\n"))
    }
}

fn done(name: &str, body: &Dict) -> Vec<String> {
    let say = |body: &Dict| {
        let said = Said(body);
        format!("{} say: {}", said.by(), said.text())
    };
    match name {
        "message" => vec![say(body)],
        "login" => {
            let welcome = format!("{} LOGIN SUCCESSFUL", spoken::text(body, "username"));
            std::iter::once(welcome).chain(past(body).iter().map(say)).collect()
        }
        "register" => vec!["REGISTER SUCCESSFUL".to_owned()],
        // One write for all names, so that one read contains them, if they fit.
        "names" => joined(&texts(body, "names"), "\n"),
        _ => {
            let news = news(name, body).unwrap_or_else(|| answer(name, body));
            vec![format!("{SERVER} say: {news}")]
        }
    }
}

/// Returns whether the sender of a whisper is its receiver.
fn is_to_oneself(body: &Dict) -> bool {
    body.string("to").is_ok_and(|to| to.eq_ignore_ascii_case(Said(body).by()))
}

fn failed(response: &Response, failure: &Failure) -> String {
    let receiver = response.tag.as_ref().and_then(Value::as_str);
    match (response.name.as_ref(), &*failure.code, receiver) {
        ("login", ..) => "LOGIN FAILED".to_owned(),
        ("register", ..) => format!("REGISTER FAILED: {failure}"),
        ("message", NO_SUCH_USER, Some(receiver)) => {
            format!("{} IS NOT ONLINE", on_one_line(receiver))
        }
        (_, ParseError::UNKNOWN_REQUEST, _) => "SERVER RESPONSE: Don't know the command".to_owned(),
        _ => format!("SERVER RESPONSE: {failure}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(response: &Response) -> Vec<String> {
        let frames = Text::new(&Limits::default()).encode(response).frames.into_iter();
        frames.map(|frame| String::from_utf8(frame).unwrap()).collect()
    }

    fn failure(text: &str) -> Failure {
        Failure::new("some-code", text)
    }

    #[test]
    fn answers_are_lines() {
        let bob = Dict::new().with("username", "bob").with("message", "hi");
        let login =
            Dict::new().with("username", "eve").with("messages", vec![Value::from(bob.clone())]);
        let names = Dict::new().with("names", vec!["bob", "eve"]);
        let own = Value::from("bob");
        for (response, want) in [
            (Response::ok("login", login), &["eve LOGIN SUCCESSFUL\n", "bob say: hi\n"][..]),
            (Response::error("login", failure("Wrong password!")), &["LOGIN FAILED\n"]),
            (Response::ok("register", Dict::new()), &["REGISTER SUCCESSFUL\n"]),
            (
                Response::error("register", failure("Name already taken!")),
                &["REGISTER FAILED: Name already taken!\n"],
            ),
            (Response::ok("message", bob.clone()), &["bob say: hi\n"]),
            (Response::ok("message", bob.clone().with("to", "eve")), &["bob say: hi\n"]),
            (Response::ok("message", bob.clone()).tagged(Some(own.clone())), &[]),
            (
                Response::ok("message", bob.clone().with("to", "Bob")).tagged(Some(own.clone())),
                &["bob say: hi\n"],
            ),
            (
                Response::error("message", Failure::new(NO_SUCH_USER, "No such user!"))
                    .tagged(Some(own)),
                &["bob IS NOT ONLINE\n"],
            ),
            (Response::ok("names", names), &["bob\neve\n"]),
            (
                Response::error("error", ParseError::UnknownWord),
                &["SERVER RESPONSE: Don't know the command\n"],
            ),
            (
                Response::error("error", ParseError::NotUtf8 { at: 1 }),
                &["SERVER RESPONSE: bad UTF-8 at byte 1\n"],
            ),
            (Response::ok("join", bob.with("online", 2)), &["server say: bob joined (2 online)\n"]),
        ] {
            assert_eq!(lines(&response), want);
        }
    }

    #[test]
    fn a_goodbye_closes_the_connection() {
        let goodbye = Response::ok(GOODBYE, Dict::new());
        assert!(Text::new(&Limits::default()).encode(&goodbye).close_after.is_some());
    }
}
