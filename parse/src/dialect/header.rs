//! The dialect of a course that frames by length: a name first, then messages.
//!
//! Every frame begins with a header of ten bytes that contains its length. The first frame of a client
//! is its name, and every later frame is a message. The server sends pairs of frames: a name and a
//! text. It does not send a client its own messages. Events come under the name `server`.

use std::sync::Arc;

use net::framing::{Framing, LengthHeader};

use super::spoken::{SERVER, Said, is_own, past, sentence};
use super::{Decoded, Dialect, Encoded, Entry, Interpreter};
use crate::{Dict, Limits, Request, Response, Unreadable, strict};

pub(super) const ENTRY: Entry = Entry {
    name: "header",
    summary: "a name, then messages, each after ten bytes that give its length",
    choices: &[],
    make: |limits, _| Arc::new(Header::new(limits)),
};

/// The `header` dialect.
#[derive(Debug, Clone, Copy)]
pub struct Header {
    frame: usize,
}

impl Header {
    /// Creates the dialect with these limits.
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

    fn encode(&self, response: &Response) -> Encoded {
        let pairs = match &response.outcome {
            // The message of the peer itself.
            Ok(_) if response.name == "message" && is_own(response) => vec![],
            Ok(body) => said(&response.name, body),
            Err(failure) => vec![(SERVER.to_owned(), failure.text.clone())],
        };
        let speech = Encoded::frames(pairs.into_iter().flat_map(|(name, text)| [name, text]));
        // A client sends its name only once, so it cannot try another one.
        let refused = response.name == "login" && response.outcome.is_err();
        if refused { speech.then_close() } else { speech }
    }
}

/// Returns pairs of a name and a text.
fn said(name: &str, body: &Dict) -> Vec<(String, String)> {
    let pair = |body: &Dict| {
        let said = Said(body);
        (said.by().to_owned(), said.words(false))
    };
    match name {
        "message" => vec![pair(body)],
        "login" => past(body).iter().map(pair).collect(),
        _ => vec![(SERVER.to_owned(), sentence(name, body))],
    }
}

/// A peer.
struct Person {
    /// Whether the peer has sent its name.
    named: bool,
}

impl Interpreter for Person {
    fn decode(&mut self, frame: &[u8]) -> Result<Decoded, Box<Unreadable>> {
        let named = std::mem::replace(&mut self.named, true);
        if !named {
            // Invalid UTF-8 is refused as an invalid name, because the peer has only one try.
            let name = String::from_utf8_lossy(frame).into_owned();
            let login = Request::new("login", Dict::new().with("username", name));
            return Ok(Decoded::Asked(login.tagged(true)));
        }
        let message = Dict::new().with("message", strict::text(frame)?);
        // The tag marks the copy for the sender, which is not sent.
        Ok(Decoded::Asked(Request::new("message", message).tagged(true)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Failure, ParseError, Value};

    fn said(response: &Response) -> (Vec<String>, bool) {
        let Encoded { frames, close_after } = Header::new(&Limits::default()).encode(response);
        (
            frames.into_iter().map(|frame| String::from_utf8(frame).unwrap()).collect(),
            close_after.is_some(),
        )
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
            let want = Request::new(name, Dict::new().with(key, frame)).tagged(true);
            assert_eq!(person.decode(frame.as_bytes()), Ok(Decoded::Asked(want)));
        }
        assert_eq!(person.decode(b"a\xff").unwrap_err().error, ParseError::NotUtf8 { at: 1 });
    }

    #[test]
    fn messages_of_others_are_pairs_and_own_messages_are_not_sent() {
        let others = Response::ok("message", message());
        assert_eq!(said(&others), (vec!["bob".to_owned(), "hi".to_owned()], false));
        assert_eq!(said(&others.tagged(Some(Value::from(true)))), (vec![], false));
        let whisper = Response::ok("message", message().with("to", "alice"));
        assert_eq!(said(&whisper).0, ["bob", "(to you) hi"]);
    }

    #[test]
    fn a_login_yields_the_history_and_a_refused_login_closes_the_connection() {
        let backlog = Dict::new().with("messages", vec![Value::from(message())]);
        assert_eq!(
            said(&Response::ok("login", backlog)),
            (vec!["bob".to_owned(), "hi".to_owned()], false)
        );
        let failure = || Failure::new("name-taken", "Name already taken!");
        let refused = Response::error("login", failure());
        assert_eq!(
            said(&refused),
            (vec!["server".to_owned(), "Name already taken!".to_owned()], true)
        );
        assert!(!said(&Response::error("message", failure())).1);
    }

    #[test]
    fn events_come_from_the_server() {
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
