//! What the client shows in a terminal, and how.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};

use expectrl::Expect;
use expectrl::session::OsSession;
use harness::clients::{empty_home, exit_code, spawn, terminal, until, until_end};
use harness::{Peer, Server, json};
use tempfile::TempDir;

use crate::terminal::alice_at_a_terminal;

/// A home with this text as its `client.toml`.
pub(crate) fn configured(text: &str) -> TempDir {
    let home = empty_home();
    let folder = home.path().join("strata");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("client.toml"), text).unwrap();
    home
}

#[test]
fn invisible_characters_are_shown_and_emoji_stay_whole() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    let family = "👨\u{200d}👩\u{200d}👧 1\u{fe0f}\u{20e3} ❤\u{fe0f}";
    bob.says(&format!("hi\u{e0041}\u{200b}\u{fe0f} {family}"));
    bob.hears(json!({"response": "message"}));
    until(&mut alice, &format!("bob: hi<U+E0041><U+200B><U+FE0F> {family}"));
}

#[test]
fn people_who_are_present_have_different_colours() {
    let server = Server::start("events", &[]);
    let names: Vec<String> = (0..13).map(|number| format!("n{number}")).collect();
    let mut people: Vec<Peer> = names.iter().map(|name| server.login(name)).collect();
    let home = empty_home();
    let mut alice = terminal(home.path(), &[&server.address().to_string(), "--name", "alice"]);
    until(&mut alice, "you are alice");
    // The client asked for the names before.
    alice.send_line("/names").unwrap();
    until(&mut alice, "* here: ");
    let mut colours = BTreeSet::new();
    for (person, name) in people.iter_mut().zip(&names) {
        person.says("hello");
        let shown = until(&mut alice, &format!("m{name}\x1b[0m: hello"));
        let (_, colour) = shown.rsplit_once("\x1b[38;5;").unwrap();
        colours.insert(colour.split_once('m').unwrap().0.to_owned());
    }
    assert_eq!(colours.len(), 13, "{colours:?}");
    alice.send("\x04").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn a_mention_is_highlighted_and_rings_the_bell() {
    let server = Server::start("events", &[]);
    let mut bob = server.login("bob");
    let home = configured("name = 'alice'\nbell = true\n");
    let mut alice = terminal(home.path(), &[&server.address().to_string()]);
    until(&mut alice, "you are alice");
    bob.hears(json!({"response": "join", "username": "alice"}));
    bob.says("malice and alice2");
    until(&mut alice, "malice and alice2\r\n");
    bob.says("what about Alice?");
    let shown = until(&mut alice, "bob\x1b[0m: \x1b[1mwhat about Alice?\x1b[0m");
    assert!(shown.contains('\x07') && shown.contains("\x1b[7m\x1b["), "{shown:?}");
    // Neither the own name in an own message nor the end of the session rings.
    alice.send_line("I am alice").unwrap();
    for text in ["malice and alice2", "what about Alice?", "I am alice"] {
        bob.hears(json!({"response": "message", "message": text}));
    }
    bob.says("who?");
    let shown = until(&mut alice, ": who?");
    assert!(shown.contains("I am alice") && !shown.contains('\x07'), "{shown:?}");
    alice.send("\x04").unwrap();
    let end = until_end(&mut alice);
    assert!(!end.contains('\x07'), "{end:?}");
    assert_eq!(exit_code(&mut alice), 0);
}

/// The socket of a server that answers the first request, and a client in a terminal of this time zone.
fn in_time_zone(zone: &str) -> (TcpStream, TempDir, OsSession) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let home = empty_home();
    let mut client = harness::client(home.path());
    client.args([&listener.local_addr().unwrap().to_string(), "--color", "never"]).env("TZ", zone);
    let mut alice = spawn(client);
    until(&mut alice, "name: ");
    alice.send_line("").unwrap();
    let (mut server, _) = listener.accept().unwrap();
    writeln!(server, r#"{{"response":"help","error":"not here","tag":"own"}}"#).unwrap();
    (server, home, alice)
}

#[test]
fn a_line_with_the_date_precedes_the_first_message_of_a_day() {
    // Local midnight is at half past six in the evening, UTC.
    let (mut server, _home, mut alice) = in_time_zone("HERE-5:30");
    until(&mut alice, "/login NAME to log in");
    until(&mut alice, "> ");
    let mut say = |text: &str, time: &str| {
        writeln!(
            server,
            r#"{{"response":"message","username":"bob","message":"{text}","timestamp":"{time}"}}"#
        )
        .unwrap();
    };
    say("before", "2999-12-31T18:29:59Z");
    say("after", "2999-12-31T18:30:00Z");
    say("later", "3000-01-01T18:29:59Z");
    say("old", "2020-02-29T20:00:00Z");
    let shown = until(&mut alice, "old\r\n");
    // The editor draws the prompt between the lines.
    let lines = shown.split("\r\n").filter_map(|line| line.rsplit(['\r', 'K']).next());
    let lines: String = lines.flat_map(|line| [line, "\n"]).collect();
    let want = "* Tuesday, 31 December 2999\n2999-12-31 23:59 bob: before\n\
                * Wednesday, 1 January 3000\n3000-01-01 00:00 bob: after\n3000-01-01 23:59 bob: later\n\
                2020-03-01 01:30 bob: old\n\n";
    assert!(lines.ends_with(want), "{lines:?}");
    alice.send("\x04").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn smart_joins_show_only_people_who_spoke_and_count_the_rest_of_a_run() {
    let server = Server::start("events", &[]);
    let mut bob = server.login("bob");
    bob.says("early");
    bob.hears(json!({"response": "message"}));
    let home = configured("name = 'alice'\njoins = 'smart'\n");
    let mut alice = terminal(home.path(), &[&server.address().to_string(), "--color", "never"]);
    until(&mut alice, "you are alice");
    let mut carol = server.login("carol");
    // The client shows bob, who is in the backlog, but not carol.
    let mut leaves = |bob: &mut Peer| {
        bob.asks(json!({"request": "logout"}));
        carol.hears(json!({"response": "leave", "username": "bob"}));
        bob.asks(json!({"request": "login", "username": "bob"}));
        carol.hears(json!({"response": "join", "username": "bob"}));
    };
    leaves(&mut bob);
    leaves(&mut bob);
    carol.says("hello");
    let shown = until(&mut alice, "carol: hello");
    assert!(shown.contains("* bob left (2 online)") && !shown.contains("carol joined"), "{shown}");
    for line in ["* bob joined (3 online)\r\n", "* 1 joined, 1 left (3 online)\r\n"] {
        assert!(shown.contains(line), "{shown}");
    }
    alice.send("\x04").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn ignored_people_are_not_shown_in_later_runs_either() {
    let server = Server::start("events", &[]);
    let (mut bob, mut carol) = (server.login("bob"), server.login("carol"));
    let home = configured("name = 'alice'\n");
    let address = server.address().to_string();
    let mut alice = terminal(home.path(), &[&address, "--color", "never"]);
    until(&mut alice, "alice> ");
    alice.send_line("/ignore Bob").unwrap();
    until(&mut alice, "* you ignore Bob");
    until(&mut alice, "alice> ");
    bob.says("never shown");
    bob.asks(json!({"request": "message", "message": "nor whispered", "to": "alice"}));
    bob.asks(json!({"request": "logout"}));
    carol.hears(json!({"response": "join", "username": "alice"}));
    carol.hears(json!({"response": "message", "message": "never shown"}));
    carol.hears(json!({"response": "leave", "username": "bob"}));
    carol.says("hello");
    let shown = until(&mut alice, "carol: hello");
    assert!(!shown.contains("never shown") && !shown.contains("whisper"), "{shown}");
    assert!(!shown.contains("bob left"), "{shown}");
    alice.send_line("/history 2").unwrap();
    until(&mut alice, "* 1 message of a person whom you ignore is not shown");
    until(&mut alice, "alice> ");
    alice.send("\x04").unwrap();
    assert_eq!(exit_code(&mut alice), 0);

    let mut alice = terminal(home.path(), &[&address, "--color", "never"]);
    let shown = until(&mut alice, "alice> ");
    assert!(shown.contains("carol: hello") && !shown.contains("never shown"), "{shown}");
    alice.send_line("/ignored").unwrap();
    until(&mut alice, "* you ignore: bob");
    until(&mut alice, "alice> ");
    alice.send_line("/unignore bob").unwrap();
    until(&mut alice, "* you do not ignore bob any more");
    until(&mut alice, "alice> ");
    alice.send_line("/history 2").unwrap();
    until(&mut alice, "bob: never shown");
    until(&mut alice, "alice> ");
    alice.send("\x04").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn rooms_have_one_form_and_are_joined_at_the_start() {
    let server = Server::start("events", &[]);
    let mut bob = server.login("bob");
    bob.asks(json!({"request": "join", "room": "tea"}));
    bob.asks(json!({"request": "message", "message": "milk?", "room": "tea"}));
    bob.hears(json!({"response": "join", "room": "tea"}));
    bob.hears(json!({"response": "message", "id": 1}));
    let home = configured("name = 'alice'\nrooms = ['tea', '#work']\n");
    let mut alice = terminal(home.path(), &[&server.address().to_string(), "--color", "never"]);
    let shown = until(&mut alice, "alice#tea> ");
    assert!(shown.contains("* you are in #work (1 there)"), "{shown}");
    assert!(shown.contains("#tea bob: milk?"), "{shown}");
    bob.asks(json!({"request": "leave", "room": "tea"}));
    until(&mut alice, "* bob left #tea (1 there)");
    until(&mut alice, "alice#tea> ");
    alice.send_line("/join #lobby").unwrap();
    until(&mut alice, "* you are in #lobby");
    until(&mut alice, "alice#lobby> ");
    alice.send_line("/history 2 #tea").unwrap();
    until(&mut alice, "#tea bob: milk?");
    until(&mut alice, "alice#lobby> ");
    alice.send_line("/history tea").unwrap();
    until(&mut alice, "#tea bob: milk?");
    until(&mut alice, "alice#lobby> ");
    alice.send("\x04").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn the_lobby_among_the_rooms_of_the_configuration_is_entered_already() {
    let server = Server::start("events", &[]);
    let address = server.address().to_string();
    for (rooms, prompt) in
        [("'lobby', 'tea', 'work'", "alice#lobby> "), ("'tea', '#lobby', 'tea'", "alice#tea> ")]
    {
        let home = configured(&format!("name = 'alice'\nrooms = [{rooms}]\n"));
        let mut alice = terminal(home.path(), &[&address, "--color", "never"]);
        let mut shown = until(&mut alice, "* you are in #tea (1 there)");
        shown += &until(&mut alice, prompt);
        assert!(!shown.contains('!'), "{shown}");
        // A room that is joined later becomes the current one.
        alice.send_line("/join cake").unwrap();
        until(&mut alice, "alice#cake> ");
        alice.send("\x04").unwrap();
        assert_eq!(exit_code(&mut alice), 0);
    }
}

#[test]
fn a_line_shows_where_reading_stopped() {
    let server = Server::start("events", &[]);
    let mut bob = server.login("bob");
    // So short that each message comes after it.
    let home = configured("name = 'alice'\nunread_after = 0.000001\n");
    let mut alice = terminal(home.path(), &[&server.address().to_string(), "--color", "never"]);
    until(&mut alice, "alice> ");
    let marker = "* --- unread from here (no key since ";
    for text in ["one", "three"] {
        bob.says(text);
        until(&mut alice, marker);
        until(&mut alice, &format!(" bob: {text}\r\n"));
        // The marker comes once, until a key is pressed.
        bob.says("again");
        assert!(!until(&mut alice, " bob: again\r\n").contains(marker));
        alice.send("x").unwrap();
        until(&mut alice, "x");
    }
    // An answer to a request of the person is no new message.
    alice.send("\x15/history 1\r").unwrap();
    assert!(!until(&mut alice, " bob: again").contains(marker));
    bob.says("where is alice?");
    until(&mut alice, "where is ");
    alice.send("x").unwrap();
    until(&mut alice, "* while you were away: bob mentioned you or whispered, at ");
    alice.send("\x15\x04").unwrap();
    assert_eq!(exit_code(&mut alice), 0);

    let home = configured("name = 'alice'\nunread_after = 0\n");
    let mut alice = terminal(home.path(), &[&server.address().to_string(), "--color", "never"]);
    until(&mut alice, "alice> ");
    bob.says("no marker");
    assert!(!until(&mut alice, " bob: no marker\r\n").contains(marker));
    alice.send("\x04").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}
