//! Another person has the name when the client in a terminal comes back: the person can take another one, or log out.

use std::path::Path;

use expectrl::Expect;
use expectrl::session::OsSession;
use harness::clients::{empty_home, exit_code, until};
use harness::{Peer, Server, json};

use crate::reconnect::{alice, restart, start};

/// A client of alice that has found her name taken by this peer.
fn taken(folder: &Path) -> (Server, OsSession, Peer) {
    let server = start(0, folder);
    let mut alice = alice(folder, &server, &[]);
    alice.send_line("/join tea").unwrap();
    until(&mut alice, "alice#tea> ");
    let mut other = None;
    let server = restart(&mut alice, server, "KILL", folder, |server| {
        other = Some(server.login("alice"));
    });
    // The two rows of the line.
    let rows = [
        "* the name alice is taken (your old connection, or another person); trying",
        "again, /login NAME takes another one",
    ];
    rows.into_iter().for_each(|row| drop(until(&mut alice, row)));
    (server, alice, other.unwrap())
}

#[test]
#[ignore = "slow"]
fn the_attempts_are_counted_and_another_name_ends_them() {
    let folder = empty_home();
    let (server, mut alice, mut other) = taken(folder.path());
    until(&mut alice, "reconnecting, try  2> ");
    until(&mut alice, "reconnecting, try  3> ");
    alice.send_line("hello").unwrap();
    until(&mut alice, "* not logged in");
    until(&mut alice, "; not sent: hello (Up brings it back)");
    alice.send_line("/login al!ce").unwrap();
    until(&mut alice, "! \"al!ce\" cannot be the name of a person");
    alice.send_line("/login alice2").unwrap();
    until(&mut alice, "as alice2");
    until(&mut alice, "* connected again; you are alice2");
    other.hears(json!({"response": "join", "username": "alice2"}));
    until(&mut alice, "alice2#tea> ");
    alice.send_line("/leave tea").unwrap();
    until(&mut alice, "alice2> ");
    alice.send_line("hello").unwrap();
    other.hears(json!({"response": "message", "username": "alice2", "message": "hello"}));
    until(&mut alice, "alice2> ");

    // The client comes back under the new name.
    let _server = restart(&mut alice, server, "KILL", folder.path(), |_| ());
    until(&mut alice, "* connected again; you are alice2");
    until(&mut alice, "alice2> ");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn a_name_with_an_account_is_asked_for_its_password() {
    let folder = empty_home();
    let (server, mut alice, _other) = taken(folder.path());
    let mut carol = server.login("carol");
    let password = "battery staple";
    carol.asks(json!({"request": "register", "username": "carol", "password": password}));
    carol.hears(json!({"response": "register"}));
    carol.asks(json!({"request": "logout"}));
    carol.hears(json!({"response": "logout"}));
    alice.send_line("/login carol").unwrap();
    let shown = until(&mut alice, "* connected again; the name carol needs a password");
    let shown = shown + &until(&mut alice, "password for carol: ");
    assert!(!shown.contains("Wrong password"), "{shown}");
    alice.send_line(password).unwrap();
    until(&mut alice, "* you are carol");
    until(&mut alice, "carol> ");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn a_logout_ends_the_attempts_and_keeps_the_connection() {
    let folder = empty_home();
    let (_server, mut alice, mut other) = taken(folder.path());
    alice.send_line("/logout").unwrap();
    until(&mut alice, "* you are logged out; /login alice logs in again");
    alice.send_line("/names").unwrap();
    until(&mut alice, "! You are not logged in");
    alice.send_line("/login carol").unwrap();
    until(&mut alice, "* you are carol");
    other.hears(json!({"response": "join", "username": "carol"}));
    until(&mut alice, "carol> ");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn without_a_connection_a_login_counts_for_the_next_one_and_a_logout_ends_the_attempts() {
    let folder = empty_home();
    let server = start(0, folder.path());
    let mut alice = alice(folder.path(), &server, &[]);
    let port = server.address().port();
    drop(server);
    until(&mut alice, "reconnecting ");
    alice.send_line("/ignore bob").unwrap();
    until(&mut alice, "* you ignore bob; /unignore bob ends that");
    alice.send_line("/help ignore").unwrap();
    until(&mut alice, "/ignore NAME");
    alice.send_line("/login carol").unwrap();
    until(&mut alice, "* the client logs in as carol when it is connected");
    let server = start(port, folder.path());
    until(&mut alice, "* connected again; you are carol");
    until(&mut alice, "carol> ");

    drop(server);
    until(&mut alice, "reconnecting ");
    alice.send_line("/logout").unwrap();
    let shown = until(&mut alice, "* you are logged out; /login carol connects again");
    until(&mut alice, "not connected> ");
    assert!(!shown.contains("perhaps"), "{shown}");
    let server = start(port, folder.path());
    alice.send_line("/login alice").unwrap();
    until(&mut alice, "* you are alice");
    until(&mut alice, "alice> ");
    drop(server);
    until(&mut alice, "reconnecting ");
    alice.send("\x04").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}
