//! The login at the start of the client, if the server answers late.

use std::fs;
use std::path::Path;

use expectrl::Expect;
use expectrl::session::OsSession;
use harness::clients::{empty_home, exit_code, terminal, until};
use harness::{Peer, Server, json};
use tempfile::TempDir;

use crate::terminal::{alice_at_a_terminal, leaves_quietly};

const STOPPED: &str = "* not waiting any more; you are not logged in yet (Ctrl-D leaves)\r\n";
const GUARD: &str = "this may be a password, and you are not logged in; send it anyway? [y/N] ";
const WAITING: &str = "* waiting for the answer of the server; Ctrl-C stops that";

/// A server with bob, which is stopped, and a client at a terminal that logs in under this name.
fn starts_during_a_stop(name: &str) -> (Server, Peer, TempDir, OsSession) {
    let server = Server::start("events", &[]);
    let mut peer = server.connect();
    peer.asks(json!({"request": "register", "username": "carl", "password": "correcthorse"}));
    peer.hears(json!({"response": "register"}));
    let bob = server.login("bob");
    server.signal("STOP");
    let home = empty_home();
    let address = server.address().to_string();
    let client = terminal(home.path(), &[&address, "--name", name, "--color", "never"]);
    (server, bob, home, client)
}

fn history(home: &Path) -> String {
    fs::read_to_string(home.join("strata/client-history")).unwrap_or_default()
}

fn leaves(client: &mut OsSession) {
    client.send_line("/quit").unwrap();
    assert_eq!(exit_code(client), 0);
}

#[test]
fn the_client_waits_at_its_start_and_asks_for_the_password_after_a_late_answer() {
    let (server, _bob, home, mut carl) = starts_during_a_stop("carl");
    until(&mut carl, WAITING);
    // The terminal does not show what is typed during the wait, and the question takes it.
    carl.send("correct").unwrap();
    server.signal("CONT");
    let seen = until(&mut carl, "password for carl: ");
    assert!(!seen.contains('!') && !seen.contains("> "), "{seen:?}");
    carl.send_line("horse").unwrap();
    let seen = until(&mut carl, "carl> ");
    assert!(!seen.contains("horse"), "{seen:?}");
    leaves(&mut carl);
    assert!(!history(home.path()).contains("horse"));
}

#[test]
fn a_message_typed_during_the_wait_is_sent_after_the_login() {
    let (server, mut bob, _home, mut zoe) = starts_during_a_stop("zoe");
    until(&mut zoe, WAITING);
    zoe.send_line("hello").unwrap();
    server.signal("CONT");
    until(&mut zoe, "* you are zoe");
    until(&mut zoe, "zoe: hello");
    bob.hears(json!({"response": "join", "username": "zoe"}));
    bob.hears(json!({"response": "message", "username": "zoe", "message": "hello"}));
    until(&mut zoe, "zoe> ");
    leaves(&mut zoe);
}

#[test]
fn a_late_login_changes_the_prompt_and_shows_what_was_typed_before() {
    let (server, mut bob, _home, mut zoe) = starts_during_a_stop("zoe");
    until(&mut zoe, WAITING);
    zoe.send("\x03").unwrap();
    until(&mut zoe, STOPPED);
    until(&mut zoe, "> ");
    zoe.send_line("hello all").unwrap();
    until(&mut zoe, "hello all");
    until(&mut zoe, "> ");
    // Two lines pasted as one message.
    zoe.send("\x1b[200~one\ntwo\x1b[201~\r").unwrap();
    until(&mut zoe, "two");
    until(&mut zoe, "> ");
    zoe.send("half a").unwrap();
    until(&mut zoe, "half a");
    server.signal("CONT");
    until(&mut zoe, "* you are zoe");
    let seen = until(&mut zoe, "zoe: one");
    assert_eq!(seen.matches("zoe: hello all").count(), 1, "{seen:?}");
    let seen = seen + &until(&mut zoe, "zoe> half a");
    assert_eq!(seen.matches("zoe: hello all").count(), 1, "{seen:?}");
    bob.hears(json!({"response": "join", "username": "zoe"}));
    for text in ["hello all", "one\ntwo"] {
        bob.hears(json!({"response": "message", "username": "zoe", "message": text}));
    }
    zoe.send_line(" line").unwrap();
    until(&mut zoe, "zoe: half a line");
    bob.hears(json!({"response": "message", "message": "half a line"}));
    leaves(&mut zoe);
}

#[test]
fn a_late_refusal_leads_to_the_question_for_the_password() {
    let (server, mut bob, home, mut carl) = starts_during_a_stop("carl");
    until(&mut carl, WAITING);
    carl.send("\x03").unwrap();
    until(&mut carl, STOPPED);
    until(&mut carl, "> ");
    // The person takes the prompt for a question. The login may succeed before others get the line.
    carl.send_line("correcthorse").unwrap();
    until(&mut carl, GUARD);
    carl.send_line("").unwrap();
    until(&mut carl, "> ");
    carl.send("half a").unwrap();
    until(&mut carl, "half a");
    server.signal("CONT");
    let seen = until(&mut carl, "* the name carl needs a password");
    let seen = seen + &until(&mut carl, "password for carl: ");
    assert!(!seen.contains('!'), "{seen:?}");
    server.signal("STOP");
    carl.send_line("wronghorse").unwrap();
    until(&mut carl, WAITING);
    carl.send("\x03").unwrap();
    // A late answer to a password leads to the next question, too.
    until(&mut carl, "> half a");
    server.signal("CONT");
    until(&mut carl, "! Wrong password!");
    until(&mut carl, "password for carl: ");
    carl.send_line("correcthorse").unwrap();
    until(&mut carl, "carl> half a");
    bob.hears(json!({"response": "join", "username": "carl"}));
    bob.has_heard_everything();
    carl.send("\x15").unwrap();
    leaves(&mut carl);
    assert!(!history(home.path()).contains("horse"));
}

#[test]
fn a_stopped_wait_for_a_room_is_told_and_a_late_answer_changes_the_prompt() {
    let (server, mut bob, _home, mut alice) = alice_at_a_terminal();
    server.signal("STOP");
    alice.send_line("/join tea").unwrap();
    until(&mut alice, WAITING);
    alice.send("\x03").unwrap();
    until(&mut alice, "* not waiting any more\r\n");
    until(&mut alice, "alice> ");
    server.signal("CONT");
    until(&mut alice, "alice#tea> ");
    leaves_quietly(&mut alice, &mut bob);
}
