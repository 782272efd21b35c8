//! No text, name or room makes a line that another person, another room or the server would make:
//! tests of all dialects.
//!
//! Each dialect has a [`reader`], which looks at the bytes alone, and finds who says it, where, and
//! what. So the property is: **what a reader finds is what was said, whatever that was.** Two things that differ in sender,
//! place or kind can then not be the same bytes.
//!
//! A dialect that has no reader yet is held to this much only: each of its frames is one line.
//!
//! What a dialect leaves out a reader cannot find: `text` does not tell places, as in its course.

mod reader;

use std::net::IpAddr;
use std::sync::Arc;

use proptest::prelude::*;

use super::{DIALECTS, Dialect, find};
use crate::{Dict, Limits, Response, Value, address};
use reader::{Line, Place, READ, ends_a_line, read};

/// Something that is said.
#[derive(Debug, Clone)]
struct Message {
    by: String,
    place: Place,
    text: String,
}

impl Message {
    fn dict(&self) -> Dict {
        let dict = Dict::new().with("id", 1).with("username", self.by.as_str());
        let dict = match &self.place {
            Place::Lobby => dict,
            Place::Room(room) => dict.with("room", room.as_str()),
            Place::Person(to) => dict.with("to", to.as_deref().unwrap_or("zoe")),
        };
        dict.with("message", self.text.as_str()).with("timestamp", "2015-03-28T13:15:29.123Z")
    }

    /// What a reader of this dialect should find. `json` alone keeps characters that are older than
    /// the rules; the others have spaces in their places.
    fn line(&self, dialect: &str) -> Line {
        let place = match (&self.place, dialect) {
            (_, "text") => None,
            (Place::Person(_), "auto" | "json") => Some(Place::Person(Some("zoe".into()))),
            (place, _) => Some(place.clone()),
        };
        let plain = |it: char| it != '\t' && (it.is_control() || ends_a_line(it));
        let text = match dialect {
            "auto" | "json" => self.text.clone(),
            _ => self.text.replace(plain, " "),
        };
        Line::Said { by: self.by.clone(), place, text }
    }
}

/// Every dialect in which people hear each other, with everything about it that can be chosen.
fn dialects() -> Vec<Arc<dyn Dialect>> {
    let named = DIALECTS.iter().flat_map(|entry| {
        let choices = entry.choices.iter().flat_map(|choice| {
            choice.values.iter().map(|value| format!("{}:{}={value}", entry.name, choice.name))
        });
        std::iter::once(entry.name.to_owned()).chain(choices)
    });
    // Who speaks `menu` looks on, and hears nobody.
    let named = named.filter(|name| name != "menu");
    named.map(|name| find(&name, &Limits::default()).unwrap()).collect()
}

/// A name that a person can have: chosen, like an address, or of an address.
fn name() -> impl Strategy<Value = String> {
    let reserved = ["server", "admin", "system", "all"];
    let chosen = prop_oneof!["[A-Za-z0-9_]{1,32}", "you|lobby|tea|bob|said|LOGIN"];
    let chosen = chosen.prop_filter("reserved", move |name: &String| {
        !reserved.iter().any(|reserved| name.eq_ignore_ascii_case(reserved))
    });
    let address = any::<(IpAddr, u16)>().prop_map(|it| address::name(it.into()));
    // A zero in front of one of its numbers.
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

/// Any text, and pieces of what others and the server would say.
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
    (name(), place_of_a_message(), text()).prop_map(|(by, place, text)| Message { by, place, text })
}

/// What the server says to many of what a person does, and by itself.
fn news() -> impl Strategy<Value = Response> {
    let what =
        prop::sample::select(vec!["join", "leave", "entered", "exited", "removed", "notice"]);
    (what, name(), "[a-z0-9_]{1,32}", any::<bool>()).prop_map(|(what, who, room, broken)| {
        let person = Dict::new().with("username", who).with("online", 2);
        let in_room = person.clone().with("room", room.as_str());
        Response::ok(
            what,
            match what {
                "leave" if broken => person.with("broken", true),
                "join" | "leave" => person,
                "removed" => Dict::new().with("id", 1),
                "notice" => Dict::new().with("message", "You were kicked."),
                _ => in_room,
            },
        )
    })
}

proptest! {
    #[test]
    fn a_reader_finds_what_was_said_and_nothing_else(message in message()) {
        for dialect in dialects() {
            let frames = dialect.encode(&Response::ok("message", message.dict())).frames;
            let lines = read(dialect.name(), &frames);
            if READ.contains(&dialect.name()) {
                prop_assert_eq!(lines, vec![message.line(dialect.name())], "{}", dialect.name());
            }
        }
    }

    #[test]
    fn a_reader_finds_what_was_said_before(messages in prop::collection::vec(message(), 1..4)) {
        let list: Vec<Value> = messages.iter().map(|message| message.dict().into()).collect();
        let login = Response::ok("login", Dict::new().with("username", "zoe").with("messages", list));
        // `plain` does not tell it.
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
    fn what_the_server_says_looks_like_nobodys(news in news()) {
        for dialect in dialects() {
            let lines = read(dialect.name(), &dialect.encode(&news).frames);
            if READ.contains(&dialect.name()) {
                prop_assert_eq!(lines, vec![Line::Server], "{}", dialect.name());
            }
        }
    }
}
