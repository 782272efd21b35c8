//! A person with an account logs in at a second place, and ends the session at the first one.

use std::path::Path;

use expectrl::Expect;
use expectrl::session::OsSession;
use harness::clients::{empty_home, exit_code, script, terminal, until};
use harness::{Server, json, write_private};

use crate::reconnect::{restart, start};
use crate::relogin::{OLD as PASSWORD, alice};

const QUESTION: &str = "end that session and log in here? [y/N] ";

/// A second client of alice that has found her logged in.
fn second(folder: &Path, server: &Server) -> OsSession {
    let address = server.address().to_string();
    let mut second = terminal(folder, &[&*address, "--name", "alice", "--color", "never"]);
    until(&mut second, "password for alice: ");
    second.send_line(PASSWORD).unwrap();
    until(&mut second, "* you are logged in elsewhere");
    until(&mut second, QUESTION);
    second
}

#[test]
fn a_yes_ends_the_other_session_whose_client_waits_for_the_person() {
    let (folder, other) = (empty_home(), empty_home());
    let server = start(0, folder.path());
    let (mut first, mut bob) = alice(folder.path(), &server);
    bob.hears(json!({"response": "join", "username": "alice"}));
    first.send("half a line").unwrap();
    until(&mut first, "half a line");
    let mut second = second(other.path(), &server);
    second.send_line("y").unwrap();
    until(&mut second, "* you are alice");
    until(&mut second, "alice> ");
    bob.hears(json!({"response": "leave", "username": "alice"}));
    bob.hears(json!({"response": "join", "username": "alice"}));
    until(&mut first, "* You have logged in elsewhere.");
    until(&mut first, "; /login alice connects again");
    until(&mut first, "not connected> half a line");

    // The person goes back to the first place, and is in the room again.
    first.send("\x15/login alice\r").unwrap();
    until(&mut first, "password for alice: ");
    first.send_line(PASSWORD).unwrap();
    until(&mut first, QUESTION);
    first.send_line("yes").unwrap();
    until(&mut first, "alice#tea> ");
    until(&mut second, "not connected> ");
    second.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut second), 0);
    first.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut first), 0);
}

#[test]
fn without_a_yes_the_other_session_stays_and_another_line_is_not_lost() {
    let (folder, other) = (empty_home(), empty_home());
    let server = start(0, folder.path());
    let (mut first, mut bob) = alice(folder.path(), &server);
    bob.hears(json!({"response": "join", "username": "alice"}));
    let mut second = second(other.path(), &server);
    second.send_line("hello, is this the chat?").unwrap();
    until(&mut second, "* the name is free when that session ends");
    until(&mut second, "* not sent; Up brings it back");
    until(&mut second, "* another name?");
    until(&mut second, "name: ");
    second.send_line("/login alice").unwrap();
    until(&mut second, "password for alice: ");
    second.send_line(PASSWORD).unwrap();
    until(&mut second, QUESTION);
    // A command is executed.
    second.send_line("/login carol").unwrap();
    until(&mut second, "* the name is free when that session ends");
    until(&mut second, "carol> ");
    bob.hears(json!({"response": "join", "username": "carol"}));
    second.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut second), 0);
    first.send_line("still here").unwrap();
    bob.hears(json!({"response": "leave", "username": "carol"}));
    until(&mut first, "alice#tea> ");
    first.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut first), 0);
}

#[test]
fn a_client_that_comes_back_ends_the_other_session_only_if_the_person_wants_that() {
    let folder = empty_home();
    let server = start(0, folder.path());
    let (mut alice, _bob) = alice(folder.path(), &server);
    let login = json!({"request": "login", "username": "alice", "password": PASSWORD});
    let mut other = None;
    let server = restart(&mut alice, server, "KILL", folder.path(), |server| {
        let mut peer = server.connect();
        peer.asks(login);
        peer.hears(json!({"response": "login", "username": "alice"}));
        other = Some(peer);
    });
    let rows = [
        "* alice is logged in elsewhere (perhaps your old connection); trying again,",
        "/login alice ends that session",
    ];
    rows.into_iter().for_each(|row| drop(until(&mut alice, row)));
    until(&mut alice, "reconnecting, try  2> ");
    other.as_mut().unwrap().has_heard_everything();
    alice.send_line("/login alice").unwrap();
    until(&mut alice, "as alice");
    until(&mut alice, "* connected again; you are alice");
    until(&mut alice, "alice#tea> ");
    let notice = json!({"response": "notice", "reason": "replaced"});
    other.unwrap().hears(notice);
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
    drop(server);
}

#[test]
fn the_end_of_the_connection_during_the_question_is_told_once() {
    let (folder, other) = (empty_home(), empty_home());
    let server = start(0, folder.path());
    let (_first, _bob) = alice(folder.path(), &server);
    let mut second = second(other.path(), &server);
    server.signal("KILL");
    let shown = until(&mut second, "not connected> ");
    assert!(shown.contains("; /login NAME connects again"), "{shown}");
    assert!(!shown.contains("the name is free"), "{shown}");
    second.send("\x04").unwrap();
    assert_eq!(exit_code(&mut second), 0);
}

#[test]
fn with_the_password_in_a_file_a_terminal_asks_and_a_script_needs_the_option() {
    let (folder, other) = (empty_home(), empty_home());
    let server = start(0, folder.path());
    let (mut first, _bob) = alice(folder.path(), &server);
    let (address, file) = (server.address().to_string(), other.path().join("password"));
    write_private(&file, PASSWORD);
    let usual = [&*address, "--name", "alice", "--password-file", file.to_str().unwrap()];

    let refused = "! You are logged in elsewhere! With --name and --password-file, --replace ends that session.\n";
    assert_eq!(script(other.path(), &usual, "hello\n"), (refused.to_owned(), 1));
    let mut second = terminal(other.path(), &[&usual, &["--color", "never"][..]].concat());
    until(&mut second, "* you are logged in elsewhere");
    until(&mut second, QUESTION);
    second.send_line("y").unwrap();
    until(&mut second, "alice> ");
    until(&mut first, "not connected> ");

    let replaces = [&usual, &["--replace"][..]].concat();
    let said = "* you are alice\nalice: hello\n";
    assert_eq!(script(other.path(), &replaces, "hello\n"), (said.to_owned(), 0));
    until(&mut second, "* You have logged in elsewhere.");
    until(&mut second, "not connected> ");
    for client in [&mut first, &mut second] {
        client.send_line("/quit").unwrap();
        assert_eq!(exit_code(client), 0);
    }
}
