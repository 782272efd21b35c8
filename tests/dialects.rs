//! The dialects besides `json`, each with a client as small as those of its course.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

mod common;

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use common::examples::{examples, fits};
use common::{DEADLINE, Peer, Server, Value, json};

const PROTOCOL: &str = include_str!("../handout/protocol.md");

/// A server that listens for `json` and for another dialect.
fn listen_for(dialect: &str, engine: &str) -> Server {
    let mut command = common::server();
    let other = format!("{dialect}=127.0.0.1:0");
    command.args(common::with_usual(engine, &["--listen", &other]));
    Server::run(command, 2)
}

/// The client of the course that frames by length: a header is ten bytes, read at once.
struct HeaderClient(TcpStream);

impl HeaderClient {
    fn connect(server: &Server) -> HeaderClient {
        let stream = TcpStream::connect(server.addresses[1]).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        HeaderClient(stream)
    }

    fn sends(&mut self, text: &str) {
        self.0.write_all(format!("{:<10}{text}", text.len()).as_bytes()).unwrap();
    }

    fn frame(&mut self) -> String {
        let mut header = [0; 10];
        self.0.read_exact(&mut header).expect("a header");
        let length: usize = std::str::from_utf8(&header).unwrap().trim_end().parse().unwrap();
        let mut text = vec![0; length];
        self.0.read_exact(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    /// The next pair, as the examples have it: `bob: hello`.
    fn pair(&mut self) -> String {
        let (name, text) = (self.frame(), self.frame());
        format!("{name}: {text}")
    }

    fn is_hung_up_on(&mut self) {
        assert_eq!(self.0.read(&mut [0]).unwrap(), 0, "something before the end");
    }
}

fn header_examples(engine: &str) {
    let examples = examples(PROTOCOL, "header");
    assert!(examples.len() >= 2, "the examples are not found any more");
    for (first, lines) in examples {
        let server = listen_for("header", engine);
        let mut carol = server.connect();
        let mut others: HashMap<&str, HeaderClient> = HashMap::new();
        for (index, line) in lines.into_iter().enumerate() {
            let place = format!("handout/protocol.md:{}", first + index);
            let (who, rest) = line.split_once(' ').unwrap();
            let (way, what) = rest.split_at(1);
            let what = what.strip_prefix(' ').unwrap_or(what);
            if who == "carol" {
                speaks_json(&mut carol, way, what, &place);
                continue;
            }
            let peer = others.entry(who).or_insert_with(|| HeaderClient::connect(&server));
            match (way, what) {
                (">", "(hangs up)") => drop(others.remove(who)),
                (">", text) => peer.sends(text),
                (_, "(hangs up)") => peer.is_hung_up_on(),
                (_, pair) => assert_eq!(peer.pair(), pair, "{place}"),
            }
        }
    }
}

fn speaks_json(peer: &mut Peer, way: &str, what: &str, place: &str) {
    if way == ">" {
        return peer.sends(format!("{what}\n").as_bytes());
    }
    let read = |line: &str| -> Value { serde_json::from_str(line).unwrap() };
    let heard = peer.line();
    assert!(fits(&read(&heard), &read(what)), "{place}: heard {heard}");
}

#[test]
fn the_header_examples_happen_on_events() {
    header_examples("events");
}

#[test]
fn the_header_examples_happen_on_threads() {
    header_examples("threads");
}

#[test]
fn a_header_dialogue_may_come_in_any_pieces() {
    let server = listen_for("header", "events");
    let mut carol = server.login("carol");
    let mut alice = HeaderClient::connect(&server);
    alice.0.set_nodelay(true).unwrap();
    for byte in b"5         alice5         hello" {
        alice.0.write_all(&[*byte]).unwrap();
    }
    carol.hears(json!({"response": "join", "username": "alice"}));
    carol.hears(json!({"response": "message", "username": "alice", "message": "hello"}));
    let mut bob = HeaderClient::connect(&server);
    bob.0.write_all(b"3         bob3         one3         two").unwrap();
    carol.hears(json!({"response": "join", "username": "bob"}));
    carol.hears(json!({"response": "message", "username": "bob", "message": "one"}));
    carol.hears(json!({"response": "message", "username": "bob", "message": "two"}));
    assert_eq!(alice.pair(), "server: bob joined (3 online)");
    assert_eq!(alice.pair(), "bob: one");
}

#[test]
fn a_header_that_is_none_is_one_answer_and_the_end_of_that_one_only() {
    let server = listen_for("header", "events");
    let mut carol = server.login("carol");
    for (header, why) in [
        ("9999999999", "a frame is over 8192 bytes"),
        ("-1        ", "\"-1        \" is no length of a frame"),
        ("          ", "\"          \" is no length of a frame"),
        ("{'request'", "\"{'request'\" is no length of a frame"),
    ] {
        let mut peer = HeaderClient::connect(&server);
        peer.0.write_all(header.as_bytes()).unwrap();
        assert_eq!(peer.pair(), format!("server: {why}"));
        peer.is_hung_up_on();
    }
    // Half a character at the end of a message.
    let mut peer = HeaderClient::connect(&server);
    peer.0.write_all(b"1         x2         a\xc3").unwrap();
    carol.hears(json!({"response": "join", "username": "x"}));
    assert_eq!(peer.pair(), "server: bad UTF-8 at byte 1");
    peer.sends("still here");
    carol.hears(json!({"response": "message", "message": "still here"}));
}
