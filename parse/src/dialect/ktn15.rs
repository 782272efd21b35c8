//! The dialect of the same course since 2015: a request with its content, and answers that all have the
//! same four keys.
//!
//! As in 2014, clients take the result of one read for one message. Servers of the course wrote a
//! `history` in different ways, and so clients read it in different ways. By default they get the
//! messages of the history like new ones.

pub(super) mod requests;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use net::FramingError;
use net::framing::Framing;

use super::spoken::{SERVER, Said, in_one_read, joined, past, sentence, text, texts};
use super::values::Values;
use super::{Choice, Dialect, Encoded, Entry, Interpreter};
use crate::{Dict, Limits, ParseError, Response, Value};

pub(super) const ENTRY: Entry = Entry {
    name: "ktn15",
    summary: "the same course since 2015: JSON values, a request and its content",
    choices: &[Choice {
        name: "history",
        values: &["messages", "objects", "strings"],
        summary: "the form of the history",
    }],
    make: |limits, choices| {
        let past = match choices.get("history") {
            Some("objects") => Past::Objects,
            Some("strings") => Past::Strings,
            _ => Past::Messages,
        };
        Arc::new(Ktn15::new(limits, past))
    },
};

/// The answer to `help`.
const HELP: &str = "login NAME: take a name and come in. logout: give it back. \
                    msg TEXT: say something to everybody. names: who is here. \
                    history: what was said before. help: this.";

/// The form of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Past {
    /// Messages like new ones.
    #[default]
    Messages,
    /// A list of objects.
    Objects,
    /// A list of strings that contain objects.
    Strings,
}

/// The `ktn15` dialect.
#[derive(Debug, Clone, Copy)]
pub struct Ktn15 {
    frame: usize,
    nesting: usize,
    gap: Duration,
    past: Past,
    /// The clock for lines of the server, because responses of the chat have no time.
    clock: fn() -> Timestamp,
}

impl Ktn15 {
    /// Creates the dialect with these limits.
    pub fn new(limits: &Limits, past: Past) -> Ktn15 {
        let Limits { frame, nesting, gap, .. } = *limits;
        Ktn15 { frame, nesting, gap, past, clock: Timestamp::now }
    }

    /// Creates a line of the server.
    fn say(&self, response: &str, content: impl Into<Value>) -> Dict {
        told(&format!("{:.3}", (self.clock)()), SERVER, response, content)
    }

    /// Encodes the history in the chosen form.
    fn past(&self, body: &Dict) -> Vec<Dict> {
        let said: Vec<Dict> = past(body).iter().map(message).collect();
        let history = |part: &[Dict]| {
            let list: Value = match self.past {
                Past::Strings => part.iter().map(ToString::to_string).collect(),
                Past::Objects | Past::Messages => part.iter().cloned().collect(),
            };
            self.say("history", list)
        };
        if self.past == Past::Messages {
            return said;
        }
        let (mut past, mut rest) = (Vec::new(), said.as_slice());
        while let [first, after @ ..] = rest {
            let (part, others) = rest.split_at(in_one_read(rest, history));
            // A message that is too long for a history is sent alone, which is shorter.
            let too_long = part.is_empty();
            past.push(if too_long { first.clone() } else { history(part) });
            rest = if too_long { after } else { others };
        }
        past
    }

    fn done(&self, name: &str, body: &Dict) -> Vec<Dict> {
        let info = |content: String| vec![self.say("info", content)];
        match name {
            "message" => vec![message(body)],
            "login" => {
                let mut said = info(format!("Logged in as {}.", text(body, "username")));
                said.extend(self.past(body));
                said
            }
            "logout" => info("Logged out.".to_owned()),
            "names" => {
                let names = joined(&texts(body, "names"), ", ");
                names.into_iter().map(|names| self.say("info", names)).collect()
            }
            "help" => info(HELP.to_owned()),
            "history" => match self.past(body) {
                none if none.is_empty() => info("Nothing was said yet.".to_owned()),
                past if body.get("more") == Some(&Value::from(true)) => {
                    // This dialect has no request for earlier pages.
                    let mut said = info("More was said than is shown here.".to_owned());
                    said.extend(past);
                    said
                }
                past => past,
            },
            _ => info(sentence(name, body)),
        }
    }
}

/// Creates an answer with its four keys.
fn told(timestamp: &str, sender: &str, response: &str, content: impl Into<Value>) -> Dict {
    let dict = Dict::new().with("timestamp", timestamp).with("sender", sender);
    dict.with("response", response).with("content", content)
}

/// Encodes a message.
fn message(body: &Dict) -> Dict {
    let said = Said(body);
    told(said.at(), said.by(), "message", said.words(false))
}

impl Dialect for Ktn15 {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn framing(&self) -> Arc<dyn Framing> {
        Arc::new(Values::new(self.frame))
    }

    fn gap(&self) -> Option<Duration> {
        Some(self.gap)
    }

    fn unframed(&self, error: FramingError) -> ParseError {
        ParseError::UnframedObject(error)
    }

    fn interpreter(&self) -> Box<dyn Interpreter> {
        // It has no state.
        Box::new(*self)
    }

    fn encode(&self, response: &Response) -> Encoded {
        let dicts = match &response.outcome {
            Ok(body) => self.done(&response.name, body),
            Err(failure) => vec![self.say("error", failure.text.as_str())],
        };
        Encoded::frames(dicts.iter().map(Dict::to_bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Failure;
    use crate::dialect::spoken::READ;

    const NOW: &str = "1970-01-01T00:00:00.000Z";

    fn ktn15(past: Past) -> Ktn15 {
        Ktn15 { clock: || Timestamp::UNIX_EPOCH, ..Ktn15::new(&Limits::default(), past) }
    }

    fn frames(past: Past, response: &Response) -> Vec<String> {
        let frames = ktn15(past).encode(response).frames.into_iter();
        frames.map(|frame| String::from_utf8(frame).unwrap()).collect()
    }

    fn info(content: &str) -> String {
        format!(
            r#"{{"timestamp":"{NOW}","sender":"server","response":"info","content":"{content}"}}"#
        )
    }

    fn said(text: &str) -> Dict {
        let dict = Dict::new().with("id", 1).with("username", "bob").with("message", text);
        dict.with("timestamp", "2015-03-28T13:15:29.123Z")
    }

    fn login(messages: Vec<Value>) -> Response {
        Response::ok("login", Dict::new().with("username", "eve").with("messages", messages))
    }

    #[test]
    fn answers_have_the_same_four_keys_and_none_is_null() {
        let person = Dict::new().with("username", "bob").with("online", 2);
        let names = Dict::new().with("names", vec!["alice", "bob"]);
        for (response, want) in [
            (Response::ok("names", names), info("alice, bob")),
            (Response::ok("logout", person.clone()), info("Logged out.")),
            (Response::ok("help", Dict::new().with("help", 1)), info(HELP)),
            (Response::ok("join", person.clone()), info("bob joined (2 online)")),
            (Response::ok("leave", person), info("bob left (2 online)")),
            (
                Response::error("login", Failure::new("name-taken", "Name already taken!")),
                info("Name already taken!").replace("info", "error"),
            ),
        ] {
            assert_eq!(frames(Past::Messages, &response), [want]);
        }
        let whisper = Response::ok("message", said("hi").with("to", "eve"));
        let want = r#"{"timestamp":"2015-03-28T13:15:29.123Z","sender":"bob","response":"message","content":"(to you) hi"}"#;
        assert_eq!(frames(Past::Messages, &whisper), [want]);
    }

    #[test]
    fn the_history_has_the_chosen_form() {
        let entered = info("Logged in as eve.");
        let bob = r#"{"timestamp":"2015-03-28T13:15:29.123Z","sender":"bob","response":"message","content":"hi"}"#;
        let list = |inside: &str| {
            format!(
                r#"{{"timestamp":"{NOW}","sender":"server","response":"history","content":[{inside}]}}"#
            )
        };
        let string = format!("\"{}\"", bob.replace('"', "\\\""));
        for (past, want) in [
            (Past::Messages, bob.to_owned()),
            (Past::Objects, list(bob)),
            (Past::Strings, list(&string)),
        ] {
            let one = login(vec![said("hi").into()]);
            assert_eq!(frames(past, &one), [entered.clone(), want], "{past:?}");
            assert_eq!(frames(past, &login(vec![])), [entered.as_str()], "{past:?}");
            let history =
                Response::ok("history", Dict::new().with("messages", Vec::<Value>::new()));
            assert_eq!(frames(past, &history), [info("Nothing was said yet.")]);
        }
    }

    #[test]
    fn every_answer_that_can_be_split_fits_into_one_read() {
        let many: Vec<Value> = (0..50).map(|n| said(&format!("no {n}.")).into()).collect();
        for past in [Past::Objects, Past::Strings] {
            let told = frames(past, &login(many.clone()));
            assert!(told.iter().all(|frame| frame.len() <= READ), "{past:?}");
            let all = told.concat();
            assert!((0..50).all(|n| all.contains(&format!("no {n}."))), "{past:?}");
        }
        let names: Vec<String> = (0..200).map(|n| format!("somebody_{n}")).collect();
        let told = frames(Past::Messages, &Response::ok("names", Dict::new().with("names", names)));
        assert!(told.len() > 1 && told.iter().all(|frame| frame.len() <= READ));
    }
}
