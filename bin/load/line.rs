//! Decoding lines of the `json` dialect, as cheaply as possible.
//!
//! Almost every received line is a message with a text of this tool, in a known layout.
//! [`Reader::delivery`] checks a few positions of such a line and compares the rest. Any other line goes
//! to [`Reader::parse`], which parses the whole JSON. An example is a line of a server that orders its
//! keys differently or puts a space after a colon. So the fast path changes the speed of a check and
//! never its result.

use std::rc::Rc;

use memchr::memmem::Finder;
use serde_json::Value;

use crate::payload::{Damage, Delivery, Payloads};

/// The kind of server, which decides the layout of its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A chat: it needs a login and answers requests with responses.
    Chat,
    /// The bare relay: it sends the request itself to all clients.
    Relay,
}

/// The content of a parsed line.
#[derive(Debug, PartialEq)]
pub(crate) enum Parsed {
    /// A text of this tool.
    Text(Delivery),
    /// A text that differs from the sent one: the received text, and its sender and number if they are
    /// readable.
    Damaged { text: String, of: Option<Delivery> },
    /// The answer to a login.
    LoggedIn,
    /// A notice that a client has joined.
    Join,
    /// A notice of the server.
    Notice(String),
    /// The refusal of a request: the request and the reason.
    Refused { request: String, error: String },
    /// Another line that a chat may send. It is ignored.
    Other,
    /// A line that is not a JSON object.
    Unreadable,
}

/// Decodes received lines and encodes sent ones.
#[derive(Debug)]
pub(crate) struct Reader {
    subject: Subject,
    payloads: Payloads,
    names: Rc<[String]>,
    message: Finder<'static>,
    username: Finder<'static>,
}

const JOIN: &[u8] = br#"{"response":"join""#;
const MESSAGE: &[u8] = br#""message":""#;
const USERNAME: &[u8] = br#""username":""#;

/// The line with which a client checks that the relay has accepted all clients.
pub(crate) const PROBE: &[u8] = b"{\"request\":\"version\"}\n";

impl Reader {
    /// A reader for texts of `size` bytes from clients with these names.
    pub(crate) fn new(subject: Subject, size: usize, names: Rc<[String]>) -> Reader {
        Reader {
            subject,
            payloads: Payloads::new(size),
            names,
            message: Finder::new(MESSAGE),
            username: Finder::new(USERNAME),
        }
    }

    /// The name of a client.
    pub(crate) fn name(&self, client: u32) -> &str {
        self.names.get(client as usize).map_or("?", String::as_str)
    }

    /// The line that logs a client in.
    pub(crate) fn login(&self, client: u32) -> Vec<u8> {
        format!("{{\"request\":\"login\",\"username\":\"{}\"}}\n", self.name(client)).into_bytes()
    }

    /// The line that sends a text, and the offset of the text in it.
    pub(crate) fn request(&self, delivery: Delivery, tag: bool) -> (Vec<u8>, usize) {
        let mut line = br#"{"request":"message","#.to_vec();
        line.extend_from_slice(if tag { br#""tag":1,"# } else { b"" });
        line.extend_from_slice(MESSAGE);
        let at = line.len();
        line.extend_from_slice(self.payloads.text(delivery).as_bytes());
        line.extend_from_slice(b"\"}\n");
        (line, at)
    }

    /// Whether the line, or the first one of several, is the usual notice that a client has joined.
    pub(crate) fn is_join(line: &[u8]) -> bool {
        line.starts_with(JOIN)
    }

    /// Decodes a line in the usual layout. Returns `None` unless it contains an undamaged text under the
    /// name of its sender.
    pub(crate) fn delivery(&self, line: &[u8]) -> Option<Delivery> {
        let start: &[u8] = match self.subject {
            Subject::Chat => br#"{"response":"message""#,
            Subject::Relay => br#"{"request":"message""#,
        };
        if !line.starts_with(start) {
            return None;
        }
        let text = line.get(self.message.find(line)? + MESSAGE.len()..)?;
        let (text, rest) = text.split_at_checked(self.payloads.size())?;
        let delivery = self.payloads.read(text).ok()?;
        let whole = rest.starts_with(b"\"") && line.trim_ascii_end().ends_with(b"}");
        let sender_matches = self.subject == Subject::Relay || {
            let name = line.get(self.username.find(line)? + USERNAME.len()..)?;
            let rest = name.strip_prefix(self.name(delivery.sender).as_bytes())?;
            rest.starts_with(b"\"")
        };
        (whole && sender_matches).then_some(delivery)
    }

    /// Decodes a line in any layout.
    pub(crate) fn parse(&self, line: &[u8]) -> Parsed {
        let Ok(Value::Object(dict)) = serde_json::from_slice(line) else {
            return Parsed::Unreadable;
        };
        let string = |key| dict.get(key).and_then(Value::as_str);
        let what = match self.subject {
            Subject::Chat => string("response"),
            Subject::Relay => string("request"),
        };
        if let Some(error) = dict.get("error") {
            let error = error.as_str().map_or_else(|| error.to_string(), str::to_owned);
            return Parsed::Refused { request: what.unwrap_or("a request").to_owned(), error };
        }
        match what {
            Some("message") => self.text(string("message"), string("username")),
            Some("login") => Parsed::LoggedIn,
            Some("join") => Parsed::Join,
            Some("notice") => Parsed::Notice(string("message").unwrap_or_default().to_owned()),
            _ => Parsed::Other,
        }
    }

    fn text(&self, text: Option<&str>, username: Option<&str>) -> Parsed {
        let text = text.unwrap_or_default();
        let of = match self.payloads.read(text.as_bytes()) {
            Ok(delivery) => {
                let name = self.name(delivery.sender);
                if self.subject == Subject::Relay || username == Some(name) {
                    return Parsed::Text(delivery);
                }
                let text = format!("{text} (said to be from {})", username.unwrap_or("nobody"));
                return Parsed::Damaged { text, of: Some(delivery) };
            }
            Err(Damage::Altered(delivery)) => Some(delivery),
            Err(Damage::Unreadable) => None,
        };
        Parsed::Damaged { text: text.to_owned(), of }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELIVERY: Delivery = Delivery { sender: 1, number: 5 };

    fn reader(subject: Subject) -> Reader {
        Reader::new(subject, 20, ["l0".to_owned(), "l1".to_owned()].into())
    }

    fn line(username: &str, text: &str) -> String {
        format!(
            "{{\"response\":\"message\",\"id\":9,\"username\":\"{username}\",\"message\":\"{text}\",\
             \"timestamp\":\"1970-01-01T00:00:00.000Z\"}}\n"
        )
    }

    #[test]
    fn a_message_is_recognised_by_both_decoders() {
        let (reader, text) = (reader(Subject::Chat), "000001 0000000005bcd");
        let usual = line("l1", text);
        assert_eq!(reader.delivery(usual.as_bytes()), Some(DELIVERY));
        assert_eq!(reader.parse(usual.as_bytes()), Parsed::Text(DELIVERY));
        let spaced = usual.replace(':', ": ");
        assert_eq!(reader.delivery(spaced.as_bytes()), None);
        assert_eq!(reader.parse(spaced.as_bytes()), Parsed::Text(DELIVERY));
    }

    #[test]
    fn a_request_that_comes_back_from_a_relay_is_a_text() {
        let reader = reader(Subject::Relay);
        for tag in [false, true] {
            let (request, at) = reader.request(DELIVERY, tag);
            assert_eq!(reader.delivery(&request), Some(DELIVERY));
            assert_eq!(reader.parse(&request), Parsed::Text(DELIVERY));
            assert!(request[at..].starts_with(b"000001 "));
        }
        assert_eq!(reader.parse(PROBE), Parsed::Other);
    }

    #[test]
    fn a_changed_text_is_damaged_for_both_decoders() {
        let reader = reader(Subject::Chat);
        for (username, text, of) in [
            ("l1", "000001 0000000005bcx", Some(DELIVERY)),
            ("l1", "000001 0000000005bcde", Some(DELIVERY)),
            ("l1", "000001 0000000005", Some(DELIVERY)),
            ("l0", "000001 0000000005bcd", Some(DELIVERY)),
            ("l1", "hello", None),
        ] {
            let line = line(username, text);
            assert_eq!(reader.delivery(line.as_bytes()), None, "{text}");
            let said = reader.parse(line.as_bytes());
            assert!(matches!(said, Parsed::Damaged { of: found, .. } if found == of), "{said:?}");
        }
        let cut = line("l1", "000001 0000000005bcd").replace("}\n", "\n");
        assert_eq!(reader.delivery(cut.as_bytes()), None);
        assert_eq!(reader.parse(cut.as_bytes()), Parsed::Unreadable);
    }

    #[test]
    fn the_other_lines_of_a_chat_are_told_apart() {
        let reader = reader(Subject::Chat);
        let join = br#"{"response":"join","username":"l1","online":2}"#;
        assert!(Reader::is_join(join));
        for (line, said) in [
            (&join[..], Parsed::Join),
            (br#"{"response":"login","username":"l1","messages":[]}"#, Parsed::LoggedIn),
            (br#"{"response":"leave","username":"l1","online":2}"#, Parsed::Other),
            (br#"{"response":"notice","message":"bye"}"#, Parsed::Notice("bye".to_owned())),
            (
                br#"{"response":"login","error":"Name already taken!"}"#,
                Parsed::Refused {
                    request: "login".to_owned(),
                    error: "Name already taken!".to_owned(),
                },
            ),
            (b"hello", Parsed::Unreadable),
            (b"[1]", Parsed::Unreadable),
        ] {
            assert_eq!(reader.parse(line), said);
        }
    }
}
