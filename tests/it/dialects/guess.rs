//! The `auto` dialect: one listener tells five dialects apart.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;

use parse::Limits;
use parse::dialect::find;

use super::GAP;
use super::clients::connect;
use crate::engines::on_each_engine;
use harness::clients::{empty_home, script};
use harness::{Peer, ROOTS_PASSWORD, Server, Value, json};

/// Starts a server whose first listener is of `auto`.
fn guessing(engine: &str) -> Server {
    let listen = ["--listen", "auto=127.0.0.1:0"];
    let mut server = Server::start_on_disk_with(engine, &[&listen[..], &[GAP]].concat());
    server.addresses.reverse();
    server
}

/// The first thing that a client of each dialect sends, and how the answer begins.
const FIRST: [(&str, &str, &str); 8] = [
    (
        "json",
        "\n{\"request\":\"login\",\"username\":\"ann\"}\n",
        r#"{"response":"login","username":"ann""#,
    ),
    ("ktn14", r#"{"request":"login","username":"ben"}"#, r#"{"response":"login","username":"ben""#),
    ("ktn15", r#"{"request":"login","content":"cat"}"#, r#"{"timestamp":""#),
    ("header", "3         dan5         hello", "6         server"),
    ("text", "LOGIN eve", "eve LOGIN SUCCESSFUL\n"),
    // `json` needs a newline before or after the object.
    (
        "json",
        "{\"request\":\"login\",\"username\":\"fay\"}\n",
        r#"{"response":"login","username":"fay""#,
    ),
    // As Go encodes a struct without tags: its encoder appends a newline.
    ("ktn15", "{\"Request\":\"login\",\"Content\":\"gus\"}\n", r#"{"timestamp":""#),
    (
        "ktn14",
        "{\"Request\":\"login\",\"Username\":\"hal\"}\n",
        r#"{"response":"login","username":"hal""#,
    ),
];

/// Checks that the stream begins with this text.
fn begins(stream: &mut TcpStream, want: &str) {
    let mut begin = vec![0; want.len()];
    stream.read_exact(&mut begin).expect("an answer");
    assert_eq!(String::from_utf8_lossy(&begin), want);
}

/// Connects a client for each entry of [`FIRST`]. Checks that the server lists it with its dialect.
fn are_told_apart(engine: &str, pieces: impl Fn(&'static str) -> Vec<&'static [u8]>) {
    let server = guessing(engine);
    server.add_root();
    let mut root = Peer::connect(server.addresses[1]);
    root.asks(json!({"request": "login", "username": "root", "password": ROOTS_PASSWORD}));
    root.hears(json!({"response": "login"}));
    let mut streams = Vec::new();
    for (dialect, first, answer) in FIRST {
        let mut stream = connect(server.address());
        for piece in pieces(first) {
            stream.write_all(piece).unwrap();
        }
        // The server tells every client, and root, of each login.
        root.hears(json!({"response": "join"}));
        if dialect == "header" {
            root.hears(json!({"response": "message", "username": "dan", "message": "hello"}));
        } else {
            begins(&mut stream, answer);
        }
        streams.push(stream);
    }
    // The first news for dan: that eve joined.
    begins(&mut streams[3], FIRST[3].2);
    root.asks(json!({"request": "connections"}));
    let connections = root.hears(json!({"response": "connections"}));
    let spoken = connections["connections"].as_array().unwrap().iter();
    let spoken: Vec<&Value> = spoken.skip(1).map(|connection| &connection["dialect"]).collect();
    assert_eq!(spoken, FIRST.map(|(dialect, ..)| dialect));
}

#[test]
fn the_first_writes_are_of_every_dialect_that_auto_tells_apart() {
    let auto = find("auto", &Limits::default()).unwrap();
    let told_apart: BTreeSet<&str> = auto.candidates().iter().map(|it| it.name()).collect();
    assert_eq!(FIRST.map(|(dialect, ..)| dialect).into_iter().collect::<BTreeSet<_>>(), told_apart);
}

#[test]
fn the_first_write_tells_the_dialect() {
    on_each_engine(|engine| {
        are_told_apart(engine, |first| vec![first.as_bytes()]);
    });
}

#[test]
fn single_bytes_tell_the_dialect_where_that_is_promised() {
    on_each_engine(|engine| {
        // These two need the bytes behind the first ones: a newline, or the rest of a word.
        are_told_apart(engine, |first| match first {
            first
                if first.starts_with("LOGIN")
                    || first.starts_with("{\"request\":\"login\",\"username\":\"fay") =>
            {
                vec![first.as_bytes()]
            }
            first => first.as_bytes().chunks(1).collect(),
        });
    });
}

#[test]
fn our_own_client_is_recognised() {
    let (server, home) = (guessing("events"), empty_home());
    let address = server.address().to_string();
    let (screen, code) = script(home.path(), &["--name", "ann", &address], "hello\n/names\n");
    assert_eq!((screen.as_str(), code), ("* you are ann\nann: hello\n* here: ann\n", 0));
}

#[test]
fn a_client_of_an_unknown_dialect_is_answered_in_json() {
    let server = Server::start("events", &["--listen", "auto=127.0.0.1:0", "--login-limit", "1"]);
    let mut silent = Peer::connect(server.addresses[1]);
    silent.hears(json!({"response": "error", "code": "no-login-in-time", "error": "No login in time! Connect again, and log in within 1 s."}));
    silent.is_hung_up_on();
    for (bytes, why) in [
        (
            &b"{\"request\""[..],
            "the stream ended inside a frame, 10 bytes after the last whole one",
        ),
        (&[b"{\"", &b"x".repeat(9000)[..]].concat(), "a frame is over 8192 bytes"),
    ] {
        let mut peer = Peer::connect(server.addresses[1]);
        peer.sends(bytes);
        peer.finishes();
        peer.hears(json!({"response": "error", "error": format!("Not a JSON object: {why}")}));
        peer.is_hung_up_on();
    }
}
