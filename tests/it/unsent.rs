//! Texts that are not sent: the client names them at a terminal, and loses none.

use std::fs;

use expectrl::Expect;
use harness::clients::{empty_home, exit_code, script, terminal, until};
use harness::{ROOTS_PASSWORD, Server, json};

use crate::reconnect::start;
use crate::terminal::{alice_at, alice_at_a_terminal, leaves_quietly};

#[test]
fn a_refused_message_is_named_and_up_brings_it_back() {
    let server = Server::start_on_disk(&[]);
    server.add_root();
    let (server, mut bob, _home, mut alice) = alice_at(server);
    let mut root = server.connect();
    root.asks(json!({"request": "login", "username": "root", "password": ROOTS_PASSWORD}));
    root.hears(json!({"response": "login"}));
    bob.hears(json!({"response": "join", "username": "root"}));
    root.asks(json!({"request": "mute", "who": "alice"}));
    until(&mut alice, "* You are muted");
    alice.send_line("hello everybody").unwrap();
    until(&mut alice, "! You are muted! Not sent: hello everybody");
    until(&mut alice, "alice> ");
    root.hears(json!({"response": "mute"}));
    root.asks(json!({"request": "unmute", "who": "alice"}));
    until(&mut alice, "* You may send messages again.");
    alice.send("\x1b[A").unwrap();
    until(&mut alice, "alice> hello everybody");
    alice.send("\r").unwrap();
    bob.hears(json!({"response": "message", "username": "alice", "message": "hello everybody"}));
    until(&mut alice, "alice> ");
    leaves_quietly(&mut alice, &mut bob);
}

#[test]
fn a_word_that_alone_is_a_command_is_sent_only_after_a_yes() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    let question = "this looks like a mistyped command; send it to everyone in #lobby? [y/N] ";
    for word in ["help", "Names", "who", "rooms", "history", "quit", ":q!", ":wq"] {
        alice.send_line(word).unwrap();
        until(&mut alice, question);
        alice.send_line("").unwrap();
        until(&mut alice, "* not sent; Up brings it back");
        until(&mut alice, "alice> ");
    }
    for word in ["me", "help!", "ls"] {
        alice.send_line(word).unwrap();
        bob.hears(json!({"response": "message", "message": word}));
        until(&mut alice, "alice> ");
    }
    alice.send_line("help").unwrap();
    until(&mut alice, question);
    alice.send_line("y").unwrap();
    bob.hears(json!({"response": "message", "message": "help"}));
    until(&mut alice, "alice> ");
    leaves_quietly(&mut alice, &mut bob);
}

#[test]
fn up_brings_back_a_mistyped_command_that_has_no_password() {
    let (_server, mut bob, home, mut alice) = alice_at_a_terminal();
    alice.send_line("/mgs bob a long whisper").unwrap();
    until(&mut alice, "! unknown command /mgs; did you mean /msg?");
    for line in ["/loign alice huntsman", "/auth alice huntsman"] {
        until(&mut alice, "alice> ");
        alice.send_line(line).unwrap();
        until(&mut alice, "! unknown command ");
    }
    until(&mut alice, "alice> ");
    alice.send("\x10").unwrap();
    until(&mut alice, "/mgs bob a long whisper");
    alice.send("\x01\x1b[C\x1b[C\x1b[3~\x1b[3~sg\r").unwrap();
    bob.hears(json!({"response": "message", "message": "a long whisper", "to": "bob"}));
    until(&mut alice, "alice> ");
    leaves_quietly(&mut alice, &mut bob);
    let history = fs::read_to_string(home.path().join("strata/client-history")).unwrap();
    assert!(!history.contains("mgs") && !history.contains("huntsman"), "{history}");
}

#[test]
fn without_reconnections_a_client_that_ends_the_server_ends_too() {
    let mut server = Server::start_on_disk(&[]);
    server.add_root();
    let home = empty_home();
    let file = server.file().with_file_name("password-of-root");
    let address = server.address().to_string();
    let login = [&*address, "--name", "root", "--password-file", file.to_str().unwrap()];
    let mut root = terminal(home.path(), &[&login[..], &["--no-reconnect"]].concat());
    until(&mut root, "root");
    root.send_line("/shutdown").unwrap();
    until(&mut root, "end it? [y/N] ");
    root.send_line("y").unwrap();
    until(&mut root, "* the server is shutting down");
    assert_eq!(exit_code(&mut root), 0);
    assert_eq!(server.exit_code(), 0);
    // A script has done its work, also if it would come back after other ends.
    let again = start(server.address().port(), file.parent().unwrap());
    let (said, code) = script(home.path(), &[&login[..], &["--reconnect"]].concat(), "/shutdown\n");
    assert!(said.contains("* the server is shutting down\n"), "{said}");
    assert_eq!(code, 0, "{said}");
    drop(again);
}

#[test]
fn an_administrator_ends_the_server_only_after_a_yes_and_waits_for_the_next_one() {
    let mut server = Server::start_on_disk(&[]);
    server.add_root();
    let home = empty_home();
    let address = server.address().to_string();
    let mut root = terminal(home.path(), &[&address, "--name", "root", "--color", "never"]);
    until(&mut root, "password for root: ");
    root.send_line(ROOTS_PASSWORD).unwrap();
    until(&mut root, "root> ");
    root.send_line("/shutdown").unwrap();
    until(&mut root, "this ends the server for everyone; end it? [y/N] ");
    root.send_line("").unwrap();
    until(&mut root, "* not sent; Up brings it back");
    until(&mut root, "root> ");
    // The server is still there.
    server.login("alice");
    root.send_line("/shutdown").unwrap();
    until(&mut root, "end it? [y/N] ");
    root.send_line("y").unwrap();
    until(&mut root, "* the server is shutting down");
    until(&mut root, "; connecting again (Enter tries at once)");
    assert_eq!(server.exit_code(), 0);
    let file = server.file();
    let _server = start(server.address().port(), file.parent().unwrap());
    until(&mut root, "* connected again; you are root");
    until(&mut root, "root> ");
    root.send_line("/version").unwrap();
    until(&mut root, "* version ");
}
