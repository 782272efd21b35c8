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
    GOODBYE, NO_SUCH_USER, SERVER, Said, is_own, joined, on_one_line, past, sentence, text, texts,
};
use super::{Dialect, Encoded, Entry, Interpreter};
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
            // The sender must not believe that the receiver has read it.
            Ok(body) if is_own(response) && Said(body).is_offline() => {
                vec![format!("{} IS NOT ONLINE, the message is kept", text(body, "to"))]
            }
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

/// Returns the lines that tell a peer of a success or an event, without the newlines at their ends. Each
/// is one frame, so the client prints it with one read.
///
/// - `message`: the sender, ` say: `, and the text on one line. The place is not shown.
/// - `login`: the username and ` LOGIN SUCCESSFUL`, then a line for each message of the [`past`], as above.
/// - `register`: `REGISTER SUCCESSFUL`.
/// - `names`: one name a line, all of them [`joined`] in one frame, or in several if one read of the client
///   cannot hold them.
/// - Any other answer or event: a line of the [`SERVER`] with its [`sentence`], in the form of a message.
fn done(name: &str, body: &Dict) -> Vec<String> {
    let say = |body: &Dict| {
        let said = Said(body);
        format!("{} say: {}", said.by(), said.text())
    };
    match name {
        "message" => vec![say(body)],
        "login" => {
            let welcome = format!("{} LOGIN SUCCESSFUL", text(body, "username"));
            std::iter::once(welcome).chain(past(body).iter().map(say)).collect()
        }
        "register" => vec!["REGISTER SUCCESSFUL".to_owned()],
        "names" => joined(&texts(body, "names"), "\n"),
        _ => vec![format!("{SERVER} say: {}", sentence(name, body))],
    }
}

/// Returns whether the sender of a whisper is its receiver.
fn is_to_oneself(body: &Dict) -> bool {
    body.string("to").is_ok_and(|to| to.eq_ignore_ascii_case(Said(body).by()))
}

/// Returns the line for a failure. For a message, the tag of the request is the receiver.
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
    use crate::dialect::spoken::goodbye;

    fn lines(response: &Response) -> Vec<String> {
        let frames = Text::new(&Limits::default()).encode(response).frames.into_iter();
        frames.map(|frame| String::from_utf8(frame).unwrap()).collect()
    }

    fn bob(text: &str) -> Dict {
        Dict::new().with("username", "bob").with("message", text)
    }

    #[test]
    fn a_message_is_a_line_with_its_sender() {
        let whisper = bob("hi").with("to", "eve");
        for body in [bob("hi"), whisper, bob("hi").with("room", "tea")] {
            assert_eq!(lines(&Response::ok("message", body)), ["bob say: hi\n"]);
        }
        // The log may contain older messages with characters that are forbidden today.
        let old = Response::ok("message", bob("hi\nserver say: bye"));
        assert_eq!(lines(&old), ["bob say: hi server say: bye\n"]);
    }

    #[test]
    fn a_login_is_answered_with_the_messages_of_the_past() {
        let login = |messages: Vec<Value>| {
            let body = Dict::new().with("username", "eve").with("messages", messages);
            lines(&Response::ok("login", body))
        };
        assert_eq!(login(vec![]), ["eve LOGIN SUCCESSFUL\n"]);
        assert_eq!(
            login(vec![bob("one").into(), bob("two\r").into()]),
            ["eve LOGIN SUCCESSFUL\n", "bob say: one\n", "bob say: two \n"]
        );
        assert_eq!(lines(&Response::ok("register", Dict::new())), ["REGISTER SUCCESSFUL\n"]);
    }

    #[test]
    fn names_are_lines_of_one_frame_if_one_read_can_hold_them() {
        let names =
            |names: Vec<&str>| lines(&Response::ok("names", Dict::new().with("names", names)));
        assert_eq!(names(vec!["bob", "eve"]), ["bob\neve\n"]);
        let crowd = vec!["a_name_of_20_letters"; 100];
        let frames = names(crowd.clone());
        assert_eq!(frames.len(), 3);
        assert!(frames.iter().all(|frame| frame.len() <= 1024), "{frames:?}");
        assert_eq!(frames.concat(), crowd.join("\n") + "\n");
    }

    #[test]
    fn other_answers_and_events_are_messages_of_the_server() {
        let join = bob("hi").with("online", 2);
        assert_eq!(lines(&Response::ok("join", join)), ["server say: bob joined (2 online)\n"]);
        let notice = Dict::new().with("message", "You were kicked.");
        assert_eq!(lines(&Response::ok("notice", notice)), ["server say: You were kicked.\n"]);
        let version = Dict::new().with("version", "1.0");
        let want = ["server say: version: {\"version\":\"1.0\"}\n"];
        assert_eq!(lines(&Response::ok("version", version)), want);
    }

    #[test]
    fn an_own_message_is_not_sent_unless_it_is_a_whisper_to_oneself() {
        let own = |body| lines(&Response::ok("message", body).tagged(Some(Value::from("bob"))));
        assert_eq!(own(bob("hi")), [""; 0]);
        assert_eq!(own(bob("hi").with("to", "eve")), [""; 0]);
        assert_eq!(own(bob("hi").with("to", "Bob")), ["bob say: hi\n"]);
        let kept = bob("hi").with("to", "eve").with("offline", true);
        assert_eq!(own(kept), ["eve IS NOT ONLINE, the message is kept\n"]);
    }

    #[test]
    fn a_failure_is_a_line() {
        let failure = |text| Failure::new("some-code", text);
        for (response, want) in [
            (Response::error("login", failure("Wrong password!")), "LOGIN FAILED\n"),
            (
                Response::error("register", failure("Name already taken!")),
                "REGISTER FAILED: Name already taken!\n",
            ),
            (
                Response::error("message", Failure::new(NO_SUCH_USER, "No such user!"))
                    .tagged(Some(Value::from("bob"))),
                "bob IS NOT ONLINE\n",
            ),
            (
                Response::error("error", ParseError::UnknownWord),
                "SERVER RESPONSE: Don't know the command\n",
            ),
            (
                Response::error("error", ParseError::NotUtf8 { at: 1 }),
                "SERVER RESPONSE: bad UTF-8 at byte 1\n",
            ),
        ] {
            assert_eq!(lines(&response), [want]);
        }
    }

    #[test]
    fn a_goodbye_closes_the_connection() {
        assert!(Text::new(&Limits::default()).encode(&goodbye()).close_after.is_some());
    }
}
