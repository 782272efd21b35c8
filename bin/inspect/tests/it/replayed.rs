//! A conversation with faults, saved as a transcript: `grade play` plays it against the server again.
//!
//! By default it is played three times. A run of a hundred takes a minute or two:
//!
//! ```console
//! $ STRATA_REPLAYS=100 cargo nextest run -p inspect -E 'test(replays)' --no-capture
//! ```

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use harness::{Peer, Server, json};

use crate::bench::Inspect;

/// The number of replays, unless the variable `STRATA_REPLAYS` says another.
const REPLAYS: u32 = 3;

fn replays() -> u32 {
    std::env::var("STRATA_REPLAYS").map_or(REPLAYS, |count| count.parse().unwrap())
}

/// Alice sends these messages while they are held. Returns their frames.
fn held<const N: usize>(inspect: &Inspect, alice: &mut Peer, texts: [&str; N]) -> [u64; N] {
    texts.iter().for_each(|text| alice.says(text));
    // The first frame is the login.
    let sent = inspect.hears(1 + N, &json!({"event": "frame", "client": 1, "way": "up"}));
    std::array::from_fn(|place| sent[1 + place]["frame"].as_u64().unwrap())
}

/// Two people talk through a proxy, which cuts, drops, delays and reorders frames. Returns the transcript.
fn a_conversation_with_faults(server: &Server) -> String {
    let nothing = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = server.address().to_string();
    let inspect = Inspect::run(nothing, &["--listen", "127.0.0.1:0", "--to", &to]);
    let mut alice = Peer::connect(inspect.address());
    alice.asks(json!({"request": "login", "username": "alice"}));
    alice.hears(json!({"response": "login", "username": "alice"}));
    let mut bob = Peer::connect(inspect.address());
    bob.asks(json!({"request": "login", "username": "bob"}));
    bob.hears(json!({"response": "login", "username": "bob"}));
    alice.hears(json!({"response": "join", "username": "bob"}));

    inspect.does(&json!({"do": "pause", "client": 1, "way": "up"}));
    let texts = ["cut", "dropped", "delayed", "third", "fourth", "moved"];
    let [cut, dropped, delayed, _, _, moved] = held(&inspect, &mut alice, texts);
    let mut hear = |text: &str| {
        alice.hears(json!({"response": "message", "message": text}));
        bob.hears(json!({"response": "message", "message": text}));
    };
    inspect.does(&json!({"do": "cut", "frame": cut, "at": 12}));
    inspect.does(&json!({"do": "step", "client": 1}));
    inspect.does(&json!({"do": "step", "client": 1}));
    hear("cut");
    inspect.does(&json!({"do": "drop", "frame": dropped}));
    inspect.does(&json!({"do": "send", "frame": delayed, "delay": 30}));
    hear("delayed");
    inspect.does(&json!({"do": "earlier", "frame": moved}));
    inspect.does(&json!({"do": "resume"}));
    ["third", "moved", "fourth"].iter().for_each(|text| hear(text));
    inspect.does(&json!({"do": "rules", "client": 1, "way": "up", "rules": {"bytewise": true}}));
    alice.says("byte by byte");
    for peer in [&mut alice, &mut bob] {
        peer.hears(json!({"response": "message", "message": "byte by byte"}));
    }
    alice.finishes();
    bob.hears(json!({"response": "leave", "username": "alice"}));
    inspect.hears(1, &json!({"event": "closed", "client": 1}));
    let (page, token) = (inspect.page, &inspect.token);
    let get = format!("GET /{token}/transcript HTTP/1.1\r\nHost: {page}\r\n\r\n");
    let (status, text) = inspect.http(&get);
    assert_eq!(status, 200, "{text}");
    text
}

#[test]
fn a_conversation_with_faults_replays_each_time() {
    let text = a_conversation_with_faults(&Server::start("events", &[]));
    for step in
        ["alice >> {\"request\":\"", "# alice: a frame was dropped", "\"message\":\"moved\""]
    {
        assert!(text.contains(step), "no {step} in {text}");
    }
    assert!(!text.contains("\"message\":\"dropped\""), "{text}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("faults.chat");
    fs::write(&file, &text).unwrap();
    let failures: Vec<String> = (0..replays()).filter_map(|_| replay(&file).err()).collect();
    let passed = replays() as usize - failures.len();
    println!("{passed} of {} replays passed", replays());
    assert!(failures.is_empty(), "{passed} of {}: {text}{}", replays(), failures[0]);
}

/// Plays a transcript against a new server.
fn replay(file: &Path) -> Result<(), String> {
    let server = format!(
        "'{}' --listen {{dialect}}=127.0.0.1:{{port}} --data :memory: --flood off --login-limit 0",
        harness::program("server").display()
    );
    let mut grade = Command::new(harness::program("grade"));
    let grade = grade.args(["play", "--server", &server]).arg(file);
    let output = grade.current_dir(file.parent().unwrap()).output().unwrap();
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into()),
    }
}
