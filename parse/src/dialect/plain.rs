//! The dialect of a course without names: a peer chats under its address from the beginning.
//!
//! A line is a message to all others, and an empty line is a goodbye. The lines of the server have the
//! colours of the course. They begin with a carriage return, because the client shows a prompt that
//! they must overwrite.

use std::sync::Arc;
use std::time::Duration;

use net::framing::{Chunks, Framing};

use super::spoken::{GOODBYE, Said, broken, goodbye, is_own, left, online, reason, sentence, text};
use super::{Choice, Decoded, Dialect, Encoded, Entry, Interpreter};
use crate::{Dict, Limits, Presence, Request, Response, Unreadable, address, strict};

pub(super) const ENTRY: Entry = Entry {
    name: "plain",
    summary: "lines without names: a peer chats under its address",
    choices: &[Choice {
        name: "colour",
        values: &["on", "off"],
        summary: "whether lines have colours",
    }],
    make: |limits, choices| Arc::new(Plain::new(limits, choices.get("colour") != Some("off"))),
};

/// Red and bold, for a peer that left, and for errors.
const RED: &str = "\x1b[31m\x1b[1m";
/// Blue and bold, for a peer that joined.
const BLUE: &str = "\x1b[34m\x1b[1m";
/// Purple and bold, for messages.
const PURPLE: &str = "\x1b[35m\x1b[1m";
/// The end of colours.
const PLAIN: &str = "\x1b[0m";

/// The `plain` dialect.
#[derive(Debug, Clone, Copy)]
pub struct Plain {
    frame: usize,
    gap: Duration,
    colour: bool,
}

impl Plain {
    /// Creates the dialect with these limits, with colours or without.
    pub fn new(limits: &Limits, colour: bool) -> Plain {
        Plain { frame: limits.frame, gap: limits.gap, colour }
    }

    fn line(&self, colour: &str, line: &str) -> Encoded {
        Encoded::frame(match self.colour {
            true => format!("{colour}\r{line}\n{PLAIN}"),
            false => format!("{line}\n"),
        })
    }
}

impl Dialect for Plain {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn framing(&self) -> Arc<dyn Framing> {
        Arc::new(Chunks::new(self.frame))
    }

    fn gap(&self) -> Option<Duration> {
        Some(self.gap)
    }

    fn presence(&self) -> Presence {
        Presence::Anonymous
    }

    fn interpreter(&self) -> Box<dyn Interpreter> {
        Box::new(Anonymous { gone: false })
    }

    fn encode(&self, response: &Response) -> Encoded {
        let body = match &response.outcome {
            Ok(body) => body,
            Err(failure) => return self.line(RED, &format!("< {failure}")),
        };
        let (who, users) = (shown(text(body, "username")), users(online(body)));
        match response.name.as_ref() {
            GOODBYE => Encoded::default().then_close(),
            "welcome" => self.line(BLUE, &format!("Connected to the chat server ({users} online)")),
            "join" => self.line(BLUE, &format!("> New user {who} entered ({users} online)")),
            "leave" => {
                let (left, reason, broken) = (left(body), reason(body), broken(body));
                self.line(RED, &format!("< The user {who} {left}{reason} ({users} online){broken}"))
            }
            "message" if is_own(response) => Encoded::default(),
            "message" => self.line(PURPLE, &format!("[{who}]: {}", Said(body).words(false))),
            "notice" => self.line(RED, &format!("< {}", text(body, "message"))),
            name => self.line(BLUE, &format!("> {}", sentence(name, body))),
        }
    }
}

/// Shows a name, or the address that it stands for.
fn shown(name: &str) -> String {
    address::of_name(name).map_or_else(|| name.to_owned(), |address| address.to_string())
}

/// Shows the number of users.
fn users(count: u64) -> String {
    if count == 1 { "1 user".to_owned() } else { format!("{count} users") }
}

/// A peer.
struct Anonymous {
    /// Whether the peer has said goodbye. Later input is ignored.
    gone: bool,
}

impl Interpreter for Anonymous {
    fn decode(&mut self, frame: &[u8]) -> Result<Decoded, Box<Unreadable>> {
        let line = strict::text(frame)?;
        if self.gone {
            return Ok(Decoded::Nothing);
        }
        self.gone = line.is_empty();
        if self.gone {
            return Ok(Decoded::Answered(goodbye()));
        }
        // The course also removes white space at the end of a line.
        let message = Dict::new().with("message", line.trim_end());
        let request = Request::new("message", message);
        // The tag marks the copy for the sender, which is not sent.
        Ok(Decoded::Asked(request.tagged(true)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Failure, Value};

    fn said(colour: bool, response: &Response) -> String {
        let frames = Plain::new(&Limits::default(), colour).encode(response).frames;
        String::from_utf8(frames.concat()).unwrap()
    }

    fn person(name: &str, online: u64) -> Dict {
        Dict::new().with("username", name).with("online", online)
    }

    #[test]
    fn a_line_is_a_message_and_an_empty_one_a_goodbye() {
        let mut somebody = Plain::new(&Limits::default(), true).interpreter();
        let message = Request::new("message", Dict::new().with("message", "hello")).tagged(true);
        assert_eq!(somebody.decode(b"hello "), Ok(Decoded::Asked(message)));
        assert_eq!(somebody.decode(b""), Ok(Decoded::Answered(goodbye())));
        assert_eq!(somebody.decode(b"wait"), Ok(Decoded::Nothing));
    }

    #[test]
    fn lines_are_those_of_the_server_of_the_course() {
        let (here, message) = ("127_0_0_1_54734", Dict::new().with("message", "hi"));
        let broken = person(here, 1).with("broken", true);
        for (response, want) in [
            (
                Response::ok("welcome", person(here, 1)),
                "Connected to the chat server (1 user online)",
            ),
            (
                Response::ok("join", person(here, 2)),
                "> New user 127.0.0.1:54734 entered (2 users online)",
            ),
            (Response::ok("join", person("alice", 3)), "> New user alice entered (3 users online)"),
            (
                Response::ok("leave", person(here, 1)),
                "< The user 127.0.0.1:54734 left (1 user online)",
            ),
            (
                Response::ok("leave", broken),
                "< The user 127.0.0.1:54734 left (1 user online) (error)",
            ),
            (
                Response::ok("message", message.clone().with("username", here)),
                "[127.0.0.1:54734]: hi",
            ),
            (
                Response::ok("message", message.clone().with("username", "bob").with("to", here)),
                "[bob]: (to you) hi",
            ),
            (Response::ok("notice", message), "< hi"),
            (Response::error("message", Failure::new("some-code", "No!")), "< No!"),
        ] {
            assert_eq!(said(false, &response), format!("{want}\n"));
        }
        let own = Response::ok("message", person("bob", 1)).tagged(Some(Value::from(true)));
        assert_eq!(said(false, &own), "");
    }

    #[test]
    fn joins_are_blue_leaves_are_red_and_messages_are_purple() {
        let message = person("bob", 2).with("message", "hi");
        for (name, want) in [
            ("join", "\x1b[34m\x1b[1m\r> New user bob entered (2 users online)\n\x1b[0m"),
            ("leave", "\x1b[31m\x1b[1m\r< The user bob left (2 users online)\n\x1b[0m"),
            ("message", "\x1b[35m\x1b[1m\r[bob]: hi\n\x1b[0m"),
        ] {
            assert_eq!(said(true, &Response::ok(name, message.clone())), want);
        }
    }
}
