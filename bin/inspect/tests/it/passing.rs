//! Bytes without commands: they pass as they came, and every end of a connection passes too.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use harness::json;
use socket2::SockRef;

use crate::bench::Inspect;

#[test]
fn half_a_frame_passes_at_once_and_both_ends_pass() {
    let inspect = Inspect::start("json");
    let mut ends = inspect.connect();
    ends.client.sends("{\"request\":\"lo");
    ends.server.hears("{\"request\":\"lo");
    inspect.hears(1, &json!({"event": "open", "way": "up", "bytes": 14, "reads": 1}));
    ends.client.sends("gin\",\"username\":\"alice\"}\n{}\n");
    ends.server.hears("gin\",\"username\":\"alice\"}\n{}\n");
    let frames = inspect.hears(2, &json!({"event": "frame", "way": "up"}));
    assert_eq!((&frames[0]["label"], &frames[0]["kind"]), (&json!("login"), &json!("request")));
    assert_eq!(frames[0]["reads"].as_array().unwrap().len(), 2, "{}", frames[0]);
    assert_eq!((&frames[1]["from"], &frames[1]["size"]), (&json!(39), &json!(3)));
    inspect.hears(1, &json!({"event": "named", "name": "alice", "client": 1}));

    ends.client.0.shutdown(Shutdown::Write).unwrap();
    ends.server.is_ended();
    ends.server.sends("{\"response\":\"login\",\"username\":\"alice\"}\n");
    ends.client.hears("{\"response\":\"login\",\"username\":\"alice\"}\n");
    let kinds = inspect.hears(1, &json!({"event": "frame", "way": "down"}));
    assert_eq!(kinds[0]["kind"], "answer");
    ends.server.0.shutdown(Shutdown::Write).unwrap();
    ends.client.is_ended();
    let closed = inspect.hears(1, &json!({"event": "closed", "client": 1}));
    assert_eq!(closed[0]["why"], "both sides have ended");
}

#[test]
fn a_reset_of_either_side_is_a_reset_of_the_other() {
    let inspect = Inspect::start("json");
    for way in ["up", "down"] {
        let mut ends = inspect.connect();
        // Otherwise the server may reset a connection before the proxy knows that it has it.
        ends.client.sends("{}\n");
        ends.server.hears("{}\n");
        let (gone, mut stays) =
            if way == "up" { (ends.client, ends.server) } else { (ends.server, ends.client) };
        SockRef::from(&gone.0).set_linger(Some(Duration::ZERO)).unwrap();
        drop(gone);
        stays.is_reset();
        inspect.hears(1, &json!({"event": "ended", "way": way}));
    }
    let closed = inspect.hears(2, &json!({"event": "closed"}));
    assert!(closed.iter().all(|it| it["why"].as_str().unwrap().starts_with("reset: ")));
}

#[test]
fn a_server_that_is_not_there_is_a_reset() {
    let mut inspect = Inspect::start("json");
    inspect.lose_the_server();
    let mut client = TcpStream::connect(inspect.address()).unwrap();
    let error = client.read(&mut [0; 16]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let closed = inspect.hears(1, &json!({"event": "closed"}));
    assert!(closed[0]["why"].as_str().unwrap().contains("cannot connect to "), "{closed:?}");
}

#[test]
fn a_megabyte_without_a_newline_passes() {
    let inspect = Inspect::start("json");
    let mut ends = inspect.connect();
    let mut bytes = vec![b'x'; 3 << 20];
    bytes.push(b'\n');
    let mut sender = ends.client.0.try_clone().unwrap();
    let sent = bytes.clone();
    let sends = thread::spawn(move || sender.write_all(&sent).unwrap());
    ends.server.hears(&bytes);
    sends.join().unwrap();
    let faults = inspect.hears(1, &json!({"event": "frame", "frame": 1}));
    assert!(faults[0]["fault"].as_str().unwrap().contains("1048576"), "{}", faults[0]["fault"]);
    assert!(faults[0]["text"].as_str().unwrap().len() <= 4096);
    ends.server.sends("{}\n");
    ends.client.hears("{}\n");
}

#[test]
fn hostile_bytes_pass_in_every_dialect() {
    let bytes: Vec<u8> =
        (0..=255).chain(*b"<script>alert(1)</script>\n\x1b[2J\xff\xfe\0\n").collect();
    for dialect in ["auto", "json", "ktn14", "ktn15", "text", "menu", "plain", "header"] {
        let inspect = Inspect::start(dialect);
        let mut ends = inspect.connect();
        ends.client.sends(&bytes);
        ends.server.hears(&bytes);
        ends.server.sends(&bytes);
        ends.client.hears(&bytes);
        ends.client.0.shutdown(Shutdown::Both).unwrap();
        ends.server.is_ended();
        // The record goes on after such bytes.
        inspect.hears(1, &json!({"event": "ended", "way": "up"}));
    }
}

#[test]
fn a_peer_that_never_reads_slows_its_sender_down_and_no_one_else() {
    let inspect = Inspect::start("json");
    let ends = inspect.connect();
    let mut other = inspect.connect();
    let mut sender = ends.client.0.try_clone().unwrap();
    sender.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    let line = "x".repeat(8000) + "\n";
    let mut sent = 0;
    let error = loop {
        match sender.write(line.as_bytes()) {
            Ok(length) => sent += length,
            Err(error) => break error,
        }
        assert!(sent < 200 << 20, "the proxy takes bytes without end");
    };
    assert!([ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind()), "{error}");
    other.client.sends("{}\n");
    other.server.hears("{}\n");
}
