//! The data file: it survives a restart, and a full or locked disk does not end the server. The module
//! `survival` has the kills and power cuts.

mod files;
mod locked;

use harness::{Peer, Server, json};

fn history(peer: &mut Peer) -> Vec<String> {
    peer.asks(json!({"request": "history"}));
    let heard = peer.hears(json!({"response": "history"}));
    let messages = heard["messages"].as_array().unwrap().iter();
    messages.map(|message| message["message"].as_str().unwrap().to_owned()).collect()
}

fn start(file: &std::path::Path) -> Server {
    Server::start("events", &["--data", file.to_str().unwrap()])
}

#[test]
fn messages_and_accounts_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a folder that is not there yet/data.db");
    let mut server = start(&file);
    let mut alice = server.login("alice");
    alice.asks(json!({"request": "register", "username": "alice", "password": "correct horse"}));
    alice.hears(json!({"response": "register", "username": "alice"}));
    alice.says("first");
    alice.hears(json!({"response": "message", "id": 1}));
    alice.asks(json!({"request": "join", "room": "tea"}));
    alice.hears(json!({"response": "join", "room": "tea"}));
    alice.asks(json!({"request": "message", "room": "tea", "message": "second"}));
    alice.hears(json!({"response": "message", "id": 2, "room": "tea"}));
    server.signal("TERM");
    assert_eq!(server.exit_code(), 0);

    let server = start(&file);
    let mut alice = server.connect();
    alice.asks(json!({"request": "login", "username": "alice"}));
    alice.hears(json!({"response": "login", "error": "Wrong password!"}));
    alice.asks(json!({"request": "login", "username": "alice", "password": "correct horse"}));
    let heard = alice.hears(json!({"response": "login", "username": "alice"}));
    assert_eq!(heard["messages"][0]["message"], "first");
    alice.asks(json!({"request": "join", "room": "tea"}));
    let heard = alice.hears(json!({"response": "join", "room": "tea"}));
    assert_eq!(heard["messages"][0]["message"], "second");
    alice.says("third");
    alice.hears(json!({"response": "message", "id": 3}));
}

#[test]
fn a_drain_saves_and_answers_earlier_requests() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data.db");
    let mut server = start(&file);
    let mut alice = server.login("alice");
    let said: Vec<String> = (0..2000).map(|number| number.to_string()).collect();
    let lines: Vec<String> = said
        .iter()
        .map(|text| format!("{}\n", json!({"request": "message", "message": text})))
        .collect();
    alice.sends(lines.concat().as_bytes());
    // The first request is answered; the others may be anywhere between client and disk.
    alice.hears(json!({"response": "message", "id": 1}));
    server.signal("TERM");
    let mut answered = 1;
    loop {
        let heard = alice.line();
        if heard.contains(r#""response":"notice""#) {
            break;
        }
        answered += 1;
        assert!(heard.contains(&format!(r#""id":{answered},"#)), "{heard}");
    }
    assert_eq!(server.exit_code(), 0);
    let server = start(&file);
    let mut alice = server.login("alice");
    let kept = history(&mut alice).last().cloned();
    assert_eq!(kept, Some((answered - 1).to_string()), "exactly the answered messages");
}

/// A limit on the size of files (`ulimit -f`) imitates a full disk. The signal that the system sends at
/// the limit does not end the server.
#[cfg(target_os = "linux")]
mod full {
    use super::*;
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    use std::fs;

    const NOT_SAVED: &str = "It cannot be kept right now, try again later!";

    fn bound_files(server: &Server, bytes: Option<u64>) {
        let pid = Pid::from_raw(i32::try_from(server.pid()).unwrap());
        let limit = Rlimit { current: bytes, maximum: None };
        prlimit(pid, Resource::Fsize, limit).unwrap();
    }

    #[test]
    fn a_full_disk_is_an_error_for_each_sender_and_does_not_end_the_server() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("data.db");
        let server = start(&file);
        let mut alice = server.login("alice");
        let mut bob = server.login("bob");
        alice.hears(json!({"response": "join"}));
        alice.says("before");
        for peer in [&mut alice, &mut bob] {
            peer.hears(json!({"response": "message", "id": 1}));
        }
        // The next message is written at the end of this file.
        let size = fs::metadata(folder.path().join("data.db-wal")).unwrap().len();
        bound_files(&server, Some(size));
        for peer in [&mut alice, &mut bob] {
            peer.says("lost?");
            peer.hears(json!({"response": "message", "error": NOT_SAVED}));
        }
        alice
            .asks(json!({"request": "register", "username": "alice", "password": "correct horse"}));
        alice.hears(json!({"response": "register", "error": NOT_SAVED}));
        server.logs("the data cannot be written");
        // The server still reads, and serves everything that needs no write.
        assert_eq!(history(&mut alice), ["before"]);
        let mut carol = server.login("carol");
        for peer in [&mut alice, &mut bob] {
            peer.hears(json!({"response": "join", "username": "carol"}));
        }
        bound_files(&server, None);
        carol.says("after");
        for peer in [&mut alice, &mut bob, &mut carol] {
            peer.hears(json!({"response": "message", "message": "after"}));
        }
        server.logs("the data can be written again");
        assert_eq!(history(&mut alice), ["before", "after"]);
        drop(server);
        let server = start(&file);
        assert_eq!(history(&mut server.login("alice")), ["before", "after"]);
    }
}
