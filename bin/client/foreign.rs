//! Recognizes a server that is no chat server, by the first thing that it sends.

use std::time::Instant;

use parse::ParseError;

use crate::conversation::{Conversation, Known};
use crate::sanitize::clean;
use crate::wrapping::cut;

/// The most columns of a frame that are shown.
const SHOWN: usize = 60;

/// Beginnings of what servers of other protocols send, in lower case. A web server answers a line that
/// is no request of HTTP with a page.
const SIGNS: [(&[u8], &str); 4] =
    [(b"http/", "HTTP"), (b"<!doctype html", "HTTP"), (b"<html", "HTTP"), (b"ssh-", "SSH")];

/// How a server has begun on the current connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// It has sent nothing yet, or it has sent a response.
    #[default]
    Usual,
    /// It has sent only frames that are no responses.
    Unreadable,
    /// It speaks this protocol.
    Foreign(&'static str),
}

impl Beginning {
    /// How a server begins whose first frame is no response.
    fn of(frame: &[u8]) -> Beginning {
        let begins = |sign: &[u8]| {
            frame.get(..sign.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(sign))
        };
        let found = SIGNS.iter().find(|(sign, _)| begins(sign));
        found.map_or(Beginning::Unreadable, |(_, protocol)| Beginning::Foreign(protocol))
    }

    /// Whether the server speaks another protocol.
    pub(crate) fn is_foreign(self) -> bool {
        matches!(self, Beginning::Foreign(_))
    }
}

impl Known {
    /// Records that the server has sent a response.
    pub(crate) fn hear(&mut self) {
        self.liveness.hear(Instant::now());
        self.beginning = Beginning::Usual;
    }
}

impl Conversation {
    /// The lines to show when a frame of the server is not a response. Before the first response only one
    /// such frame is shown. If it belongs to another protocol, the connection ends instead.
    pub(crate) fn unreadable(&self, error: &ParseError, frame: &[u8]) -> Vec<String> {
        let mut known = self.known();
        let is_first = !known.liveness.has_heard();
        known.liveness.hear(Instant::now());
        let is_json = matches!(error, ParseError::Shape(_));
        if is_first && !is_json {
            known.beginning = Beginning::of(frame);
        }
        let beginning = known.beginning;
        drop(known);
        match beginning {
            Beginning::Usual => vec![self.misread(error)],
            Beginning::Unreadable if is_first => {
                let text = clean(String::from_utf8_lossy(frame).trim_end());
                let text = cut(&text, SHOWN);
                let why = format!("the server does not answer in JSON; it says: {text}");
                vec![self.mistake(&why)]
            }
            Beginning::Unreadable => vec![],
            Beginning::Foreign(_) => {
                self.link().abort();
                vec![]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::connected;
    use parse::Response;

    fn shown(conversation: &Conversation, frame: &[u8]) -> Vec<String> {
        conversation.unreadable(&ParseError::NotUtf8 { at: 0 }, frame)
    }

    #[test]
    fn other_protocols_are_recognized_by_their_first_frame() {
        for (frame, want) in [
            (&b"HTTP/1.1 400 Bad Request\r"[..], Beginning::Foreign("HTTP")),
            (b"<!DOCTYPE HTML>", Beginning::Foreign("HTTP")),
            (b"<html lang=\"en\">", Beginning::Foreign("HTTP")),
            (b"SSH-2.0-OpenSSH_9.6\r", Beginning::Foreign("SSH")),
            (b"220 example.org ESMTP", Beginning::Unreadable),
            (b"http", Beginning::Unreadable),
            (b"", Beginning::Unreadable),
        ] {
            assert_eq!(Beginning::of(frame), want, "{}", frame.escape_ascii());
        }
    }

    #[test]
    fn before_the_first_response_one_frame_that_is_none_is_shown() {
        let (_server, conversation, _receiver) = connected(true);
        let said = "! the server does not answer in JSON; it says: 220 ^[[2Jhi";
        assert_eq!(shown(&conversation, b"220 \x1b[2Jhi\r"), [said]);
        assert!(shown(&conversation, b"250 ok\r").is_empty());
        assert!(shown(&conversation, b"HTTP/1.1 200 OK\r").is_empty());
        conversation.receive(&Response::ok("welcome", parse::Dict::new()));
        for _ in 0..2 {
            let lines = shown(&conversation, b"no JSON");
            assert!(lines[0].starts_with("! cannot read a response of the server: "), "{lines:?}");
        }
    }

    #[test]
    fn another_protocol_ends_the_connection_without_a_line() {
        let (_server, conversation, mut receiver) = connected(true);
        assert!(shown(&conversation, b"HTTP/1.1 400 Bad Request\r").is_empty());
        assert!(shown(&conversation, b"Server: x\r").is_empty());
        assert!(conversation.known().beginning.is_foreign());
        let event = receiver.recv(Some(crate::testing::DEADLINE));
        assert!(matches!(event, parse::LinkEvent::Closed(_)), "{event:?}");
    }
}
