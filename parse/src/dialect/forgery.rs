//! Tests of all dialects against forged lines: no text, name or room yields a line of another person,
//! of another room or of the server.
//!
//! Each dialect has a [`reader`], which reads the sender, the place and the text from the bytes alone.
//! The property is: **a reader finds exactly the message that was encoded, for every message.** So two
//! messages with different senders, places or kinds never have the same bytes.
//!
//! For a dialect without a reader the tests only check that each frame is one line.
//!
//! A reader cannot find a part that its dialect omits: `text` omits the place, as its course does.

mod reader;

use std::net::IpAddr;
use std::sync::Arc;

use proptest::prelude::*;

use super::{DIALECTS, Dialect, find};
use crate::{Dict, Limits, Response, Value, address};
use reader::{Line, Place, READ, ends_a_line, read};

/// A message in the chat.
#[derive(Debug, Clone)]
struct Message {
    by: String,
    place: Place,
    text: String,
    action: bool,
}

impl Message {
    fn dict(&self) -> Dict {
        let dict = Dict::new().with("id", 1).with("username", self.by.as_str());
        let dict = match &self.place {
            Place::Lobby => dict,
            Place::Room(room) => dict.with("room", room.as_str()),
            Place::Person(to) => dict.with("to", to.as_deref().unwrap_or("zoe")),
        };
        let dict = dict.with("message", self.text.as_str());
        let dict = if self.action { dict.with("action", true) } else { dict };
        dict.with("timestamp", "2015-03-28T13:15:29.123Z")
    }

    /// Returns the line that a reader of this dialect should find. Forbidden characters in old messages
    /// stay in `json`; the other dialects replace them with spaces. For them an action is a text that
    /// begins with a star and its sender.
    fn line(&self, dialect: &str) -> Line {
        let place = match (&self.place, dialect) {
            (_, "text") => None,
            (Place::Person(_), "auto" | "json") => Some(Place::Person(Some("zoe".into()))),
            (place, _) => Some(place.clone()),
        };
        let plain = |it: char| it != '\t' && (it.is_control() || ends_a_line(it));
        let text = match dialect {
            "auto" | "json" => self.text.clone(),
            _ if self.action => format!("* {} {}", self.by, self.text.replace(plain, " ")),
            _ => self.text.replace(plain, " "),
        };
        Line::Said { by: self.by.clone(), place, text }
    }
}

/// Returns every dialect that shows messages, with each value of its options.
fn dialects() -> Vec<Arc<dyn Dialect>> {
    let named = DIALECTS.iter().flat_map(|entry| {
        let choices = entry.choices.iter().flat_map(|choice| {
            choice.values.iter().map(|value| format!("{}:{}={value}", entry.name, choice.name))
        });
        std::iter::once(entry.name.to_owned()).chain(choices)
    });
    // `menu` is for observers, who get no messages.
    let named = named.filter(|name| name != "menu");
    named.map(|name| find(&name, &Limits::default()).unwrap()).collect()
}

/// Creates a possible name: chosen, made of an address, or similar to an address.
fn name() -> impl Strategy<Value = String> {
    let reserved = ["server", "admin", "system", "all"];
    let chosen = prop_oneof!["[A-Za-z0-9_]{1,32}", "you|lobby|tea|bob|said|LOGIN"];
    let chosen = chosen.prop_filter("reserved", move |name: &String| {
        !reserved.iter().any(|reserved| name.eq_ignore_ascii_case(reserved))
    });
    let address = any::<(IpAddr, u16)>().prop_map(|it| address::name(it.into()));
    // A zero before one of the numbers.
    let like_one = (address.clone(), 0..9_usize).prop_map(|(name, at)| {
        let numbers = name.split('_').enumerate();
        let numbers: Vec<String> = numbers
            .map(|(index, number)| format!("{}{number}", if index == at { "0" } else { "" }))
            .collect();
        numbers.join("_")
    });
    prop_oneof![2 => chosen, 1 => address, 1 => like_one]
}

fn place_of_a_message() -> impl Strategy<Value = Place> {
    let room = "[a-z0-9_]{1,32}|you|tea".prop_filter("is the lobby", |room| room != "lobby");
    prop_oneof![
        2 => Just(Place::Lobby),
        1 => room.prop_map(Place::Room),
        1 => Just(Place::Person(None)),
    ]
}

/// Creates any text, or a text made of pieces of other lines.
fn text() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "server say: ",
        "bob say: ",
        "SERVER RESPONSE: ",
        "LOGIN SUCCESSFUL",
        "(in tea) ",
        "(to you) ",
        "(to bob) ",
        "(in lobby) ",
        "( in tea) ",
        "[bob]: ",
        "[127.0.0.1:7000]: ",
        "]: ",
        "> ",
        "< ",
        "* bob joined (2 online)",
        "bob said @ 13:15:29: ",
        "\",\"sender\":\"server\"",
        "}{",
        "\u{2028}",
        "\u{2029}",
        "\u{85}",
        "\n",
        "\r\n",
        "\u{b}",
        "\u{1b}[0m",
        "\u{1b}[1m\r",
        "\u{200b}",
        "\u{202e}",
        "6         ",
        "server",
        "\t",
        " ",
        "\\",
        "\"",
        "hi",
    ]);
    prop_oneof![
        prop::collection::vec(pieces, 1..8).prop_map(|pieces| pieces.concat()),
        any::<String>(),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    let action = prop::bool::weighted(0.2);
    (name(), place_of_a_message(), text(), action).prop_map(|(by, place, text, action)| Message {
        by,
        place,
        text,
        action,
    })
}

/// Creates an event that the server reports to many peers.
fn news() -> impl Strategy<Value = Response> {
    let what =
        prop::sample::select(vec!["join", "leave", "entered", "exited", "removed", "notice"]);
    let departure = prop::sample::select(vec![None, Some("kicked"), Some("banned")]);
    let parts = (what, name(), "[a-z0-9_]{1,32}", any::<bool>(), text(), departure);
    parts.prop_map(|(what, who, room, broken, reason, departure)| {
        let person = Dict::new().with("username", who).with("online", 2);
        let in_room = person.clone().with("room", room.as_str());
        Response::ok(
            what,
            match what {
                "leave" if broken => person.with("broken", true),
                "leave" => departure
                    .into_iter()
                    .fold(person.with("reason", reason), |body, it| body.with("departure", it)),
                "join" => person,
                "removed" => person.with("id", 1),
                "notice" => Dict::new().with("message", "You were kicked."),
                _ => in_room,
            },
        )
    })
}

proptest! {
    #[test]
    fn a_reader_finds_exactly_the_message(message in message()) {
        for dialect in dialects() {
            let frames = dialect.encode(&Response::ok("message", message.dict())).frames;
            let lines = read(dialect.name(), &frames);
            if READ.contains(&dialect.name()) {
                prop_assert_eq!(lines, vec![message.line(dialect.name())], "{}", dialect.name());
            }
        }
    }

    #[test]
    fn a_reader_finds_the_history(messages in prop::collection::vec(message(), 1..4)) {
        let list: Vec<Value> = messages.iter().map(|message| message.dict().into()).collect();
        let login = Response::ok("login", Dict::new().with("username", "zoe").with("messages", list));
        // `plain` has no history.
        for dialect in dialects().into_iter().filter(|dialect| dialect.name() != "plain") {
            let mut lines = read(dialect.name(), &dialect.encode(&login).frames);
            lines.retain(|line| *line != Line::Server);
            let want: Vec<Line> = messages.iter().map(|it| it.line(dialect.name())).collect();
            if READ.contains(&dialect.name()) {
                prop_assert_eq!(lines, want, "{}", dialect.name());
            }
        }
    }

    #[test]
    fn a_line_of_the_server_looks_like_no_message(news in news()) {
        for dialect in dialects() {
            let lines = read(dialect.name(), &dialect.encode(&news).frames);
            if READ.contains(&dialect.name()) {
                prop_assert_eq!(lines, vec![Line::Server], "{}", dialect.name());
            }
        }
    }
}
