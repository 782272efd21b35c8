//! The client in a terminal, with its line editor.

use std::fs;

use expectrl::session::OsSession;
use expectrl::{Any, Eof, Expect};
use harness::clients::{empty_home, exit_code, nameless, seen, spawn, terminal, until};
use harness::{Peer, Server, json};
use tempfile::TempDir;

/// A server with bob, the home of alice, and the client in which alice has logged in.
pub(crate) fn alice_at_a_terminal() -> (Server, Peer, TempDir, OsSession) {
    alice_at(Server::start("events", &[]))
}

/// The same with a server of the caller.
pub(crate) fn alice_at(server: Server) -> (Server, Peer, TempDir, OsSession) {
    let mut bob = server.login("bob");
    let home = empty_home();
    let address = server.address().to_string();
    let mut alice = terminal(home.path(), &[&address, "--name", "alice", "--color", "never"]);
    until(&mut alice, "alice> ");
    bob.hears(json!({"response": "join", "username": "alice"}));
    (server, bob, home, alice)
}

/// Alice makes an account with this password.
pub(crate) fn registers(alice: &mut OsSession, password: &str) {
    alice.send_line("/register alice").unwrap();
    for prompt in ["password for alice: ", "password again: "] {
        until(alice, prompt);
        alice.send_line(password).unwrap();
    }
    until(alice, "* alice has a password now");
    until(alice, "alice> ");
}

/// Alice leaves, and Bob has heard nothing but what the test has read.
pub(crate) fn leaves_quietly(alice: &mut OsSession, bob: &mut Peer) {
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(alice), 0);
    bob.hears(json!({"response": "leave", "username": "alice"}));
    bob.has_heard_everything();
}

#[test]
fn a_message_of_others_keeps_the_line_that_is_being_typed() {
    let server = Server::start("events", &[]);
    let mut bob = server.login("bob");
    let home = empty_home();
    let mut alice = nameless(home.path(), &[&server.address().to_string(), "--color", "never"]);
    until(&mut alice, "/help lists the commands");
    alice.send_line("/login alice").unwrap();
    until(&mut alice, "you are alice");
    until(&mut alice, "alice> ");
    bob.hears(json!({"response": "join", "username": "alice"}));

    // A message arrives during half a line: the half stays, and the client sends the whole line.
    alice.send("half a ").unwrap();
    until(&mut alice, "half a ");
    bob.says("in between");
    bob.hears(json!({"response": "message", "message": "in between"}));
    until(&mut alice, "bob: in between");
    until(&mut alice, "alice> half a ");
    alice.send_line("line").unwrap();
    bob.hears(json!({"response": "message", "username": "alice", "message": "half a line"}));

    // Tab completes commands and names.
    alice.send("/ms\tb\t").unwrap();
    until(&mut alice, "/msg bob ");
    alice.send_line("psst").unwrap();
    bob.hears(json!({"response": "message", "message": "psst", "to": "bob"}));

    alice.send_line("/nmaes").unwrap();
    until(&mut alice, "unknown command /nmaes");
    leaves_quietly(&mut alice, &mut bob);
}

#[test]
fn ctrl_c_clears_the_line_and_a_second_one_ends_the_client() {
    let server = Server::start("events", &[]);
    let mut bob = server.login("bob");
    let home = empty_home();
    let arguments = [&*server.address().to_string(), "--name", "alice", "--color", "never"];
    let mut alice = terminal(home.path(), &arguments);
    until(&mut alice, "alice> ");
    bob.hears(json!({"response": "join"}));
    alice.send("never said\x03").unwrap();
    until(&mut alice, "never said");
    // A press that clears the line says nothing about leaving.
    let cleared = until(&mut alice, "alice> ");
    assert!(!cleared.contains("Ctrl-C"), "{cleared:?}");
    alice.send("\x03").unwrap();
    until(&mut alice, "Ctrl-C again within 2 s, or Ctrl-D, to leave");
    until(&mut alice, "alice> ");
    alice.send_line("said").unwrap();
    bob.hears(json!({"response": "message", "message": "said"}));
    until(&mut alice, "alice> ");
    // On a slow machine more than 2 s can pass between two presses: then this is the first one again.
    alice.send("\x03").unwrap();
    let prompt_or_end = || Any::boxed(vec![Box::new("alice> "), Box::new(Eof)]);
    let next = |alice: &mut _| seen(alice, prompt_or_end(), "a prompt or the end");
    while next(&mut alice).get(0) == Some(b"alice> ") {
        alice.send("\x03").unwrap();
    }
    assert_eq!(exit_code(&mut alice), 130);
    bob.hears(json!({"response": "leave", "username": "alice"}));
}

#[test]
fn ctrl_c_in_a_search_leaves_the_search_only() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    alice.send_line("found").unwrap();
    bob.hears(json!({"response": "message", "message": "found"}));
    until(&mut alice, "alice> ");
    // The search shows the line that it found; Ctrl-C shows the line from before the search.
    alice.send("half\x12fou").unwrap();
    until(&mut alice, "(reverse-i-search)`fou': found");
    alice.send("\x03").unwrap();
    until(&mut alice, "alice> half");
    alice.send("\x15said\r").unwrap();
    bob.hears(json!({"response": "message", "message": "said"}));
    until(&mut alice, "alice> ");
    // One write, so the press after the search follows within 2 s. It is the first one.
    alice.send("\x12\x03\x03").unwrap();
    until(&mut alice, "Ctrl-C again within 2 s, or Ctrl-D, to leave");
    until(&mut alice, "alice> ");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn another_key_between_two_presses_of_ctrl_c_keeps_the_client() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    // A line is begun and deleted, and a search is left.
    for keys in ["abc\x15\x03", "\x12\x07\x03"] {
        for keys in ["\x03", keys] {
            alice.send(keys).unwrap();
            until(&mut alice, "Ctrl-C again within 2 s, or Ctrl-D, to leave");
            until(&mut alice, "alice> ");
        }
        alice.send_line("still here").unwrap();
        bob.hears(json!({"response": "message", "message": "still here"}));
        until(&mut alice, "alice> ");
    }
    leaves_quietly(&mut alice, &mut bob);
}

#[test]
fn ctrl_d_ends_the_client_and_the_history_is_a_private_file() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::start("events", &[]);
    let home = empty_home();
    let arguments = [&*server.address().to_string(), "--name", "alice", "--color", "never"];
    let mut alice = terminal(home.path(), &arguments);
    until(&mut alice, "alice> ");
    alice.send_line("/version").unwrap();
    until(&mut alice, "* version ");
    // Keys reach the line editor only after the prompt.
    until(&mut alice, "alice> ");
    alice.send("\x04").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
    let file = home.path().join("strata/client-history");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let mut alice = terminal(home.path(), &arguments);
    until(&mut alice, "alice> ");
    alice.send("\x10").unwrap();
    until(&mut alice, "/version");
    alice.send("\r").unwrap();
    until(&mut alice, "* version ");
    // Keys reach the line editor only after the prompt.
    until(&mut alice, "alice> ");
    alice.send("\x04").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn the_terminal_is_restored_when_the_server_ends() {
    let server = Server::start("events", &[]);
    let home = empty_home();
    let arguments =
        [&*server.address().to_string(), "--name", "alice", "--color", "never", "--no-reconnect"];
    let mut alice = terminal(home.path(), &arguments);
    until(&mut alice, "alice> ");
    alice.send("typing").unwrap();
    until(&mut alice, "typing");
    server.signal("TERM");
    until(&mut alice, "The server is shutting down.");
    until(&mut alice, "the server closed the connection");
    assert_eq!(exit_code(&mut alice), 1);
}

#[test]
fn colours_are_used_unless_no_color_is_set_and_mentions_are_bold_then_too() {
    let server = Server::start("events", &[]);
    let home = empty_home();
    let address = server.address().to_string();
    let mut bright = terminal(home.path(), &[&address, "--name", "alice"]);
    bright.expect("\x1b[2m* you are alice\x1b[0m").unwrap();
    bright.expect("> ").unwrap();
    bright.send("\x04").unwrap();
    assert_eq!(exit_code(&mut bright), 0);
    let mut client = harness::client(home.path());
    client.args([&address, "--name", "alice"]).env("NO_COLOR", "1");
    let mut plain = spawn(client);
    let before = plain.expect("* you are alice").unwrap();
    assert!(!String::from_utf8_lossy(before.before()).contains("\x1b[2m"));
    plain.expect("alice> ").unwrap();
    // Bold and reversed text are no colours.
    let mut bob = server.login("bob");
    bob.says("hi alice");
    plain.expect(" \x1b[7mbob\x1b[0m: \x1b[1mhi alice\x1b[0m").unwrap();
    plain.send("\x04").unwrap();
    assert_eq!(exit_code(&mut plain), 0);
}

#[test]
fn a_terminal_without_an_editor_is_told_how_to_log_in() {
    let server = Server::start("events", &[]);
    let home = empty_home();
    let mut client = harness::client(home.path());
    client.arg(server.address().to_string()).env("TERM", "dumb");
    let mut dumb = spawn(client);
    until(
        &mut dumb,
        "has no line editor: a password is seen while it is typed; /login NAME logs in",
    );
    dumb.send_line("/login alice").unwrap();
    until(&mut dumb, "* you are alice");
    dumb.send_line("/register alice correct-horse").unwrap();
    until(&mut dumb, "* alice has a password now");
    dumb.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut dumb), 0);
    // It asks for no password, and says how to give one. The person can do that.
    let mut client = harness::client(home.path());
    client.args([&*server.address().to_string(), "--name", "alice"]).env("TERM", "dumb");
    let mut dumb = spawn(client);
    until(&mut dumb, "! alice needs a password: --password-file FILE, or the line");
    dumb.send_line("/login alice correct-horse").unwrap();
    until(&mut dumb, "* you are alice");
    dumb.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut dumb), 1);
}

#[test]
fn the_usage_of_a_command_is_shown_in_grey_while_it_is_typed() {
    let server = Server::start("events", &[]);
    let mut bob = server.login("bob");
    let home = empty_home();
    let mut alice = terminal(home.path(), &[&server.address().to_string(), "--name", "alice"]);
    until(&mut alice, "> ");
    bob.hears(json!({"response": "join", "username": "alice"}));
    alice.send("/msg").unwrap();
    until(&mut alice, "/msg\x1b[2m NAME TEXT\x1b[0m");
    alice.send(" bob").unwrap();
    until(&mut alice, "/msg bob\x1b[2m TEXT\x1b[0m");
    // The line is sent without the hint.
    alice.send_line(" psst").unwrap();
    bob.hears(json!({"response": "message", "message": "psst", "to": "bob"}));
    // The key Right inserts the rest of the command, and nothing of its arguments.
    until(&mut alice, "> ");
    alice.send("/vers").unwrap();
    until(&mut alice, "/vers\x1b[2mion\x1b[0m");
    alice.send("\x1b[C\r").unwrap();
    until(&mut alice, "* version ");
    until(&mut alice, "> ");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn the_prompt_shows_the_current_room() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    // The client does not know this room yet: Tab asks the server.
    bob.asks(json!({"request": "join", "room": "tea"}));
    bob.hears(json!({"response": "join", "room": "tea"}));
    alice.send("/join t\t\r").unwrap();
    until(&mut alice, "you are in #tea (2 there)");
    until(&mut alice, "alice#tea> ");
    bob.hears(json!({"response": "entered", "room": "tea", "username": "alice"}));
    alice.send_line("hello").unwrap();
    bob.hears(json!({"response": "message", "room": "tea", "message": "hello"}));
    bob.asks(json!({"request": "message", "room": "tea", "message": "milk?"}));
    bob.hears(json!({"response": "message"}));
    until(&mut alice, "#tea bob: milk?");
    alice.send_line("/history 1").unwrap();
    until(&mut alice, "#2 ");
    until(&mut alice, "alice#tea> ");
    alice.send_line("/join lobby").unwrap();
    until(&mut alice, "you are in #lobby");
    until(&mut alice, "alice#lobby> ");
    bob.says("cake?");
    bob.hears(json!({"response": "message", "message": "cake?"}));
    until(&mut alice, "#lobby bob: cake?");
    alice.send_line("/leave tea").unwrap();
    until(&mut alice, "you left #tea");
    until(&mut alice, "alice> ");
    bob.hears(json!({"response": "exited", "room": "tea", "username": "alice"}));
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn a_byte_that_is_not_utf_8_does_not_change_the_line() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    // The client must not send the rest of the line as a message to all.
    alice.send("/msg bob caf").unwrap();
    until(&mut alice, "/msg bob caf");
    alice.send(b"\xe9 ").unwrap();
    until(&mut alice, "! dropped input that is not UTF-8");
    until(&mut alice, "alice> /msg bob caf");
    alice.send_line("e secret").unwrap();
    bob.hears(json!({"response": "message", "message": "cafe secret", "to": "bob"}));

    // A password with such a byte is neither shown nor sent.
    until(&mut alice, "alice> ");
    alice.send_line("/register alice").unwrap();
    until(&mut alice, "password for alice: ");
    alice.send(b"pass\xe9 ").unwrap();
    until(&mut alice, "! the input is not UTF-8; press Enter");
    until(&mut alice, "password for alice: ");
    alice.send_line("tail").unwrap();
    assert!(!until(&mut alice, "* cancelled").contains("tail"));
    until(&mut alice, "alice> ");
    leaves_quietly(&mut alice, &mut bob);
}

#[test]
fn the_client_asks_before_it_sends_a_possibly_mistyped_whisper() {
    let (_server, mut bob, home, mut alice) = alice_at_a_terminal();
    let question = "this looks like a mistyped command; send it to everyone in #lobby? [y/N] ";

    // Up, which is also Ctrl-P, brings the line back, and Ctrl-A moves to its beginning.
    alice.send_line("msg bob secret").unwrap();
    until(&mut alice, question);
    alice.send_line("").unwrap();
    until(&mut alice, "* not sent; Up brings it back");
    until(&mut alice, "alice> ");
    alice.send("\x10").unwrap();
    until(&mut alice, "alice> msg bob secret");
    alice.send("\x01/\r").unwrap();
    bob.hears(json!({"response": "message", "message": "secret", "to": "bob"}));
    until(&mut alice, "alice> ");

    alice.send_line("mgs bob is a typo").unwrap();
    until(&mut alice, question);
    alice.send_line("y").unwrap();
    bob.hears(json!({"response": "message", "message": "mgs bob is a typo"}));
    until(&mut alice, "alice> ");

    // A line that is no answer is not sent, and neither is the text before it; a command is executed.
    alice.send_line("msg bob another secret").unwrap();
    until(&mut alice, question);
    alice.send_line("I meant something else").unwrap();
    until(&mut alice, "* neither the text nor the answer was sent; Up brings them back\r\n");
    until(&mut alice, "alice> ");
    alice.send_line("msg bob another secret").unwrap();
    until(&mut alice, question);
    alice.send_line("/say hello all").unwrap();
    until(&mut alice, "* not sent; Up brings it back");
    bob.hears(json!({"response": "message", "message": "hello all"}));
    until(&mut alice, "alice> ");
    alice.send_line("msg during the break?").unwrap();
    bob.hears(json!({"response": "message", "message": "msg during the break?"}));
    until(&mut alice, "alice> ");

    // The lines after a wrong command are not sent.
    alice.send("\x1b[200~/mgs bob one\ntwo\nthree\x1b[201~\r").unwrap();
    until(&mut alice, "! unknown command /mgs");
    until(&mut alice, "* 3 lines not sent; Up brings them back");
    until(&mut alice, "alice> ");
    leaves_quietly(&mut alice, &mut bob);
    let history = fs::read_to_string(home.path().join("strata/client-history")).unwrap();
    assert!(!history.lines().any(|line| line == "msg bob secret"), "{history}");
}

#[test]
fn a_line_after_a_join_or_a_leave_goes_where_the_answer_says() {
    let (server, mut bob, _home, mut alice) = alice_at_a_terminal();
    bob.asks(json!({"request": "join", "room": "tea"}));
    bob.hears(json!({"response": "join", "room": "tea"}));
    for (command, event, room, prompt) in [
        ("/join tea", "entered", Some("tea"), "alice#tea> "),
        ("/leave tea", "exited", None, "alice> "),
    ] {
        server.signal("STOP");
        alice.send_line(command).unwrap();
        until(&mut alice, "* waiting for the answer of the server; Ctrl-C stops that");
        alice.send_line("hello").unwrap();
        server.signal("CONT");
        until(&mut alice, prompt);
        bob.hears(json!({"response": event, "room": "tea"}));
        let said = bob.hears(json!({"response": "message"}));
        assert_eq!(said.get("room").and_then(|it| it.as_str()), room, "{said:?}");
    }
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}
