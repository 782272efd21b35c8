//! Whispers to people who are not here: the server keeps them until the next login.

use expectrl::Expect;
use harness::clients::{empty_home, script, terminal, until};
use harness::{Peer, Server, json, story};

use crate::showing::configured;

const PASSWORD: &str = "correct horse";

fn register(server: &Server, name: &str) {
    let mut peer = server.connect();
    peer.asks(json!({"request": "register", "username": name, "password": PASSWORD}));
    peer.hears(json!({"response": "register"}));
}

fn login(server: &Server, name: &str) -> Peer {
    let mut peer = server.connect();
    peer.asks(json!({"request": "login", "username": name, "password": PASSWORD}));
    peer.hears(json!({"response": "login", "username": name}));
    peer
}

fn whisper(text: &str) -> harness::Value {
    json!({"request": "message", "message": text, "to": "bob"})
}

story!(a_whisper_waits_for_its_receiver, |server| {
    register(&server, "bob");
    let mut alice = server.login("alice");
    for text in ["one", "two"] {
        alice.asks(whisper(text));
        alice.hears(json!({"response": "message", "message": text, "offline": true}));
    }
    let mut bob = login(&server, "bob");
    for text in ["one", "two"] {
        let kept = bob.hears(json!({"response": "message", "message": text, "offline": true}));
        assert!(kept["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')), "{kept}");
    }
    bob.has_heard_everything();
    alice.hears(json!({"response": "join", "username": "bob"}));
    alice.asks(whisper("three"));
    let now = alice.hears(json!({"response": "message", "message": "three"}));
    assert_eq!(now.get("offline"), None);
    bob.hears(json!({"response": "message", "message": "three"}));
    bob.asks(json!({"request": "logout"}));
    bob.hears(json!({"response": "logout"}));
    let mut bob = login(&server, "bob");
    bob.has_heard_everything();
});

#[test]
fn kept_whispers_survive_a_kill_and_are_delivered_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("a.db");
    let start = || Server::start("events", &["--data", data.to_str().unwrap()]);
    let server = start();
    register(&server, "bob");
    let mut alice = server.login("alice");
    alice.asks(whisper("call me"));
    alice.hears(json!({"response": "message", "offline": true}));
    // This kills the process.
    drop(server);
    let server = start();
    let mut bob = login(&server, "bob");
    bob.hears(json!({"response": "message", "message": "call me", "offline": true}));
    // Once the log has this message, it also has the delivery before it.
    bob.says("thanks");
    bob.hears(json!({"response": "message", "message": "thanks"}));
    drop(server);
    let server = start();
    login(&server, "bob").has_heard_everything();
}

#[test]
fn the_client_shows_that_a_whisper_was_kept() {
    let server = Server::start("events", &[]);
    register(&server, "bob");
    let address = server.address().to_string();
    let home = empty_home();
    let mut alice = terminal(home.path(), &[&address, "--name", "alice", "--color", "never"]);
    until(&mut alice, "alice> ");
    alice.send_line("/msg bob call me").unwrap();
    let shown = until(&mut alice, "* bob is not here, and gets it at the next login");
    assert_eq!(shown.matches("you -> bob: call me").count(), 1, "{shown}");
    alice.send_line("/msg eve psst").unwrap();
    let shown = until(&mut alice, "! No such user (eve is not here");
    assert!(!shown.contains("you -> eve"), "it was not sent: {shown}");
    let (said, code) = script(home.path(), &[&address], "/login carol\n/msg bob me too\n");
    assert_eq!(
        said,
        "* you are carol\nyou -> bob: me too\n* bob is not here, and gets it at the next login\n"
    );
    assert_eq!(code, 0);
    let (said, code) = script(home.path(), &[&address], "/login bob correct horse\n/history\n");
    assert_eq!(
        said,
        "* you are bob\nalice -> you (while you were away): call me\n\
         carol -> you (while you were away): me too\n* no earlier messages\n"
    );
    assert_eq!(code, 0);
}

#[test]
fn a_kept_whisper_is_told_below_the_messages_of_rooms_that_hide_it() {
    let server = Server::start("events", &[]);
    register(&server, "bob");
    let mut alice = server.login("alice");
    alice.asks(whisper("call me"));
    alice.hears(json!({"response": "message", "message": "call me"}));
    let home = configured("name = 'bob'\nrooms = ['tea', 'work']\n");
    let mut bob = terminal(home.path(), &[&server.address().to_string(), "--color", "never"]);
    until(&mut bob, "password for bob: ");
    bob.send_line(PASSWORD).unwrap();
    let shown = until(&mut bob, "* above: a whisper while you were away, from alice");
    let places = ["call me", "* you are in #work", "* you are in #tea", "* above: "];
    let places = places.map(|text| shown.find(text).unwrap());
    assert!(places.is_sorted(), "{shown}");
}
