//! Bytes that a dialect cannot read: the server gives one answer in that dialect and serves the others
//! on.

use std::io::Write;
use std::net::Shutdown;

use super::clients::client;
use super::{GAP, at_once, dialects};
use crate::engines::on_each_engine;
use harness::Server;

/// Bytes to send, a part of the expected answer, and whether the server then closes the connection.
type Trouble = (&'static [u8], &'static str, bool);

const MEGABYTE: &[u8] = &[b'['; 1_000_000];

const JSON: [Trouble; 8] = [
    (b"null ", "Not a JSON object: invalid type: null", false),
    (b"[]", "Not a JSON object: invalid type: sequence", false),
    (b"\"a\"", "Not a JSON object: invalid type: string", false),
    (b"{]", "Not a JSON object: ", false),
    (b"{\"request\":\"\xc3\"}", "Not a JSON object: bad UTF-8 at byte 12", false),
    (b"{\"request\":\"login\",\"request\":\"login\"}", "duplicate key", false),
    (b"{\"request\":{", "Not a JSON object: the stream ended inside a frame, 12 bytes", true),
    (MEGABYTE, "Not a JSON object: a frame is over 8192 bytes", true),
];

const WORDS: [Trouble; 2] =
    [(b"\xff\xfe", "bad UTF-8 at byte 0", false), (b"caf\xc3", "bad UTF-8 at byte 3", false)];

const HEADER: [Trouble; 5] = [
    (b"9999999999", "server: a frame is over 8192 bytes", true),
    (b"-1        ", "server: \"-1        \" is no length of a frame", true),
    (b"          ", "server: \"          \" is no length of a frame", true),
    (b"{'request'", "server: \"{'request'\" is no length of a frame", true),
    (b"2         a\xc3", "server: Invalid username!", true),
];

fn troubles(dialect: &str) -> &'static [Trouble] {
    match dialect {
        "ktn14" | "ktn15" => &JSON,
        "header" => &HEADER,
        _ => &WORDS,
    }
}

fn unreadable_bytes(engine: &str) {
    let listen: Vec<String> = dialects().map(|name| format!("{name}=127.0.0.1:0")).collect();
    let arguments = listen.iter().flat_map(|listen| ["--listen", listen]);
    let server = Server::start(engine, &arguments.chain([GAP]).collect::<Vec<_>>());
    at_once(dialects().zip(&server.addresses[1..]), |(dialect, address)| {
        let connect = || {
            let mut peer = client(dialect, *address);
            if dialect == "plain" {
                peer.hears();
            }
            peer
        };
        let mut peer = connect();
        for (bytes, want, last) in troubles(dialect) {
            peer.stream().write_all(bytes).unwrap();
            if *last {
                peer.stream().shutdown(Shutdown::Write).unwrap();
            }
            let heard = peer.hears();
            assert!(heard.contains(want), "{dialect}: {heard}, and not {want}");
            if *last {
                peer.is_hung_up_on();
                peer = connect();
            }
        }
    });
    server.login("carol");
}

#[test]
fn unreadable_bytes_get_one_answer_in_the_dialect() {
    on_each_engine(unreadable_bytes);
}

/// For some dialects: an unreadable frame (in `text` and `menu` an unknown word), a part of the answer,
/// and any valid request.
const UNREADABLE: [(&str, &str, &str, &str); 3] = [
    ("ktn15", "[1]", "Not a JSON object", r#"{"request":"help"}"#),
    ("text", "HELLO there", "Don't know the command", "GETLIST"),
    ("menu", "fly", "Invalid command", "gv"),
];

/// Nine unreadable frames in a row are allowed; the tenth ends the connection.
#[test]
fn ten_unreadable_frames_in_a_row_end_the_connection() {
    on_each_engine(|engine| {
        let listen = UNREADABLE.map(|(dialect, ..)| format!("{dialect}=127.0.0.1:0"));
        let arguments = listen.iter().flat_map(|listen| ["--listen", listen]);
        // The test waits for each answer, so no gap between messages is necessary.
        let server = Server::start(engine, &arguments.chain(["--gap=0"]).collect::<Vec<_>>());
        for ((dialect, none, answer, request), address) in
            UNREADABLE.into_iter().zip(&server.addresses[1..])
        {
            let mut peer = client(dialect, *address);
            for _ in 0..2 {
                peer.sends(request);
                assert!(!peer.hears().contains(answer), "{dialect}");
                for _ in 0..9 {
                    peer.sends(none);
                    let heard = peer.hears();
                    assert!(heard.contains(answer), "{dialect}: {heard}");
                }
            }
            peer.sends(none);
            assert!(peer.hears().contains(answer), "{dialect}");
            peer.is_hung_up_on();
        }
    });
}
