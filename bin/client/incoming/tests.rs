//! Random responses, as a broken or hostile server may send them: the client shows each or reports
//! it.

use proptest::prelude::*;

use super::*;
use crate::chosen::Chosen;
use crate::conversation::testing::connected;
use crate::left::Left;
use crate::tags::OWN;

/// Responses that the client knows, and an unknown one.
const NAMES: [&str; 20] = [
    "message", "join", "leave", "entered", "exited", "notice", "login", "logout", "register",
    "names", "rooms", "history", "version", "remove", "kick", "ban", "shutdown", "help", "bans",
    "never",
];

/// Keys of responses.
const KEYS: [&str; 20] = [
    "message",
    "username",
    "room",
    "online",
    "messages",
    "to",
    "timestamp",
    "id",
    "names",
    "rooms",
    "more",
    "who",
    "version",
    "help",
    "request",
    "arguments",
    "name",
    "type",
    "summary",
    "access",
];

fn short() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z0-9_]{0,12}",
        2 => ".{0,8}",
        1 => Just("-009999-01-02T01:59:59Z".to_owned()),
        1 => Just("\u{1b}[2J\u{9b}\u{202e}\r\n".to_owned()),
    ]
}

/// A text; sometimes longer than the largest width that `format!` accepts.
fn text() -> impl Strategy<Value = String> {
    let long = ("\\PC", 60_000..80_000usize).prop_map(|(text, times)| text.repeat(times));
    prop_oneof![20 => short(), 1 => long]
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![6 => prop::sample::select(&KEYS[..]).prop_map(str::to_owned), 1 => short()]
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        short().prop_map(Value::from),
    ]
}

fn dict(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Dict> {
    prop::collection::vec((key(), value), 0..6).prop_map(|pairs| {
        pairs.into_iter().fold(Dict::new(), |dict, (key, value)| dict.with(&key, value))
    })
}

/// A long list with one wide row.
fn rows() -> impl Strategy<Value = Value> {
    let wide = dict(prop_oneof![leaf(), text().prop_map(Value::from)]);
    (dict(leaf()), 0..3000usize, wide).prop_map(|(row, times, wide)| {
        let rows = std::iter::repeat_n(row, times).chain([wide]);
        rows.map(Value::from).collect()
    })
}

fn value() -> impl Strategy<Value = Value> {
    let nested = leaf().prop_recursive(3, 20, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            dict(inner).prop_map(Value::from),
        ]
    });
    prop_oneof![6 => nested, 2 => text().prop_map(Value::from), 1 => rows()]
}

fn response() -> impl Strategy<Value = Response> {
    let name =
        prop_oneof![6 => prop::sample::select(&NAMES[..]).prop_map(str::to_owned), 1 => text()];
    let tag = prop_oneof![Just(None), Just(Some(Value::from(OWN))), Just(Some(Value::from(1)))];
    (name, dict(value()), tag).prop_filter_map("no response", |(name, body, tag)| {
        let mut dict = Dict::new().with("response", name);
        body.iter().for_each(|(key, value)| dict.insert(key, value.clone()));
        tag.into_iter().for_each(|tag| dict.insert("tag", tag));
        Response::from_dict(dict).ok()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    #[ignore = "slow"]
    fn no_response_makes_the_client_panic_or_print_a_control_character(
        answers in prop::collection::vec(response(), 1..6),
        terminal: bool,
    ) {
        let (_server, conversation, _receiver) = connected(terminal);
        for answer in answers {
            let mut lines = conversation.receive(&answer);
            conversation.answered(&answer);
            prop_assert!(lines.len() <= 10_001, "{} lines", lines.len());
            let length: usize = lines.iter().map(String::len).sum();
            prop_assert!(length < 64 * 1024 * 1024, "{length} bytes");
            lines.extend(conversation.help(Some(80), None));
            let known = conversation.known();
            let room = known.rooms.tag();
            lines.push(conversation.style().prompt(known.me.as_deref(), room).1);
            let has_control = |line: &String| line.contains(|c: char| c.is_control() && c != '\t');
            prop_assert!(!lines.iter().any(has_control), "a control character is shown as it is");
        }
    }
}

#[test]
fn names_for_completion_are_bounded() {
    let (_server, conversation, _receiver) = connected(true);
    for number in 0..20_010 {
        let body = Dict::new().with("username", format!("n{number}")).with("online", number);
        conversation.receive(&Response::ok("join", body));
    }
    assert_eq!(conversation.known().here.len(), 20_000);
}

#[test]
fn a_person_who_makes_an_account_for_another_name_keeps_theirs() {
    let (_server, conversation, _receiver) = connected(true);
    let registered = |name: &str| {
        let answer = Response::ok("register", Dict::new().with("username", name));
        conversation.receive(&answer.tagged(Some(1.into())))
    };
    assert_eq!(registered("zed"), ["* zed has a password now"]);
    conversation.known().me = Some("alice".to_owned());
    assert_eq!(registered("zed"), ["* zed has a password now; you are still alice"]);
    assert_eq!(registered("Alice"), ["* Alice has a password now"]);
}

#[test]
fn a_refused_message_is_named() {
    let refused = |terminal, name: &str| {
        let (_server, conversation, _receiver) = connected(terminal);
        let request = Request::new(name.to_owned(), Dict::new().with("message", "psst\u{1b}[2J"));
        conversation.ask(request).unwrap();
        let failure = Failure { code: "muted".into(), text: "You are muted".into() };
        let name = name.to_owned().into();
        conversation.receive(&Response { name, outcome: Err(failure), tag: Some(1.into()) })
    };
    for terminal in [true, false] {
        assert_eq!(refused(terminal, "message"), ["! You are muted; not sent: psst^[[2J"]);
        assert_eq!(refused(terminal, "names"), ["! You are muted"]);
    }
}

#[test]
fn a_room_that_the_server_refuses_is_named() {
    let (_server, conversation, _receiver) = connected(true);
    let long = "x".repeat(40);
    conversation.known().chosen = Chosen::new(vec!["tea".to_owned(), long.clone()]);
    let login = Dict::new().with("username", "alice").with("messages", Value::Array(vec![]));
    conversation.receive(&Response::ok("login", login));
    let refused = |tag: u64, refusal: Refusal| {
        let (name, outcome) = ("join".into(), Err(refusal.into()));
        conversation.receive(&Response { name, outcome, tag: Some(tag.into()) })
    };
    let why = "Invalid room (40 characters are too many here)";
    assert_eq!(refused(1, Refusal::InvalidRoom), [format!("! cannot enter #{long}: {why}")]);
    let want = "! cannot enter #tea: You are in too many rooms!";
    assert_eq!(refused(2, Refusal::TooManyRooms), [want]);
}

#[test]
fn a_room_that_the_server_refused_at_first_becomes_the_current_one_later() {
    let login = Dict::new().with("username", "alice").with("messages", Value::Array(vec![]));
    let (_server, conversation, _receiver) = connected(true);
    conversation.known().chosen = Chosen::new(vec!["lobby".to_owned(), "tea".to_owned()]);
    conversation.receive(&Response::ok("login", login.clone()));
    let refuse = || {
        let tag = *conversation.known().sent.keys().next().unwrap();
        let (name, outcome) = ("join".into(), Err(Refusal::TooManyRooms.into()));
        conversation.receive(&Response { name, outcome, tag: Some(tag.into()) });
    };
    let enter = || {
        let body = Dict::new().with(ROOM, "tea").with("online", 1);
        conversation.receive(&Response::ok("join", body.with("messages", Value::Array(vec![]))))
    };
    refuse();
    assert_eq!(enter(), ["* you are in #tea (1 there)"]);
    assert_eq!(conversation.known().rooms.current(), "tea");
    // After a logout in the lobby, the client enters the room again.
    let mut known = conversation.known();
    known.rooms.switch_to(LOBBY);
    known.left = Left::new("alice".to_owned(), &known.rooms);
    known.sent.clear();
    drop(known);
    conversation.receive(&Response::ok("login", login));
    refuse();
    assert_eq!(enter(), ["* you are in #tea (1 there)"]);
    assert_eq!(conversation.known().rooms.current(), "tea");
}
