//! The client in a terminal comes back after it lost its server, and shows the missed messages.

use std::path::Path;
use std::process::Stdio;

use expectrl::Expect;
use expectrl::session::OsSession;
use harness::clients::{empty_home, exit_code, terminal, until};
use harness::{Peer, Server, json};
use serde_json::Value;

use crate::terminal::{leaves_quietly, registers};

/// Starts a server on this port with the data file of this folder.
pub(crate) fn start(port: u16, folder: &Path) -> Server {
    let (listen, file) = (format!("json=127.0.0.1:{port}"), folder.join("data.db"));
    let data = ["--data", file.to_str().unwrap(), "--flood", "off"];
    Server::start_with(&[&["--listen", &*listen][..], &data].concat(), 1)
}

/// Starts the client of alice, who logs in.
pub(crate) fn alice(home: &Path, server: &Server, arguments: &[&str]) -> OsSession {
    let address = server.address().to_string();
    let usual = [&*address, "--name", "alice", "--color", "never"];
    let mut alice = terminal(home, &[&usual, arguments].concat());
    until(&mut alice, "alice> ");
    alice
}

/// Ends the server with this signal, waits until the client notices, and starts the server again.
/// The client is stopped until `meanwhile` is over, so it does not come back before.
pub(crate) fn restart(
    alice: &mut OsSession,
    mut server: Server,
    signal: &str,
    folder: &Path,
    meanwhile: impl FnOnce(&Server),
) -> Server {
    let client = alice.get_process().pid().to_string().parse().unwrap();
    let port = server.address().port();
    server.signal(signal);
    server.exit_code();
    until(alice, "; connecting again");
    until(alice, "reconnecting ");
    harness::send_signal(client, "STOP");
    let server = start(port, folder);
    meanwhile(&server);
    harness::send_signal(client, "CONT");
    server
}

pub(crate) fn says(peer: &mut Peer, room: Option<&str>, text: &str) {
    let mut request = json!({"request": "message", "message": text});
    if let Some(room) = room {
        request["room"] = json!(room);
    }
    peer.asks(request);
    peer.hears(json!({"response": "message", "message": text}));
}

#[test]
fn everything_that_was_missed_is_shown_once_and_in_order() {
    let folder = empty_home();
    let server = start(0, folder.path());
    let mut alice = alice(folder.path(), &server, &[]);
    let mut bob = server.login("bob");
    says(&mut bob, None, "before");
    until(&mut alice, "bob: before");
    alice.send_line("/join tea").unwrap();
    until(&mut alice, "alice#tea> ");
    alice.send("half a line").unwrap();
    until(&mut alice, "half a line");
    drop(bob);

    let mut server = server;
    for signal in ["KILL", "TERM"] {
        server = restart(&mut alice, server, signal, folder.path(), |server| {
            let mut bob = server.login("bob");
            bob.asks(json!({"request": "join", "room": "tea"}));
            bob.hears(json!({"response": "join"}));
            says(&mut bob, Some("tea"), "in the room");
            // More than the backlog and one page.
            (0..180).for_each(|number| says(&mut bob, None, &format!("{signal} {number}.")));
        });
        until(&mut alice, "* connected again; you are alice");
        until(&mut alice, "* missed while away:");
        let missed = until(&mut alice, "* end of what was missed");
        let said = missed.lines().filter_map(|line| line.split_once("bob: "));
        let said: Vec<&str> = said.map(|(_, text)| text.trim_end()).collect();
        let lobby = (0..180).map(|number| format!("{signal} {number}."));
        let want: Vec<String> = ["in the room".to_owned()].into_iter().chain(lobby).collect();
        assert_eq!(said, want);
        // The line and the room are as before.
        until(&mut alice, "alice#tea> half a line");
    }
    let mut carl = server.login("carl");
    carl.asks(json!({"request": "join", "room": "tea"}));
    carl.hears(json!({"response": "join", "online": 2}));
    alice.send_line(" more").unwrap();
    carl.hears(json!({"response": "message", "room": "tea", "message": "half a line more"}));
    says(&mut carl, None, "after");
    until(&mut alice, "carl: after");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn texts_typed_while_away_come_back_with_up_and_a_half_typed_line_stays() {
    let folder = empty_home();
    let server = start(0, folder.path());
    let mut alice = alice(folder.path(), &server, &[]);
    let (port, client) = (server.address().port(), alice.get_process().pid().to_string());
    drop(server);
    until(&mut alice, "reconnecting ");
    // Typed on without a look at the screen.
    alice.send("hello one\r/join tea\rhello two\rhalf").unwrap();
    for line in ["hello one", "/join tea", "hello two"] {
        until(&mut alice, "* not connected");
        until(&mut alice, &format!("; not sent: {line} (Up brings it back)\r\n"));
    }
    until(&mut alice, "> half");
    harness::send_signal(client.parse().unwrap(), "STOP");
    let server = start(port, folder.path());
    let mut bob = server.login("bob");
    harness::send_signal(client.parse().unwrap(), "CONT");
    bob.hears(json!({"response": "join", "username": "alice"}));
    until(&mut alice, "alice> half");
    // Ctrl-P is Up: the newest text comes first.
    for line in ["hello two", "/join tea", "hello one"] {
        alice.send("\x10").unwrap();
        until(&mut alice, &format!("alice> {line}"));
    }
    alice.send_line("!").unwrap();
    bob.hears(json!({"response": "message", "message": "hello one!"}));
    until(&mut alice, "alice> ");
    leaves_quietly(&mut alice, &mut bob);
    let history = std::fs::read_to_string(folder.path().join("strata/client-history")).unwrap();
    assert!(!history.contains("hello two"), "a text that was not sent is not saved: {history}");
}

#[test]
fn a_command_after_a_text_without_a_connection_is_a_line_of_its_own() {
    let folder = empty_home();
    let server = start(0, folder.path());
    let mut alice = alice(folder.path(), &server, &[]);
    registers(&mut alice, "battery staple");
    drop(server);
    until(&mut alice, "reconnecting ");
    // Neither the line nor the screen names a password.
    alice.send_line("battery staple").unwrap();
    until(&mut alice, "* not connected");
    until(&mut alice, "; not sent; Up brings it back\r\n");
    alice.send("am I bob\r/login bob\r").unwrap();
    until(&mut alice, "; not sent: am I bob (Up brings it back)\r\n");
    until(&mut alice, "* the client logs in as bob when it is connected");
    alice.send("one\x1b\rtwo\r").unwrap();
    until(&mut alice, "; 2 lines not sent; Up brings them back\r\n");
    alice.send("hello\r/quit\r").unwrap();
    until(&mut alice, "; not sent: hello (Up brings it back)\r\n");
    assert_eq!(exit_code(&mut alice), 0);
    let history = std::fs::read_to_string(folder.path().join("strata/client-history")).unwrap();
    assert!(!history.contains("staple"), "{history}");
}

#[test]
#[ignore = "slow"]
fn enter_alone_and_a_command_connect_again_at_once() {
    let folder = empty_home();
    let server = start(0, folder.path());
    let mut alice = alice(folder.path(), &server, &[]);
    alice.send_line("/reconnect").unwrap();
    until(&mut alice, "* you are connected");
    let port = server.address().port();
    drop(server);
    // The waits before this one were shorter.
    until(&mut alice, "reconnecting in  7 s> ");
    let server = start(port, folder.path());
    alice.send_line("").unwrap();
    let shown = until(&mut alice, "* trying to connect now");
    let shown = shown + &until(&mut alice, "* connected again; you are alice");
    assert!(!shown.contains("in  1 s> "), "{shown}");
    drop(server);
    until(&mut alice, "reconnecting in ");
    alice.send_line("/reconnect").unwrap();
    until(&mut alice, "* trying to connect now");
    alice.send("\x04").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn a_message_without_an_answer_is_named() {
    let folder = empty_home();
    let server = start(0, folder.path());
    let mut alice = alice(folder.path(), &server, &[]);
    let mut server = server;
    // Without an earlier message, nothing shows that the server has kept all messages.
    for said in ["! perhaps not sent: ", "! not sent: "] {
        // The server does not read this any more.
        server.signal("STOP");
        alice.send_line("/me falls into the void").unwrap();
        // The prompt behind it: an earlier message has brought one, too.
        until(&mut alice, "* alice falls into the void");
        until(&mut alice, "alice> ");
        server = restart(&mut alice, server, "KILL", folder.path(), |_| ());
        until(&mut alice, "* connected again; you are alice");
        until(&mut alice, &format!("{said}/me falls into the void (Up brings it back)"));
        until(&mut alice, "alice> ");
        let mut bob = server.login("bob");
        alice.send_line("hello").unwrap();
        bob.hears(json!({"response": "message", "message": "hello"}));
        until(&mut alice, "alice> ");
        says(&mut bob, None, "hi");
        until(&mut alice, "bob: hi");
        drop(bob);
    }
    alice.send("\x04").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn a_password_is_asked_for_once_and_a_taken_name_is_tried_again() {
    let folder = empty_home();
    let server = start(0, folder.path());
    let mut alice = alice(folder.path(), &server, &[]);
    // The name gets its password while it is in use.
    registers(&mut alice, "battery staple");
    let mut old = None;
    let _server = restart(&mut alice, server, "TERM", folder.path(), |server| {
        let mut peer = server.connect();
        let password = "battery staple";
        peer.asks(json!({"request": "login", "username": "alice", "password": password}));
        peer.hears(json!({"response": "login"}));
        old = Some(peer);
    });
    let taken = "* alice is logged in elsewhere (perhaps your old connection); trying again,";
    until(&mut alice, taken);
    drop(old);
    let shown = until(&mut alice, "* connected again; you are alice");
    assert!(!shown.contains("password"), "{shown}");
    until(&mut alice, "alice> ");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn the_client_ends_if_it_may_not_reconnect() {
    let folder = empty_home();
    let server = start(0, folder.path());
    let mut alone = alice(folder.path(), &server, &["--no-reconnect"]);
    server.signal("TERM");
    until(&mut alone, "! the server closed the connection");
    assert_eq!(exit_code(&mut alone), 1);
}

#[test]
#[ignore = "slow"]
fn a_server_that_does_not_answer_is_noticed_and_left() {
    let folder = empty_home();
    let server = start(0, folder.path());
    let mut bob = server.login("bob");
    let mut alice = alice(folder.path(), &server, &[]);
    bob.hears(json!({"response": "join", "username": "alice"}));
    server.signal("STOP");
    alice.send_line("anybody?").unwrap();
    alice.send_line("hello?").unwrap();
    until(&mut alice, "! the server has not answered the message \"anybody?\" for 10 s");
    until(&mut alice, "! nothing came from the server for 30 s; connecting again");
    until(&mut alice, "reconnecting ");
    server.signal("CONT");
    // The messages were on their way, so they are delivered, and only once. The client says so for each.
    for text in ["anybody?", "hello?"] {
        bob.hears(json!({"response": "message", "username": "alice", "message": text}));
    }
    until(&mut alice, "* connected again; you are alice");
    until(&mut alice, "* your message arrived: anybody?");
    until(&mut alice, "* your message arrived: hello?");
    assert!(!until(&mut alice, "alice> ").contains("perhaps"));
    // They stand above, so they are not missed after the next return.
    drop(bob);
    let _server = restart(&mut alice, server, "TERM", folder.path(), |_| ());
    until(&mut alice, "* connected again; you are alice");
    let shown = until(&mut alice, "alice> ");
    assert!(!shown.contains("missed") && !shown.contains("hello?"), "{shown}");
    alice.send("\x04").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn a_password_during_the_loss_of_the_connection_stays_hidden() {
    let folder = empty_home();
    let server = start(0, folder.path());
    let mut alice = alice(folder.path(), &server, &[]);
    let port = server.address().port();
    alice.send_line("/register alice").unwrap();
    until(&mut alice, "password for alice: ");
    alice.send("correct ").unwrap();
    drop(server);
    let seen = until(&mut alice, "; connecting again");
    let server = start(port, folder.path());
    let seen = seen + &until(&mut alice, "* connected again; you are alice");
    let seen = seen + &until(&mut alice, "password for alice: ");
    alice.send_line("horse").unwrap();
    let seen = seen + &until(&mut alice, "password again: ");
    alice.send_line("correct horse").unwrap();
    let seen = seen + &until(&mut alice, "* alice has a password now");
    assert!(!seen.contains("correct") && !seen.contains("horse"), "{seen:?}");
    until(&mut alice, "alice> ");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
    drop(server);
}

#[test]
fn a_script_comes_back_only_if_it_asks_for_that() {
    use std::io::{BufRead, BufReader, Write};
    let folder = empty_home();
    let server = start(0, folder.path());
    let mut client = harness::client(folder.path())
        .args([&*server.address().to_string(), "--name", "alice", "--reconnect"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = client.stdin.take().unwrap();
    let mut lines = BufReader::new(client.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "* you are alice");
    let port = server.address().port();
    drop(server);
    let server = start(port, folder.path());
    assert_eq!(lines.next().unwrap().unwrap(), "* connected again; you are alice");
    writeln!(input, "hello").unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), "alice: hello");
    drop(input);
    assert_eq!(client.wait().unwrap().code(), Some(0));
    drop(server);
}

#[test]
fn json_has_each_missed_message_once_and_in_order() {
    use std::io::{BufRead, BufReader, Read};
    let folder = empty_home();
    let server = start(0, folder.path());
    let (address, port) = (server.address().to_string(), server.address().port());
    let mut client = harness::client(folder.path())
        .args([&*address, "--name", "alice", "--json", "--reconnect"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(client.stdout.take().unwrap()).lines();
    let mut frames = lines.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    assert_eq!(frames.next().unwrap()["response"], "login");
    let mut bob = server.login("bob");
    says(&mut bob, None, "before");
    let mut heard = frames.by_ref().filter(|frame| frame["response"] == "message");
    assert_eq!(heard.next().unwrap()["message"], "before");

    harness::send_signal(client.id(), "STOP");
    drop(server);
    let server = start(port, folder.path());
    let mut bob = server.login("bob");
    // More than the backlog and one page.
    let missed: Vec<String> = (0..180).map(|number| format!("missed {number}")).collect();
    missed.iter().for_each(|text| says(&mut bob, None, text));
    harness::send_signal(client.id(), "CONT");
    bob.hears(json!({"response": "join", "username": "alice"}));
    // Perhaps the client still gets its pages when these arrive.
    let live: Vec<String> = (0..20).map(|number| format!("live {number}")).collect();
    live.iter().for_each(|text| says(&mut bob, None, text));
    for text in missed.iter().chain(&live) {
        let frame = heard.next().unwrap();
        assert_eq!((&frame["message"], &frame["username"]), (&json!(text), &json!("bob")));
    }
    drop(client.stdin.take());
    assert!(heard.next().is_none());
    assert_eq!(client.wait().unwrap().code(), Some(0));
    let mut said = String::new();
    client.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.starts_with("client: ") && said.contains("; connecting again\n"), "{said}");
    assert!(said.ends_with("\n* connected again; you are alice\n"), "{said}");
}
