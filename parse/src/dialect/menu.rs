//! The dialect of a course whose client is a menu: a read is a command, and each command has an answer.
//!
//! Its peers are observers: they can ask who is logged in and which version the server has. With the
//! password of an administrator, which a client may send first, they can stop the server. A client
//! recognises the end from the words `RE: close` and `RE: ks` in an answer.

use std::sync::Arc;
use std::time::Duration;

use net::framing::{Chunks, Framing};

use super::spoken::{GOODBYE, joined, sentence, text, texts};
use super::{Choice, Decoded, Dialect, Encoded, Entry, Interpreter};
use crate::{Dict, Limits, ParseError, Presence, Request, Response, Unreadable, Value, strict};

pub(super) const ENTRY: Entry = Entry {
    name: "menu",
    summary: "a menu: m, gv, names, close, ks; for looking on",
    choices: &[Choice {
        name: "admin",
        values: &[],
        summary: "the account whose password the server checks; without it ks is refused",
    }],
    make: |limits, choices| Arc::new(Menu::new(limits, choices.get("admin"))),
};

/// Time from a goodbye to the end of the connection, as in the course. The client reads until nothing
/// arrives for a quarter of a second, and mistakes an earlier end of the stream for data. Usually the
/// client closes the connection first.
const HOLD: Duration = Duration::from_secs(1);

/// The answer to `m`.
const COMMANDS: &str = " m     - Menu\n gv    - Get Version\n names - Who Is Here\n \
                        close - Close This Connection\n ks    - Kill Server\n";

/// The name of the answer to `m`.
const MENU: &str = "menu";
/// The tag of a login with the password in the first read. Without an account it is the name of the
/// answer to any password.
const PASSWORD: &str = "password";

/// The `menu` dialect.
#[derive(Debug, Clone)]
pub struct Menu {
    frame: usize,
    gap: Duration,
    /// The account for the password in the first read.
    admin: Option<Arc<str>>,
}

impl Menu {
    /// Creates the dialect with these limits. With the password of the account `admin` a peer can stop
    /// the server.
    pub fn new(limits: &Limits, admin: Option<&str>) -> Menu {
        Menu { frame: limits.frame, gap: limits.gap, admin: admin.map(Arc::from) }
    }
}

impl Dialect for Menu {
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
        Presence::Observer
    }

    fn interpreter(&self) -> Box<dyn Interpreter> {
        Box::new(Observer { admin: self.admin.clone(), first: true, gone: false })
    }

    fn encode(&self, response: &Response) -> Encoded {
        // The word of the menu that the peer used.
        let word = response.tag.as_ref().and_then(Value::as_str).unwrap_or_default();
        match (&response.outcome, response.name.as_ref(), word) {
            (Ok(_), MENU, _) => Encoded::frame(COMMANDS),
            (Ok(_), GOODBYE, _) => Encoded::frame("Goodbye. RE: close").then_close_after(HOLD),
            (Ok(_), PASSWORD, _) | (Ok(_), _, PASSWORD) => Encoded::frame("Accepted"),
            (Err(failure), _, PASSWORD) => Encoded::frame(format!("Rejected: {failure}")),
            // The notice to all peers follows.
            (Ok(_), _, "ks") => Encoded::default(),
            (Err(failure), _, "ks") => Encoded::frame(format!("ks is refused: {failure}")),
            (Ok(body), "version", _) => Encoded::frame(format!("Strata {}", text(body, "version"))),
            (Ok(body), "names", _) => match joined(&texts(body, "names"), ", ") {
                nobody if nobody.is_empty() => Encoded::frame("Nobody is here."),
                names => Encoded::frames(names),
            },
            // An observer gets a notice only before the end of its connection.
            (Ok(body), "notice", _) => Encoded::frame(format!("{} RE: ks", text(body, "message"))),
            (Ok(body), name, _) => Encoded::frame(sentence(name, body)),
            (Err(failure), ..) if failure.code == ParseError::UNKNOWN_REQUEST => {
                Encoded::frame("Invalid command")
            }
            (Err(failure), ..) => Encoded::frame(failure.text.as_str()),
        }
    }
}

/// A peer, which is an observer.
struct Observer {
    admin: Option<Arc<str>>,
    /// Whether the peer has sent nothing so far.
    first: bool,
    /// Whether the peer has said goodbye. Later input is ignored.
    gone: bool,
}

impl Interpreter for Observer {
    fn decode(&mut self, frame: &[u8]) -> Result<Decoded, Box<Unreadable>> {
        let line = strict::text(frame)?;
        if self.gone || line.is_empty() {
            return Ok(Decoded::Nothing);
        }
        let first = std::mem::take(&mut self.first);
        // A password may contain a space after a command, so the first read must match completely.
        let word = match first {
            true => line.trim(),
            false => line.split_whitespace().next().unwrap_or_default(),
        };
        match word {
            "m" => Ok(own_answer(MENU)),
            "close" => {
                self.gone = true;
                Ok(own_answer(GOODBYE))
            }
            "gv" => Ok(asked("version", Dict::new(), word)),
            "names" => Ok(asked("names", Dict::new(), word)),
            "ks" => Ok(asked("shutdown", Dict::new(), word)),
            _ if first => Ok(self.password(line)),
            _ => Err(ParseError::UnknownWord.into()),
        }
    }
}

impl Observer {
    /// Has the chat check a password. Without an account to check it against, every password is
    /// accepted.
    fn password(&self, password: &str) -> Decoded {
        match &self.admin {
            None => own_answer(PASSWORD),
            Some(admin) => {
                let login = Dict::new().with("username", &**admin).with("password", password);
                asked("login", login, PASSWORD)
            }
        }
    }
}

/// Asks the chat, with the word of the menu as the tag.
fn asked(name: &str, arguments: Dict, word: &str) -> Decoded {
    Decoded::Asked(Request::new(name, arguments).tagged(word))
}

/// Answers what needs no chat.
fn own_answer(name: &'static str) -> Decoded {
    Decoded::Answered(Response::ok(name, Dict::new()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Failure;

    fn menu(admin: Option<&str>) -> Menu {
        Menu::new(&Limits::default(), admin)
    }

    fn asked(observer: &mut dyn Interpreter, line: &str) -> Request {
        match observer.decode(line.as_bytes()).unwrap() {
            Decoded::Asked(request) => request,
            other => panic!("{other:?}"),
        }
    }

    /// An observer whose first read is over.
    fn observer() -> Box<dyn Interpreter> {
        let mut observer = menu(Some("root")).interpreter();
        observer.decode(b"m").unwrap();
        observer
    }

    /// The answer to a line if the chat answers the request in this way.
    fn answer(line: &str, outcome: Result<Dict, &str>) -> (String, bool) {
        let Request { name, tag, .. } = asked(&mut *observer(), line);
        let outcome = outcome.map_err(|text| Failure::new("some-code", text));
        said(&Response { name: name.into(), outcome, tag })
    }

    /// The answer to a line that the dialect answers itself.
    fn own_answer(observer: &mut dyn Interpreter, line: &str) -> (String, bool) {
        match observer.decode(line.as_bytes()).unwrap() {
            Decoded::Answered(response) => said(&response),
            other => panic!("{other:?}"),
        }
    }

    fn said(response: &Response) -> (String, bool) {
        let Encoded { frames, close_after } = menu(None).encode(response);
        (String::from_utf8(frames.concat()).unwrap(), close_after.is_some())
    }

    #[test]
    fn each_command_has_its_answer() {
        let version = || Ok(Dict::new().with("version", "1.2"));
        let names = |names: Vec<&str>| Ok(Dict::new().with("names", names));
        for (line, outcome, want) in [
            ("gv", version(), "Strata 1.2"),
            ("gv now", version(), "Strata 1.2"),
            ("names", names(vec!["alice", "bob"]), "alice, bob"),
            ("names", names(vec![]), "Nobody is here."),
            ("ks", Ok(Dict::new()), ""),
            ("ks", Err("Not allowed!"), "ks is refused: Not allowed!"),
        ] {
            assert_eq!(answer(line, outcome), (want.to_owned(), false), "{line:?}");
        }
        assert_eq!(own_answer(&mut *observer(), "m"), (COMMANDS.to_owned(), false));
        let goodbye = own_answer(&mut *observer(), "close");
        assert_eq!(goodbye, ("Goodbye. RE: close".to_owned(), true));
        let notice = Response::ok("notice", Dict::new().with("message", "Bye."));
        assert_eq!(said(&notice), ("Bye. RE: ks".to_owned(), false));
    }

    #[test]
    fn an_unknown_word_is_unreadable() {
        let mut observer = observer();
        for line in ["fly", "password", " "] {
            let error = observer.decode(line.as_bytes()).unwrap_err().error;
            assert_eq!(error, ParseError::UnknownWord, "{line:?}");
            let told = said(&Response::error("error", error));
            assert_eq!(told, ("Invalid command".to_owned(), false));
        }
    }

    #[test]
    fn only_the_first_read_may_be_a_password() {
        let mut observer = menu(Some("root")).interpreter();
        let login = asked(&mut *observer, "correct horse");
        let want = Dict::new().with("username", "root").with("password", "correct horse");
        assert_eq!((login.name.as_str(), &login.arguments), ("login", &want));
        assert_eq!(said(&Response::ok("login", want).tagged(login.tag.clone())).0, "Accepted");
        let failure = Failure::new("some-code", "Wrong password!");
        let wrong = Response::error("login", failure).tagged(login.tag);
        assert_eq!(said(&wrong).0, "Rejected: Wrong password!");
        assert!(observer.decode(b"correct horse").is_err(), "a second try is not possible");

        let mut observer = menu(None).interpreter();
        assert_eq!(own_answer(&mut *observer, "whatever").0, "Accepted");
        let mut observer = menu(Some("root")).interpreter();
        assert_eq!(asked(&mut *observer, "names are hard").name, "login");
        let mut observer = menu(Some("root")).interpreter();
        assert_eq!(asked(&mut *observer, "names").name, "names", "a command is not a password");
        assert!(observer.decode(b"secret").is_err(), "only the first read can be a password");
    }

    #[test]
    fn empty_lines_and_input_after_close_are_ignored() {
        let mut observer = menu(None).interpreter();
        assert_eq!(observer.decode(b""), Ok(Decoded::Nothing));
        own_answer(&mut *observer, "close");
        assert_eq!(observer.decode(b"names"), Ok(Decoded::Nothing));
    }
}
