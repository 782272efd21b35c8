//! The dialect of a course that frames by length: a name first, then messages.
//!
//! Every frame begins with a header of ten bytes that gives its length. The first frame of a client
//! is its name, each one after that a message. What it hears comes in pairs of frames, a name and a
//! text. It hears nothing of what it says itself, and has no words for anything else: what happens is
//! told in the name of `server`.

use std::sync::Arc;

use net::framing::{Framing, LengthHeader};

use super::{Dialect, Entry, Interpreter, Speech};
use crate::{Dict, Limits, ParseError, Request, Response, Unreadable, Value};

pub(super) const ENTRY: Entry = Entry {
    name: "header",
    summary: "a name, then messages, each after ten bytes that give its length",
    make: |limits| Arc::new(Header::new(limits)),
};

/// How an error begins that is about bytes and not about what they ask for.
const NOT_JSON: &str = "Not a JSON object: ";
/// In whose name the server speaks.
const SERVER: &str = "server";

/// The `header` dialect.
#[derive(Debug, Clone, Copy)]
pub struct Header {
    frame: usize,
}

impl Header {
    /// The dialect within these limits.
    pub fn new(limits: &Limits) -> Header {
        Header { frame: limits.frame }
    }
}

impl Dialect for Header {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn framing(&self) -> Arc<dyn Framing> {
        Arc::new(LengthHeader::new(self.frame))
    }

    fn interpreter(&self) -> Box<dyn Interpreter> {
        Box::new(Person { named: false })
    }

    fn encode(&self, response: &Response) -> Speech {
        let pairs = match &response.outcome {
            Ok(body) => said(&response.name, body, response.tag.is_some()),
            // Nothing here is meant to be JSON.
            Err(error) => {
                let error = error.strip_prefix(NOT_JSON).unwrap_or(error);
                vec![(SERVER.to_owned(), error.to_owned())]
            }
        };
        let frames =
            pairs.into_iter().flat_map(|(name, text)| [name, text].map(String::into_bytes));
        // Its name is the first thing that it says, and it cannot say another one.
        let last = response.name == "login" && response.outcome.is_err();
        Speech { frames: frames.collect(), last }
    }
}

/// Who says what, in pairs.
fn said(name: &str, body: &Dict, own: bool) -> Vec<(String, String)> {
    let text = |key: &str| body.string(key).unwrap_or_default().to_owned();
    let server = |said: String| vec![(SERVER.to_owned(), said)];
    let online = body.whole_number("online").unwrap_or_default();
    match name {
        // What it said itself.
        "message" if own => vec![],
        "message" if body.contains("to") => {
            vec![(text("username"), format!("(to you) {}", text("message")))]
        }
        "message" => vec![(text("username"), text("message"))],
        "login" => {
            let backlog = body.dicts("messages").unwrap_or_default();
            let said = |message: &Dict| {
                let text = |key: &str| message.string(key).unwrap_or_default().to_owned();
                (text("username"), text("message"))
            };
            backlog.iter().map(said).collect()
        }
        "join" => server(format!("{} joined ({online} online)", text("username"))),
        "leave" => server(format!("{} left ({online} online)", text("username"))),
        "removed" => server("A message was taken back.".to_owned()),
        "notice" => server(text("message")),
        other => server(format!("{other}: {}", Value::from(body.clone()))),
    }
}

/// Somebody who speaks it.
struct Person {
    /// It has said its name.
    named: bool,
}

impl Interpreter for Person {
    fn decode(&mut self, frame: &[u8]) -> Result<Option<Request>, Box<Unreadable>> {
        let text = std::str::from_utf8(frame)
            .map_err(|error| ParseError::NotUtf8 { at: error.valid_up_to() })?;
        let (name, key) = if self.named { ("message", "message") } else { ("login", "username") };
        self.named = true;
        // The tag comes back with its own copy alone, and that is not shown to it.
        Ok(Some(Request::new(name, Dict::new().with(key, text)).tagged(true)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(response: &Response) -> (Vec<String>, bool) {
        let Speech { frames, last } = Header::new(&Limits::default()).encode(response);
        (frames.into_iter().map(|frame| String::from_utf8(frame).unwrap()).collect(), last)
    }

    fn message() -> Dict {
        Dict::new().with("id", 1).with("username", "bob").with("message", "hi")
    }

    #[test]
    fn the_first_frame_is_a_name_and_the_others_are_messages() {
        let mut person = Header::new(&Limits::default()).interpreter();
        for (frame, name, key) in [
            ("alice", "login", "username"),
            ("hi", "message", "message"),
            ("", "message", "message"),
        ] {
            let request = person.decode(frame.as_bytes()).unwrap().unwrap();
            assert_eq!((request.name.as_str(), request.arguments.string(key)), (name, Ok(frame)));
        }
        assert_eq!(person.decode(b"a\xff").unwrap_err().error, ParseError::NotUtf8 { at: 1 });
    }

    #[test]
    fn what_others_say_is_a_pair_and_what_one_says_is_nothing() {
        let others = Response::ok("message", message());
        assert_eq!(said(&others), (vec!["bob".to_owned(), "hi".to_owned()], false));
        assert_eq!(said(&others.tagged(Some(Value::from(true)))), (vec![], false));
        let whisper = Response::ok("message", message().with("to", "alice"));
        assert_eq!(said(&whisper).0, ["bob", "(to you) hi"]);
    }

    #[test]
    fn a_login_gives_what_was_said_before_and_a_refused_one_is_the_end() {
        let backlog = Dict::new().with("messages", vec![Value::from(message())]);
        assert_eq!(
            said(&Response::ok("login", backlog)),
            (vec!["bob".to_owned(), "hi".to_owned()], false)
        );
        let refused = Response::error("login", "Name already taken!");
        assert_eq!(
            said(&refused),
            (vec!["server".to_owned(), "Name already taken!".to_owned()], true)
        );
        assert!(!said(&Response::error("message", "Empty message!")).1);
    }

    #[test]
    fn what_happens_is_told_by_the_server() {
        let person = Dict::new().with("username", "bob").with("online", 2);
        assert_eq!(
            said(&Response::ok("join", person.clone())).0,
            ["server", "bob joined (2 online)"]
        );
        assert_eq!(said(&Response::ok("leave", person)).0, ["server", "bob left (2 online)"]);
        let notice = Response::ok("notice", Dict::new().with("message", "bye"));
        assert_eq!(said(&notice).0, ["server", "bye"]);
    }
}
