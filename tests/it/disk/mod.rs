//! What a person relies on who leaves a server running: what was said is there tomorrow, and a
//! disk that is full is no end. `survival` has the hard way of ending.

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
fn what_was_said_is_there_after_a_restart_and_so_are_the_accounts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a folder/that is not there yet/data.db");
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
fn a_drain_keeps_and_answers_what_was_asked_before() {
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
    // The first is answered, the others may be anywhere.
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
    assert_eq!(kept, Some((answered - 1).to_string()), "all that was answered, and no more");
}

/// A bound on the size of files (`ulimit -f`) does to a server what a full disk does; its signal is no
/// end.
#[cfg(target_os = "linux")]
mod full {
    use super::*;
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    use std::fs;

    const NOT_KEPT: &str = "It cannot be kept right now, try again later!";

    fn bound_files(server: &Server, bytes: Option<u64>) {
        let pid = Pid::from_raw(i32::try_from(server.pid()).unwrap());
        let limit = Rlimit { current: bytes, maximum: None };
        prlimit(pid, Resource::Fsize, limit).unwrap();
    }

    #[test]
    fn a_full_disk_is_said_to_each_sender_and_is_no_end() {
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
        // Whatever is said next goes to the end of this one.
        let size = fs::metadata(folder.path().join("data.db-wal")).unwrap().len();
        bound_files(&server, Some(size));
        for peer in [&mut alice, &mut bob] {
            peer.says("lost?");
            peer.hears(json!({"response": "message", "error": NOT_KEPT}));
        }
        alice
            .asks(json!({"request": "register", "username": "alice", "password": "correct horse"}));
        alice.hears(json!({"response": "register", "error": NOT_KEPT}));
        server.logs("the data cannot be written");
        // It stays up for reading, and for everything else.
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
