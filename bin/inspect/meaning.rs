//! The meaning of frames, for their colours and labels.
//!
//! A request is decoded by the dialect itself. A response has no decoder in Strata, because a server only
//! encodes responses. So this module looks for the keys and words that the dialects have in common.
//! A wrong guess costs a colour and nothing else.

use std::collections::VecDeque;
use std::sync::Arc;

use parse::dialect::{Decoded, Dialect, Interpreter};
use serde_json::Value;

use crate::event::Kind;

/// Greatest number of requests that are remembered until their answers come.
const OUTSTANDING: usize = 256;

/// Greatest length of a label or a name in characters.
const LONGEST: usize = 40;

/// The conversation of one connection.
pub(crate) struct Talk {
    interpreter: Box<dyn Interpreter>,
    /// The requests without an answer, the oldest first.
    outstanding: VecDeque<String>,
    name: Option<String>,
}

/// The meaning of a frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Meaning {
    pub(crate) kind: Kind,
    pub(crate) label: String,
    /// The name that this frame asks for.
    pub(crate) name: Option<String>,
}

impl Talk {
    /// Begins a conversation in a dialect.
    pub(crate) fn new(dialect: &Arc<dyn Dialect>) -> Talk {
        Talk { interpreter: dialect.interpreter(), outstanding: VecDeque::new(), name: None }
    }

    /// Sees a frame of the client.
    pub(crate) fn request(&mut self, payload: &[u8]) -> Meaning {
        let (kind, label, name) = match self.interpreter.decode(payload) {
            Ok(Decoded::Asked(request)) => {
                let name = request.arguments.get("username").and_then(Value::as_str);
                let name = name.filter(|_| request.name == "login").map(clip);
                (Kind::Request, clip(&request.name), name)
            }
            Ok(Decoded::Answered(response)) => (Kind::Request, clip(&response.name), None),
            Ok(Decoded::Nothing | Decoded::Speaks(_)) => (Kind::Raw, "empty".to_owned(), None),
            Err(_) => (Kind::Raw, "unreadable".to_owned(), None),
        };
        if kind == Kind::Request && self.outstanding.len() < OUTSTANDING {
            self.outstanding.push_back(label.clone());
        }
        if name.is_some() {
            self.name.clone_from(&name);
        }
        Meaning { kind, label, name }
    }

    /// Sees a frame of the server.
    pub(crate) fn response(&mut self, payload: &[u8]) -> Meaning {
        let (kind, label) = match serde_json::from_slice::<Value>(payload) {
            Ok(Value::Object(dict)) => {
                let label = dict.get("response").and_then(Value::as_str).unwrap_or("no response");
                let failed = dict.contains_key("error") || label == "error";
                let who = dict.get("username").or_else(|| dict.get("sender"));
                let who = who.and_then(Value::as_str);
                (self.kind(label, who, failed), clip(label))
            }
            _ => {
                let text = String::from_utf8_lossy(payload.get(..256).unwrap_or(payload));
                let word = text.split_whitespace().next().unwrap_or("empty");
                let failed = word.to_lowercase().starts_with("err");
                let kind = match self.outstanding.pop_front() {
                    _ if failed => Kind::Error,
                    Some(_) => Kind::Answer,
                    None => Kind::News,
                };
                (kind, clip(word))
            }
        };
        Meaning { kind, label, name: None }
    }

    /// Decides whether a response answers a request of this client.
    fn kind(&mut self, label: &str, who: Option<&str>, failed: bool) -> Kind {
        let is_other = who
            .zip(self.name.as_deref())
            .is_some_and(|(who, own)| who != "server" && !who.eq_ignore_ascii_case(own));
        let place = match label {
            _ if is_other => None,
            // Answers that have one name, whatever the request was.
            "info" | "error" => self.outstanding.front().map(|_| 0),
            _ => self.outstanding.iter().position(|name| name == label),
        };
        let answers = place.and_then(|place| self.outstanding.remove(place)).is_some();
        match (failed, answers) {
            (true, _) => Kind::Error,
            (false, true) => Kind::Answer,
            (false, false) => Kind::News,
        }
    }
}

/// Shortens a text of a peer.
fn clip(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use parse::{Limits, dialect};

    fn talk(name: &str) -> Talk {
        Talk::new(&dialect::find(name, &Limits::default()).unwrap())
    }

    #[test]
    fn answers_and_news_are_told_apart() {
        let mut talk = talk("json");
        let asked = talk.request(br#"{"request":"login","username":"alice"}"#);
        assert_eq!((asked.label.as_str(), asked.name.as_deref()), ("login", Some("alice")));
        let kind = |talk: &mut Talk, text: &str| talk.response(text.as_bytes()).kind;
        assert_eq!(kind(&mut talk, r#"{"response":"login","username":"alice"}"#), Kind::Answer);
        assert_eq!(kind(&mut talk, r#"{"response":"join","username":"bob"}"#), Kind::News);
        talk.request(br#"{"request":"message","message":"hi"}"#);
        let bob = r#"{"response":"message","username":"bob","message":"hi"}"#;
        assert_eq!(kind(&mut talk, bob), Kind::News, "a message of another person is no answer");
        assert_eq!(kind(&mut talk, &bob.replace("bob", "Alice")), Kind::Answer);
        assert_eq!(kind(&mut talk, r#"{"response":"fly","error":"no wings"}"#), Kind::Error);
    }

    #[test]
    fn words_and_headers_have_a_meaning() {
        let mut text = talk("text");
        assert_eq!(text.request(b"LOGIN ann secret").name.as_deref(), Some("ann"));
        assert_eq!(text.response(b"ann LOGIN SUCCESSFUL").kind, Kind::Answer);
        assert_eq!(text.response(b"bob say: hi").kind, Kind::News);
        assert_eq!(text.response(b"ERROR no").kind, Kind::Error);
        let mut header = talk("header");
        assert_eq!(header.request(b"ann").name.as_deref(), Some("ann"));
        assert_eq!(header.request(b"hello").label, "message");
        assert_eq!(talk("json").request(b"\xff{").kind, Kind::Raw);
    }
}
