//! A person at a terminal who has logged out keeps the client when the server closes the connection.

use expectrl::Expect;
use harness::clients::{empty_home, exit_code, terminal, until};
use harness::{Server, json};

#[test]
fn a_login_connects_again_after_the_server_has_closed_the_connection() {
    let server = Server::start("events", &["--login-limit", "1"]);
    let home = empty_home();
    let arguments = [&*server.address().to_string(), "--name", "alice", "--color", "never"];
    let mut alice = terminal(home.path(), &arguments);
    until(&mut alice, "alice> ");
    alice.send_line("/logout").unwrap();
    until(&mut alice, "* you are logged out; /login alice logs in again");
    // The server has not closed the connection yet.
    alice.send_line("/reconnect").unwrap();
    until(&mut alice, "* you are alice");
    until(&mut alice, "alice> ");
    alice.send_line("/logout").unwrap();
    until(&mut alice, "* you are logged out");
    alice.send("half a").unwrap();
    let shown =
        until(&mut alice, "* the server closed the connection; /login alice connects again");
    assert!(!shown.contains("; connecting"), "{shown}");
    until(&mut alice, "not connected> half a");
    alice.send_line(" line").unwrap();
    until(&mut alice, "! not connected; /login alice connects again");
    until(&mut alice, "* not sent; Up brings it back");
    alice.send_line("/help reconnect").unwrap();
    until(&mut alice, "Connect again now, and log in as before.");

    let mut bob = server.login("bob");
    alice.send_line("/login alice").unwrap();
    until(&mut alice, "* connected to ");
    until(&mut alice, "* you are alice");
    until(&mut alice, "alice> ");
    bob.hears(json!({"response": "join", "username": "alice"}));
    alice.send("\x1b[A\x1b[A\x1b[A").unwrap();
    until(&mut alice, "alice> half a line");
    alice.send("\r").unwrap();
    bob.hears(json!({"response": "message", "message": "half a line"}));
    bob.says("hello");
    until(&mut alice, "bob: hello");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn a_server_that_is_gone_is_named_and_the_client_can_leave() {
    let server = Server::start("events", &[]);
    let home = empty_home();
    let arguments = [&*server.address().to_string(), "--name", "alice", "--color", "never"];
    let mut alice = terminal(home.path(), &arguments);
    until(&mut alice, "alice> ");
    alice.send_line("/logout").unwrap();
    until(&mut alice, "* you are logged out");
    drop(server);
    until(&mut alice, "; /login alice connects again");
    until(&mut alice, "not connected> ");
    for (line, is_kept) in [("/login alice", true), ("/reconnect", false)] {
        alice.send_line(line).unwrap();
        until(&mut alice, "! cannot connect to ");
        let after = until(&mut alice, "not connected> ");
        assert_eq!(after.contains("* not sent; Up brings it back"), is_kept, "{line}: {after}");
    }
    alice.send("\x04").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn a_kicked_person_stays_at_the_prompt_and_can_come_back_under_the_name() {
    let server = Server::start_on_disk(&[]);
    server.add_root();
    let home = empty_home();
    let arguments = [&*server.address().to_string(), "--name", "alice", "--color", "never"];
    let mut kicked = terminal(home.path(), &arguments);
    until(&mut kicked, "alice> ");
    let mut root = server.connect();
    let password = harness::ROOTS_PASSWORD;
    root.asks(json!({"request": "login", "username": "root", "password": password}));
    root.hears(json!({"response": "login"}));
    kicked.send("half a line").unwrap();
    until(&mut kicked, "half a line");
    root.asks(json!({"request": "kick", "username": "alice"}));
    until(&mut kicked, "* You were kicked.");
    until(&mut kicked, "* the server closed the connection; /login alice connects again");
    // What the person was typing does not go to their shell.
    until(&mut kicked, "not connected> half a line");
    kicked.send("\x15\r").unwrap();
    until(&mut kicked, "* not connected; /login alice connects again");
    kicked.send_line("/reconnect").unwrap();
    until(&mut kicked, "* you are alice");
    until(&mut kicked, "alice> ");
    kicked.send("\x04").unwrap();
    assert_eq!(exit_code(&mut kicked), 0);
}

#[test]
fn a_person_who_is_slow_with_the_password_keeps_the_question() {
    let server = Server::start("events", &["--login-limit", "1"]);
    let password = "correct horse";
    let mut peer = server.login("bob");
    peer.asks(json!({"request": "register", "username": "alice", "password": password}));
    peer.hears(json!({"response": "register", "username": "alice"}));
    let home = empty_home();
    let arguments = [&*server.address().to_string(), "--name", "alice", "--color", "never"];
    let mut alice = terminal(home.path(), &arguments);
    until(&mut alice, "password for alice: ");
    until(&mut alice, "! No login in time! Connect again, and log in within 1 s.");
    until(&mut alice, "* the server closed the connection; /login NAME connects again");
    until(&mut alice, "password for alice: ");
    alice.send_line("wrong horse").unwrap();
    until(&mut alice, "* connected to ");
    until(&mut alice, "! Wrong password!");
    until(&mut alice, "password for alice, try 2 of 3 (Enter cancels): ");
    until(&mut alice, "* the server closed the connection; /login NAME connects again");
    until(&mut alice, "password for alice, try 2 of 3 (Enter cancels): ");
    alice.send_line(password).unwrap();
    until(&mut alice, "* you are alice");
    until(&mut alice, "alice> ");
    peer.hears(json!({"response": "join", "username": "alice"}));
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn a_person_without_a_name_stays_and_a_registration_connects_again() {
    let server = Server::start("events", &["--login-limit", "1"]);
    let home = empty_home();
    let mut carol = terminal(home.path(), &[&*server.address().to_string(), "--color", "never"]);
    until(&mut carol, "name: ");
    carol.send_line("").unwrap();
    until(&mut carol, "* /login NAME to log in");
    until(&mut carol, "; /login NAME connects again");
    until(&mut carol, "not connected> ");
    carol.send_line("/register carol").unwrap();
    until(&mut carol, "password for carol: ");
    // The server closes this connection, too.
    until(&mut carol, "; /login NAME connects again");
    until(&mut carol, "password for carol: ");
    carol.send_line("correct horse").unwrap();
    until(&mut carol, "password again: ");
    carol.send_line("correct horse").unwrap();
    until(&mut carol, "* connected to ");
    until(&mut carol, "* you are carol");
    until(&mut carol, "carol> ");
    carol.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut carol), 0);
}
