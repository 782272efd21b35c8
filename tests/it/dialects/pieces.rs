//! Lines that TCP splits, in the dialects whose clients need not delimit messages.

use std::io::Write;

use super::GAP;
use super::clients::client;
use crate::engines::on_each_engine;
use harness::{Server, json};

/// A client that ends its lines sends the rest of a line after the server has read the beginning.
fn a_cut_line_is_one_line(engine: &str) {
    let listen = [
        "--listen",
        "text=127.0.0.1:0",
        "--listen",
        "plain=127.0.0.1:0",
        "--listen",
        "auto=127.0.0.1:0",
    ];
    let server = Server::start(engine, &[&listen[..], &[GAP]].concat());
    let mut carol = server.login("carol");
    // A part of each split line is a valid request.
    for (address, dialect, first, pieces) in [
        (1, "text", "LOGIN ann\n", ["MSG all we", "quit the rest\n"]),
        (2, "plain", "hello\n", ["we", "quit the rest\r\n"]),
        (3, "text", "\r\nLOGIN bob\n", ["MSG all we", "quit the rest\n"]),
    ] {
        let mut peer = client(dialect, server.addresses[address]);
        peer.stream().write_all(first.as_bytes()).unwrap();
        let joined = carol.hears(json!({"response": "join"}));
        if dialect == "plain" {
            carol.hears(json!({"response": "message", "message": "hello"}));
        }
        let [begin, rest] = pieces;
        peer.stream().write_all(begin.as_bytes()).unwrap();
        // The server answers carol in a later turn than the one that read the beginning.
        carol.has_heard_everything();
        carol.has_heard_everything();
        peer.stream().write_all(rest.as_bytes()).unwrap();
        carol.hears(json!({
            "response": "message", "username": joined["username"], "message": "wequit the rest"
        }));
        carol.has_heard_everything();
        drop(peer);
        carol.hears(json!({"response": "leave"}));
    }
}

#[test]
fn a_split_line_is_one_message() {
    on_each_engine(a_cut_line_is_one_line);
}
