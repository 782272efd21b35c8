//! The client at a terminal asks for the password if the one with which it comes back is not valid any more.

use std::path::Path;

use assert_cmd::Command;
use expectrl::Expect;
use expectrl::session::OsSession;
use harness::clients::{empty_home, exit_code, until};
use harness::{Peer, Server, json, write_private};

use crate::reconnect::{self, start};
use crate::terminal::registers;

pub(crate) const OLD: &str = "battery staple";
const NEW: &str = "correct horse";

/// Runs `server account` with this password on the data file in this folder.
fn account(folder: &Path, what: &str, name: &str, password: &str) {
    let file = folder.join("password");
    write_private(&file, password);
    let mut command = Command::from_std(harness::server());
    command.args(["account", what, name, "--data"]).arg(folder.join("data.db"));
    command.arg("--password-file").arg(file).assert().success();
}

/// A client of alice, who has an account and is in a room, and a peer in the chat.
pub(crate) fn alice(folder: &Path, server: &Server) -> (OsSession, Peer) {
    let bob = server.login("bob");
    let mut alice = reconnect::alice(folder, server, &[]);
    registers(&mut alice, OLD);
    alice.send_line("/join tea").unwrap();
    until(&mut alice, "alice#tea> ");
    (alice, bob)
}

#[test]
fn a_password_that_was_changed_elsewhere_is_asked_for_and_the_typed_line_stays() {
    let folder = empty_home();
    let server = start(0, folder.path());
    let (mut alice, _bob) = alice(folder.path(), &server);
    alice.send("half a line\x1b[D\x1b[D").unwrap();
    until(&mut alice, "half a line");
    account(folder.path(), "passwd", "alice", NEW);
    until(&mut alice, "* The password of this account was changed. Log in again.");
    let seen = until(&mut alice, "! connected again, but not logged in: Wrong password!");
    let seen = seen + &until(&mut alice, "password for alice: ");
    alice.send_line("wrong horse").unwrap();
    let seen = seen + &until(&mut alice, "password for alice, try 2 of 3 (Enter cancels): ");
    alice.send_line(NEW).unwrap();
    let seen = seen + &until(&mut alice, "* you are alice");
    assert!(!seen.contains("horse"), "{seen}");
    until(&mut alice, "alice#tea> half a line");
    // The cursor is where it was.
    alice.send("some ").unwrap();
    until(&mut alice, "alice#tea> half a lisome ne");

    // The client remembers the new password.
    let port = server.address().port();
    drop(server);
    let server = start(port, folder.path());
    let seen = until(&mut alice, "* connected again; you are alice");
    assert!(!seen.contains("password"), "{seen}");
    until(&mut alice, "alice#tea> half a lisome ne");
    alice.send("\x05\x15/quit\r").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
    drop(server);
}

#[test]
#[ignore = "slow"]
fn a_restart_during_the_question_is_explained_and_the_password_connects_again() {
    let folder = empty_home();
    let server = start(0, folder.path());
    let (mut alice, _bob) = alice(folder.path(), &server);
    let port = server.address().port();
    account(folder.path(), "passwd", "alice", NEW);
    until(&mut alice, "password for alice: ");
    alice.send("correct ").unwrap();
    drop(server);
    let seen = until(&mut alice, "; /login alice connects again");
    let seen = seen + &until(&mut alice, "password for alice: ");
    let server = start(port, folder.path());
    alice.send_line("horse").unwrap();
    let seen = seen + &until(&mut alice, "* connected to ");
    let seen = seen + &until(&mut alice, "* you are alice");
    assert!(!seen.contains("correct") && !seen.contains("horse"), "{seen}");
    until(&mut alice, "alice#tea> ");

    // A person who cancels is told how to log in, also after another restart.
    account(folder.path(), "passwd", "alice", OLD);
    until(&mut alice, "password for alice: ");
    alice.send_line("").unwrap();
    until(&mut alice, "* cancelled");
    until(&mut alice, "* /login alice tries it again");
    until(&mut alice, "> ");
    drop(server);
    until(&mut alice, "; /login alice connects again");
    until(&mut alice, "not connected> ");
    let mut server = start(port, folder.path());
    alice.send_line("/login alice").unwrap();
    until(&mut alice, "password for alice: ");
    alice.send_line(OLD).unwrap();
    until(&mut alice, "alice#tea> ");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
    server.signal("TERM");
    server.exit_code();
}

#[test]
fn a_guest_whose_name_has_an_account_now_is_asked_for_the_password() {
    let folder = empty_home();
    let server = start(0, folder.path());
    let mut alice = reconnect::alice(folder.path(), &server, &[]);
    account(folder.path(), "add", "alice", NEW);
    until(&mut alice, "* This name has an account now.");
    until(&mut alice, "password for alice: ");
    alice.send_line(NEW).unwrap();
    until(&mut alice, "alice> ");
    let mut bob = server.login("bob");
    until(&mut alice, "* bob joined (2 online)");
    alice.send_line("here I am").unwrap();
    bob.hears(json!({"response": "message", "username": "alice", "message": "here I am"}));
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn a_question_of_passwd_ends_with_the_session() {
    let folder = empty_home();
    let server = start(0, folder.path());
    let (mut alice, _bob) = alice(folder.path(), &server);
    alice.send_line("/passwd").unwrap();
    until(&mut alice, "old password: ");
    alice.send_line(OLD).unwrap();
    until(&mut alice, "new password: ");
    account(folder.path(), "passwd", "alice", NEW);
    until(&mut alice, "! connected again, but not logged in: Wrong password!");
    alice.send_line(NEW).unwrap();
    until(&mut alice, "! you are not logged in any more, so that was not used");
    until(&mut alice, "password for alice: ");
    alice.send_line(NEW).unwrap();
    until(&mut alice, "* you are alice");
    until(&mut alice, "alice#tea> ");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn a_person_whose_account_was_removed_is_back_as_a_guest() {
    let folder = empty_home();
    let server = start(0, folder.path());
    let (mut alice, _bob) = alice(folder.path(), &server);
    let mut command = Command::from_std(harness::server());
    command.args(["account", "remove", "alice", "--data"]).arg(folder.path().join("data.db"));
    command.assert().success();
    until(&mut alice, "* This account was removed.");
    let seen =
        until(&mut alice, "* the name alice has no account any more, so it needs no password");
    let seen = seen + &until(&mut alice, "* connected again; you are alice");
    assert!(!seen.contains("password for") && !seen.contains("Wrong password"), "{seen}");
    until(&mut alice, "alice#tea> ");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}
