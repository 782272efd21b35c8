//! Texts that are too long for one message.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use expectrl::Expect;
use harness::clients::{empty_home, terminal, until};
use harness::{Server, Value, json};

use crate::pasting::{QUESTION, lines, paste};
use crate::terminal::{alice_at, leaves_quietly};

/// A server that takes texts of at most 100 bytes, and no newlines.
fn serve(mut stream: &TcpStream) {
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        let request: Value = serde_json::from_str(&line).unwrap_or_default();
        let (name, text) = (&request["request"], &request["message"]);
        let mut answer = match name.as_str() {
            Some("help") => json!({"response": name, "help": [], "limits": {"text": 100}}),
            Some("login") => json!({"response": name, "username": "alice", "messages": []}),
            Some("message") if text.as_str().is_some_and(|text| text.contains('\n')) => {
                json!({"response": name, "error": "No newlines!", "code": "forbidden-character"})
            }
            Some("message") => json!({"response": name, "username": "alice", "message": text}),
            _ => json!({"response": name, "error": "Unknown request!"}),
        };
        answer["tag"] = request["tag"].clone();
        if writeln!(stream, "{answer}").is_err() {
            return;
        }
    }
}

#[test]
fn a_server_without_newlines_gets_the_lines_of_a_text_that_is_too_long() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || serve(&listener.accept().unwrap().0));
    let home = empty_home();
    let mut alice = terminal(home.path(), &[&address, "--name", "alice", "--color", "never"]);
    until(&mut alice, "alice> ");
    let text: Vec<String> = (1..=40).map(|number| format!("part {number}")).collect();
    alice.send(paste(&text.join("\r"))).unwrap();
    until(&mut alice, QUESTION);
    alice.send_line("y").unwrap();
    until(&mut alice, "* sending 4 messages one by one; Ctrl-C stops");
    until(&mut alice, "* sending 40 lines one by one; Ctrl-C stops");
    for text in text {
        until(&mut alice, &format!("alice: {text}\r\n"));
    }
    until(&mut alice, "* sent all 40 lines");
    until(&mut alice, "alice> ");
}

#[test]
fn a_part_that_is_longer_than_a_frame_of_the_client_goes_line_by_line() {
    let arguments = ["--text-limit", "16384", "--frame-limit", "65536"];
    let (_server, mut bob, _home, mut alice) = alice_at(Server::start("events", &arguments));
    let lines = lines(300);
    alice.send(paste(&lines.join("\r"))).unwrap();
    until(&mut alice, "* 300 pasted lines, to send as 2 messages (");
    until(&mut alice, QUESTION);
    alice.send_line("y").unwrap();
    until(&mut alice, "* sending 300 lines one by one; Ctrl-C stops");
    for (line, number) in lines.iter().zip(1..) {
        until(&mut alice, &format!("alice: line {number}"));
        bob.hears(json!({"response": "message", "message": line}));
    }
    until(&mut alice, "* sent all 300 lines");
    until(&mut alice, "alice> ");
    leaves_quietly(&mut alice, &mut bob);
}
