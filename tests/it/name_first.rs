//! The client in a terminal asks for a name before it connects.

use std::fs;
use std::net::TcpListener;

use expectrl::Expect;
use harness::clients::{empty_home, exit_code, terminal, until};
use harness::{Server, json};

#[test]
fn the_client_asks_for_a_name_before_it_connects() {
    let server = Server::start("events", &[]);
    let mut bob = server.login("bob");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let home = empty_home();
    let address = listener.local_addr().unwrap().to_string();
    let mut alice = terminal(home.path(), &[&address, "--color", "never"]);
    until(&mut alice, "name: ");
    assert!(listener.accept().is_err(), "the client has connected before it knows a name");
    alice.send("\x04").unwrap();
    assert_eq!(exit_code(&mut alice), 0);

    let address = server.address().to_string();
    let mut alice = terminal(home.path(), &[&address, "--color", "never"]);
    until(&mut alice, "name: ");
    alice.send_line("two words").unwrap();
    until(&mut alice, "! a name is one word");
    until(&mut alice, "name: ");
    alice.send_line("alice").unwrap();
    until(&mut alice, "alice> ");
    bob.hears(json!({"response": "join", "username": "alice"}));
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
    let history = fs::read_to_string(home.path().join("strata/client-history")).unwrap();
    assert!(!history.contains("two words"), "{history}");
}

#[test]
fn a_person_can_leave_or_connect_without_a_name() {
    let server = Server::start("events", &[]);
    let home = empty_home();
    let address = server.address().to_string();
    let arguments = [&*address, "--color", "never"];
    for (key, code) in [("\x03", 130), ("\x04", 0), ("/quit\r", 0)] {
        let mut alice = terminal(home.path(), &arguments);
        until(&mut alice, "name: ");
        alice.send(key).unwrap();
        assert_eq!(exit_code(&mut alice), code, "{key:?}");
    }
    let mut alice = terminal(home.path(), &arguments);
    until(&mut alice, "name: ");
    let pid = alice.get_process().pid().to_string();
    harness::send_signal(pid.parse().unwrap(), "TERM");
    assert_eq!(exit_code(&mut alice), 143);

    let mut alice = terminal(home.path(), &arguments);
    until(&mut alice, "name: ");
    alice.send_line("").unwrap();
    until(&mut alice, "/login NAME to log in");
    until(&mut alice, "> ");
    alice.send_line("/login alice").unwrap();
    until(&mut alice, "alice> ");
    alice.send("\x04").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn after_a_taken_name_or_a_wrong_password_the_client_asks_again() {
    let server = Server::start("events", &[]);
    let address = server.address().to_string();
    let _bob = server.login("bob");
    let home = empty_home();
    let mut alice = terminal(home.path(), &[&address, "--color", "never"]);
    until(&mut alice, "name: ");
    alice.send_line("bob").unwrap();
    until(&mut alice, "! Name already taken!");
    until(&mut alice, "* another name? Enter alone goes on without a name");
    until(&mut alice, "name: ");
    alice.send_line("my name").unwrap();
    until(&mut alice, "! a name is one word");
    until(&mut alice, "name: ");
    alice.send_line("alice").unwrap();
    until(&mut alice, "alice> ");
    alice.send_line("/register alice").unwrap();
    until(&mut alice, "password for alice: ");
    alice.send_line("correct horse").unwrap();
    until(&mut alice, "password again: ");
    alice.send_line("correct horse").unwrap();
    until(&mut alice, "* alice has a password now");
    until(&mut alice, "alice> ");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);

    let mut alice = terminal(home.path(), &[&address, "--color", "never", "--name", "alice"]);
    until(&mut alice, "password for alice: ");
    alice.send_line("wrong horse").unwrap();
    until(&mut alice, "! Wrong password!");
    until(&mut alice, "password for alice, try 2 of 3 (Enter cancels): ");
    alice.send_line("correct horse").unwrap();
    until(&mut alice, "alice> ");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);

    // A second login of the same person.
    let mut alice = terminal(home.path(), &[&address, "--color", "never", "--name", "alice"]);
    until(&mut alice, "password for alice: ");
    alice.send_line("correct horse").unwrap();
    until(&mut alice, "alice> ");
    let mut second = terminal(home.path(), &[&address, "--color", "never", "--name", "alice"]);
    until(&mut second, "password for alice: ");
    second.send_line("correct horse").unwrap();
    until(&mut second, "* you are logged in elsewhere");
    until(&mut second, "end that session and log in here? [y/N] ");
    second.send_line("n").unwrap();
    until(&mut second, "* the name is free when that session ends");
    until(&mut second, "* another name?");
    until(&mut second, "name: ");
    second.send("\x04").unwrap();
    assert_eq!(exit_code(&mut second), 0);
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);

    // A third refused name ends the questions.
    let mut alice = terminal(home.path(), &[&address, "--color", "never", "--name", "bob"]);
    for _ in 0..2 {
        until(&mut alice, "* another name?");
        until(&mut alice, "name: ");
        alice.send_line("BOB").unwrap();
    }
    until(&mut alice, "* /login NAME to log in");
    until(&mut alice, "> ");
    alice.send("\x04").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}
