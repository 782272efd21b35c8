//! Texts of several lines in the terminal: typed, pasted and received.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::Command;

use expectrl::{Any, Eof, Expect};
use harness::clients::{empty_home, exit_code, seen, spawn, until};
use harness::{DEADLINE, Server, json};

use crate::terminal::{alice_at, alice_at_a_terminal, leaves_quietly};

/// A text as a terminal sends it when it is pasted.
pub(crate) fn paste(text: &str) -> String {
    format!("\x1b[200~{text}\x1b[201~")
}

/// Lines that are too long together for one message.
pub(crate) fn lines(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("line {number} {}", "x".repeat(60))).collect()
}

pub(crate) const QUESTION: &str = "send them? [y/n] ";
pub(crate) const CHOICE: &str = "[y] one message, [l] line by line, [n] no: ";

#[test]
fn a_long_paste_is_sent_only_after_a_yes() {
    let (_server, mut bob, home, mut alice) = alice_at_a_terminal();
    alice.send(paste("one\rtwo\x08\rthree\rfour\rfive")).unwrap();
    until(&mut alice, "* 5 pasted lines, to send as one message:");
    for line in ["    one", "    two", "    three", "    … and 2 more", QUESTION] {
        until(&mut alice, line);
    }
    // Another paste is no answer. It is the next text, and the first one is not lost.
    alice.send(paste("1\r2\r3\r4\r5\r6")).unwrap();
    until(&mut alice, "* 5 lines not sent; Up brings them back");
    until(&mut alice, "* 6 pasted lines, to send");
    until(&mut alice, QUESTION);
    // Enter behind a paste is a habit and no answer.
    alice.send_line("").unwrap();
    until(&mut alice, "y or n? ");
    alice.send_line("").unwrap();
    until(&mut alice, "* 6 lines not sent; Up brings them back");
    until(&mut alice, "alice> ");
    // Ctrl-P is Up, also in a text of several lines.
    alice.send("\x10").unwrap();
    until(&mut alice, "5\r\n6");
    alice.send("\x10").unwrap();
    until(&mut alice, "four\r\nfive");
    alice.send("\x03").unwrap();
    until(&mut alice, "alice> ");

    // What may be meant as an answer is no message.
    alice.send(paste("1\r2\r3\r4")).unwrap();
    until(&mut alice, QUESTION);
    for unclear in ["nope", "yes please"] {
        alice.send_line(unclear).unwrap();
        until(&mut alice, "y or n? ");
    }
    alice.send_line("n").unwrap();
    until(&mut alice, "* 4 lines not sent; Up brings them back");
    until(&mut alice, "alice> ");
    // A server that accepts several lines gets one message.
    alice.send(paste("one\rtwo\r\rthree")).unwrap();
    until(&mut alice, QUESTION);
    alice.send_line("Y").unwrap();
    bob.hears(json!({"response": "message", "message": "one\ntwo\n\nthree"}));
    // It is in the scrollback, as the messages of others are.
    until(&mut alice, "alice: one\r\n");
    until(&mut alice, "three\r\n* sent as one message");
    until(&mut alice, "alice> ");

    // What is too long for one message is several, each with as many lines as fit.
    alice.send(paste(&lines(100).join("\r"))).unwrap();
    until(&mut alice, "* 100 pasted lines, to send as 2 messages (6891 bytes are");
    until(&mut alice, QUESTION);
    alice.send_line("y").unwrap();
    until(&mut alice, "* sending 2 messages one by one; Ctrl-C stops");
    for part in [&lines(100)[..59], &lines(100)[59..]] {
        bob.hears(json!({"response": "message", "message": part.join("\n")}));
    }
    until(&mut alice, "alice: line 1 xxx");
    until(&mut alice, "alice: line 60");
    until(&mut alice, "* sent all 2 messages");
    until(&mut alice, "alice> ");
    leaves_quietly(&mut alice, &mut bob);
    let history = std::fs::read_to_string(home.path().join("strata/client-history")).unwrap();
    for sent in ["three", "line 1 ", "line 100 "] {
        assert!(history.contains(sent), "a paste that was sent is saved: {history}");
    }
    assert!(!history.contains("five"), "a text that was not sent is not saved");
}

#[test]
fn keys_that_are_pressed_during_a_paste_belong_to_the_next_line() {
    let server = Server::start("events", &["--flood", "5,20,3600", "--text-limit", "100"]);
    let mut bob = server.login("bob");
    let home = empty_home();
    let mut client = harness::client(home.path());
    client.args([&*server.address().to_string(), "--name", "alice", "--color", "never"]);
    // A terminal that shows keys, as terminals do, and tells its modes at the end.
    let mut shell = Command::new("sh");
    shell.args(["-c", "stty sane; \"$0\" \"$@\"; stty -a"]);
    shell.arg(client.get_program()).args(client.get_args());
    for (name, value) in client.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let mut alice = spawn(shell);
    until(&mut alice, "alice> ");
    bob.hears(json!({"response": "join", "username": "alice"}));
    alice.send(paste(&lines(80).join("\r"))).unwrap();
    until(&mut alice, QUESTION);
    alice.send_line("yes").unwrap();
    until(&mut alice, " of 80 lines");
    alice.send("\x1b[Dfirst\x7f\x15now this\r").unwrap();
    let shown = until(&mut alice, "* sent all 80 lines");
    assert!(!shown.contains('^') && !shown.contains("this"), "{shown:?}");
    for line in lines(80) {
        bob.hears(json!({"response": "message", "message": line}));
    }
    bob.hears(json!({"response": "message", "message": "now this"}));
    until(&mut alice, "alice: now this");
    alice.send("\x04").unwrap();
    let modes = until(&mut alice, " echok");
    assert!(modes.contains(" icanon") && modes.contains(" echo "), "{modes}");
}

#[test]
fn a_refused_line_stops_a_paste() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    let long = "y".repeat(5000);
    alice.send(paste(&format!("/say one\rtwo\r{long}\rfour"))).unwrap();
    until(&mut alice, QUESTION);
    alice.send_line("y").unwrap();
    until(&mut alice, "! Message too long!");
    until(&mut alice, "* stopped after 1 of 3 messages");
    until(&mut alice, "* 2 lines not sent; Up brings them back");
    until(&mut alice, "alice> ");
    bob.hears(json!({"response": "message", "message": "one\ntwo"}));
    alice.send("\x03").unwrap();
    until(&mut alice, "alice> ");
    leaves_quietly(&mut alice, &mut bob);
}

#[test]
fn a_message_of_several_lines_can_be_typed_and_is_shown_with_an_indentation() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    // What a person has typed needs no question, however many lines it has.
    alice.send("one\x1b\rtwo\x1b\rthree\x1b\rfour\r").unwrap();
    bob.hears(json!({"response": "message", "message": "one\ntwo\nthree\nfour"}));
    until(&mut alice, "alice: one\r\n");
    until(&mut alice, "alice> ");
    // A backslash and Enter, then Alt-Enter.
    alice.send("one\\\r").unwrap();
    until(&mut alice, "one");
    alice.send("two\x1b\rthree\\\\\r").unwrap();
    bob.hears(json!({"response": "message", "message": "one\ntwo\nthree\\\\"}));
    until(&mut alice, "alice> ");
    // A backslash is part of the text if no other line follows.
    alice.send("it is in D:\\\r").unwrap();
    until(&mut alice, "D:");
    alice.send("\r").unwrap();
    until(&mut alice, "alice: it is in D:\\");
    bob.hears(json!({"response": "message", "message": "it is in D:\\"}));
    until(&mut alice, "alice> ");
    alice.send("/msg bob a\x1b\rb\r").unwrap();
    bob.hears(json!({"response": "message", "message": "a\nb", "to": "bob"}));
    until(&mut alice, "alice> ");

    bob.says("first\n12:34 eve: second");
    bob.hears(json!({"response": "message"}));
    // The time has five columns, and so have the name and the colon.
    until(&mut alice, " bob: first\r\n           12:34 eve: second\r\n");
    until(&mut alice, "alice> ");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn a_message_of_several_lines_reaches_a_dialect_of_lines_as_several_messages() {
    let server = Server::start("events", &["--listen", "plain:colour=off=127.0.0.1:0", "--gap=0"]);
    let mut alice = server.login("alice");
    let mut plain = TcpStream::connect(server.addresses[1]).unwrap();
    plain.set_read_timeout(Some(DEADLINE)).unwrap();
    plain.write_all(b"hello\n").unwrap();
    alice.hears(json!({"response": "join"}));
    alice.hears(json!({"response": "message", "message": "hello"}));
    alice.says("one\n\ntwo\nserver say: bye");
    alice.hears(json!({"response": "message", "message": "one\n\ntwo\nserver say: bye"}));
    let lines = BufReader::new(plain).lines().map(Result::unwrap);
    let said: Vec<String> = lines.filter(|line| line.contains("alice]")).take(3).collect();
    assert_eq!(said, ["[alice]: one", "[alice]: two", "[alice]: server say: bye"]);
}

#[test]
fn a_lost_connection_during_the_question_keeps_the_paste() {
    let (server, _bob, _home, mut alice) = alice_at_a_terminal();
    alice.send(paste("one\rtwo\rthree\rfour\rfive")).unwrap();
    until(&mut alice, QUESTION);
    drop(server);
    let shown = until(&mut alice, "reconnecting ");
    assert!(shown.contains("* 5 lines not sent; Up brings them back"), "{shown:?}");
    alice.send("\x10").unwrap();
    until(&mut alice, "five");
    alice.send("\x03").unwrap();
    // The first press clears the line. Each prompt is a chance for another one.
    let again = b"Ctrl-C again";
    let either = || Any::boxed(vec![Box::new("Ctrl-C again"), Box::new("reconnecting ")]);
    let next = |alice: &mut _| seen(alice, either(), "a prompt or the hint");
    while next(&mut alice).get(0) != Some(again) {
        alice.send("\x03").unwrap();
    }
    // Before the prompt, the press would not reach the editor. The client may have left already.
    let prompt = Any::boxed(vec![Box::new("reconnecting "), Box::new(Eof)]);
    seen(&mut alice, prompt, "a prompt or the end");
    let _ = alice.send("\x03");
    assert_eq!(exit_code(&mut alice), 130);
}

#[test]
fn a_client_that_leaves_sends_all_lines_first() {
    let server = Server::start("events", &["--flood", "4,4,60"]);
    let (_server, mut bob, _home, mut alice) = alice_at(server);
    // A terminal without marks for pastes. The server limits requests, and the client does not send faster.
    let typed: Vec<String> = (1..=20).map(|number| format!("line {number}.")).collect();
    alice.send(typed.join("\r") + "\r/quit gone\r").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
    for text in &typed {
        bob.hears(json!({"response": "message", "message": text}));
    }
    bob.hears(json!({"response": "leave", "username": "alice", "reason": "gone"}));
}

#[test]
fn ctrl_c_ends_the_wait_of_a_client_that_leaves() {
    let (server, _bob, _home, mut alice) = alice_at_a_terminal();
    server.signal("STOP");
    alice.send_line("hello").unwrap();
    until(&mut alice, "hello");
    alice.send("\x04").unwrap();
    until(&mut alice, "* answers to wait for: 1; Ctrl-C leaves at once");
    alice.send("\x03").unwrap();
    until(&mut alice, "! no answer came to the last line: perhaps not sent");
    assert_eq!(exit_code(&mut alice), 1);
    server.signal("CONT");
}

#[test]
fn messages_of_a_paste_with_commands_and_after_a_question_are_shown() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    alice.send(paste("/me waves\r/msg bob psst\r/say all")).unwrap();
    until(&mut alice, "; 2 are commands: /msg, /say:");
    until(&mut alice, CHOICE);
    alice.send_line("x").unwrap();
    until(&mut alice, "y, l or n? ");
    alice.send_line("l").unwrap();
    until(&mut alice, "* alice waves\r\n");
    until(&mut alice, "you -> bob: psst\r\n");
    until(&mut alice, "send it to everyone in #lobby? [y/N] ");
    // Another line is no answer, and no message either.
    alice.send_line("not that").unwrap();
    until(&mut alice, "* neither the text nor the answer was sent; Up brings them back\r\n");
    until(&mut alice, "alice> ");
    alice.send_line("now this").unwrap();
    for text in ["waves", "psst", "now this"] {
        bob.hears(json!({"response": "message", "message": text}));
    }
}

#[test]
fn the_question_says_how_a_paste_will_be_sent() {
    let (_server, _bob, _home, mut alice) = alice_at_a_terminal();
    for (text, plan) in [
        ("/msg bob one\rtwo\rthree\rfour", "4 pasted lines, to send to bob as one message"),
        ("one\r/me waves\r//three", "3 pasted lines, to send as one message; 1 is a command: /me:"),
        ("/me one\r/names\r\r/rooms", "; 2 are commands: /names, /rooms:"),
        (
            "/join tea\rhi\r/names",
            "3 pasted lines, to send one by one; 2 are commands: /join, /names:",
        ),
        ("one\r/fly", "; /fly is no command:"),
    ] {
        alice.send(paste(text)).unwrap();
        until(&mut alice, plan);
        until(&mut alice, "n]");
        alice.send_line("n").unwrap();
        until(&mut alice, "lines not sent; Up brings them back");
    }
}

#[test]
fn only_the_first_line_can_make_a_text_a_command() {
    let (_server, mut bob, home, mut alice) = alice_at_a_terminal();
    let hears = |bob: &mut harness::Peer, text: &str| {
        bob.hears(json!({"response": "message", "message": text}));
    };
    // A short text without commands is inserted, and Enter sends it as it is.
    let comments = ["int x = 1\n// a comment\nint y = 2", "a\n    // indented", "// first\nb"];
    for text in comments.into_iter().chain(["/* a\n * b */", "/usr/bin/ld: cannot find -lm"]) {
        alice.send(paste(&text.replace('\n', "\r"))).unwrap();
        alice.send("\r").unwrap();
        hears(&mut bob, text);
        until(&mut alice, "alice> ");
    }
    // Blank lines around a paste do not count.
    alice.send(paste("\r\rlonely\r\r")).unwrap();
    alice.send("\r").unwrap();
    hears(&mut bob, "lonely");
    until(&mut alice, "alice> ");
    alice.send("look\x1b\r/etc/passwd\r").unwrap();
    hears(&mut bob, "look\n/etc/passwd");
    until(&mut alice, "alice> ");
    alice.send("/say see\x1b\r/join tea\r").unwrap();
    hears(&mut bob, "see\n/join tea");
    until(&mut alice, "alice> ");

    // A longer text is shown as it will be sent.
    alice.send(paste("//etc\r/join tea\r    //x\rd")).unwrap();
    until(&mut alice, "; 1 is a command: /join:");
    until(&mut alice, "    //etc\r\n    /join tea\r\n        //x\r\n    d\r\n");
    until(&mut alice, CHOICE);
    alice.send_line("y").unwrap();
    hears(&mut bob, "//etc\n/join tea\n    //x\nd");
    until(&mut alice, "* sent as one message");
    until(&mut alice, "alice> ");

    alice.send(paste("/* a\r * b\r */\rint x;")).unwrap();
    until(&mut alice, "    /* a\r\n");
    until(&mut alice, QUESTION);
    alice.send_line("y").unwrap();
    hears(&mut bob, "/* a\n * b\n */\nint x;");
    until(&mut alice, "* sent as one message");
    until(&mut alice, "alice> ");

    // A mistake in a later line is named before the first line is executed.
    alice.send("/join tea\x1b\r/fly\r").unwrap();
    until(&mut alice, "! line 2: unknown command /fly");
    until(&mut alice, "* 2 lines not sent; Up brings them back");
    until(&mut alice, "alice> ");

    // A password in a later line is asked about twice, and never saved.
    alice.send("hi\x1b\r/login carol hunter22\r").unwrap();
    until(&mut alice, "; 1 is a command: /login");
    until(&mut alice, QUESTION);
    alice.send_line("y").unwrap();
    until(&mut alice, "a line may contain a password; send it to everyone in #lobby? [y/N] ");
    alice.send_line("").unwrap();
    until(&mut alice, "* 2 lines not sent; Up brings them back");
    until(&mut alice, "alice> ");
    alice.send_line("done").unwrap();
    hears(&mut bob, "done");
    leaves_quietly(&mut alice, &mut bob);
    let history = std::fs::read_to_string(home.path().join("strata/client-history")).unwrap();
    assert!(!history.contains("hunter22"), "{history}");
}
