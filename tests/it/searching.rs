//! What happens while the search through the history is open, which Ctrl-R starts.

use expectrl::Expect;
use expectrl::session::OsSession;
use harness::clients::{empty_home, exit_code, terminal, until};
use harness::{Peer, Server, json};

use crate::reconnect::{alice, says, start};
use crate::terminal::{alice_at_a_terminal, leaves_quietly};

/// How often a test tries what a slow machine can spoil.
const TRIES: usize = 20;

/// Alice sends a line, begins another one, and finds the first one in a search.
fn search(alice: &mut OsSession, bob: &mut Peer) {
    alice.send_line("found it").unwrap();
    bob.hears(json!({"response": "message", "message": "found it"}));
    until(alice, "alice: found it");
    until(alice, "alice> ");
    alice.send("half\x12fou").unwrap();
    until(alice, "`fou': found it");
}

#[test]
fn the_client_comes_back_during_a_search_and_shows_everything_after_it() {
    let folder = empty_home();
    let mut server = start(0, folder.path());
    let mut alice = alice(folder.path(), &server, &[]);
    let mut bob = server.login("bob");
    search(&mut alice, &mut bob);
    let (port, client) = (server.address().port(), alice.get_process().pid().to_string());
    for signal in ["KILL", "TERM"] {
        (1..=3).for_each(|number| says(&mut bob, None, &format!("{signal} {number}.")));
        server.signal(signal);
        server.exit_code();
        // Bob is there before alice comes back.
        harness::send_signal(client.parse().unwrap(), "STOP");
        server = start(port, folder.path());
        bob = server.login("bob");
        harness::send_signal(client.parse().unwrap(), "CONT");
        bob.hears(json!({"response": "join", "username": "alice"}));
        says(&mut bob, None, &format!("{signal} 4."));
    }
    // Ctrl-E ends the search. The line that was found stays, with the cursor at its end.
    alice.send("\x05").unwrap();
    let mut shown = String::new();
    for signal in ["KILL", "TERM"] {
        (1..=3).for_each(|number| {
            shown += &until(&mut alice, &format!("bob: {signal} {number}."));
        });
        shown += &until(&mut alice, "; connecting again");
        shown += &until(&mut alice, "connected again; you are alice");
        shown += &until(&mut alice, &format!("bob: {signal} 4."));
    }
    shown += &until(&mut alice, "alice> found it");
    assert_eq!(shown.matches("bob: ").count(), 8, "{shown}");
    says(&mut bob, None, "after");
    until(&mut alice, "bob: after");
    alice.send_line("!").unwrap();
    bob.hears(json!({"response": "message", "message": "found it!"}));
    leaves_quietly(&mut alice, &mut bob);
}

#[test]
fn escape_ends_a_search_with_the_line_that_was_found_in_any_letter_case() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    alice.send_line("Found IT").unwrap();
    bob.hears(json!({"response": "message", "message": "Found IT"}));
    until(&mut alice, "alice> ");
    alice.send("half\x12found i").unwrap();
    until(&mut alice, "`found i': Found IT");
    says(&mut bob, None, "meanwhile");
    alice.send("\x1b").unwrap();
    until(&mut alice, "bob: meanwhile");
    until(&mut alice, "alice> Found IT");
    alice.send("\r").unwrap();
    bob.hears(json!({"response": "message", "message": "Found IT"}));
    leaves_quietly(&mut alice, &mut bob);
}

#[test]
fn messages_are_shown_when_the_search_is_left() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    search(&mut alice, &mut bob);
    (1..=3).for_each(|number| says(&mut bob, None, &format!("{number}.")));
    alice.send("\x03").unwrap();
    (1..=3).for_each(|number| drop(until(&mut alice, &format!("bob: {number}."))));
    until(&mut alice, "alice> half");
    alice.send("\r").unwrap();
    bob.hears(json!({"response": "message", "message": "half"}));
    until(&mut alice, "alice> ");
    leaves_quietly(&mut alice, &mut bob);
}

#[test]
fn messages_are_shown_above_a_found_line_that_is_sent() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    // Nothing shows that alice's client has the messages: they can come too late for a short search. The keys follow
    // each other without a pause, for which the messages must not wait.
    let is_above = (1..=TRIES).any(|keys| {
        search(&mut alice, &mut bob);
        (1..=3).for_each(|number| says(&mut bob, None, &format!("{number}.")));
        for _ in 0..10 * keys {
            alice.send("n").unwrap();
            until(&mut alice, "`foun': ");
            alice.send("\x7f").unwrap();
            until(&mut alice, "`fou': ");
        }
        alice.send("\r").unwrap();
        bob.hears(json!({"response": "message", "message": "found it"}));
        let shown = until(&mut alice, "alice: found it");
        for number in (1..=3).map(|number| format!("bob: {number}.")) {
            if !shown.contains(&number) {
                until(&mut alice, &number);
            }
        }
        until(&mut alice, "alice> ");
        shown.contains("bob: 3.")
    });
    assert!(is_above, "below the line in {TRIES} tries");
    leaves_quietly(&mut alice, &mut bob);
}

#[test]
fn a_server_that_ends_during_a_search_is_named_after_the_messages() {
    let mut server = Server::start("events", &[]);
    let mut bob = server.login("bob");
    let home = empty_home();
    let address = server.address().to_string();
    let arguments = [&*address, "--name", "alice", "--color", "never", "--no-reconnect"];
    let mut alice = terminal(home.path(), &arguments);
    until(&mut alice, "alice> ");
    bob.hears(json!({"response": "join", "username": "alice"}));
    search(&mut alice, &mut bob);
    (1..=3).for_each(|number| says(&mut bob, None, &format!("{number}.")));
    server.signal("TERM");
    server.exit_code();
    alice.send("\x05").unwrap();
    (1..=3).for_each(|number| drop(until(&mut alice, &format!("bob: {number}."))));
    until(&mut alice, "The server is shutting down.");
    until(&mut alice, "the server closed the connection");
    assert_eq!(exit_code(&mut alice), 1);
}

/// Tab has nothing to complete there. The editor alone would show the prompt of the search until the next key.
#[test]
fn a_key_that_ends_the_search_shows_the_line_and_the_messages() {
    for key in ["\t", "\x04", "\x1b[3~"] {
        let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
        search(&mut alice, &mut bob);
        says(&mut bob, None, "meanwhile");
        alice.send(key).unwrap();
        until(&mut alice, "bob: meanwhile");
        until(&mut alice, "alice> found it");
        alice.send("\x05\x15/quit\r").unwrap();
        assert_eq!(exit_code(&mut alice), 0);
    }
}

#[test]
fn ctrl_l_in_a_search_keeps_the_found_line() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    let mut screen = avt::Terminal::with_scrollback(80, 24, None).unwrap();
    search(&mut alice, &mut bob);
    alice.send("\x0c").unwrap();
    screen.feed(until(&mut alice, "alice> found it"));
    let lines = screen.screen().text();
    let lines: Vec<_> = lines.iter().filter(|line| !line.is_empty()).collect();
    assert_eq!(lines, ["alice> found it"]);
    alice.send("\r").unwrap();
    bob.hears(json!({"response": "message", "message": "found it"}));
    until(&mut alice, "alice> ");
    leaves_quietly(&mut alice, &mut bob);
}
