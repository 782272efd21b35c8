//! Requests, unreadable frames and the end of a connection.

use crate::testing::{Room, dict};
use parse::{Dict, Value};

#[test]
fn an_unknown_request_is_refused_under_its_name() {
    let mut room = Room::new();
    let peer = room.connect();
    room.ask(peer, "fly", Dict::new());
    assert_eq!(room.heard(peer), ["fly error: Unknown request!"]);
}

#[test]
fn answers_and_refusals_carry_the_tag() {
    let mut room = Room::new();
    let peer = room.connect();
    room.ask_tagged(peer, "version", Dict::new(), Value::from("a"));
    room.ask_tagged(peer, "names", Dict::new(), Value::Null);
    let said = room.heard(peer);
    assert!(said[0].ends_with(r#" tag="a""#), "{said:?}");
    assert_eq!(said[1], "names error: You are not logged in! tag=null");
}

#[test]
fn ten_unreadable_frames_in_a_row_close_the_connection() {
    let mut room = Room::new();
    let (alice, bob) = (room.login("alice"), room.login("bob"));
    room.heard(alice);
    for _ in 0..9 {
        room.babble(bob);
    }
    room.ask(bob, "version", Dict::new());
    assert_eq!(room.heard(bob).len(), 10, "a request starts the count again");
    for _ in 0..10 {
        room.babble(bob);
    }
    let said = room.heard(bob);
    assert_eq!(said[9..], ["error error: Not a JSON object: babble", "(closed)"]);
    room.babble(bob);
    room.ask(bob, "message", dict("message", "still there"));
    assert_eq!(room.heard(bob), [""; 0], "requests after the end are not answered");
    room.leave(bob);
    assert_eq!(room.heard(alice), [r#"leave username="bob" online=1"#]);
}

#[test]
fn a_peer_that_finished_gets_its_answers_and_is_closed() {
    let mut room = Room::new();
    let (alice, bob) = (room.login("alice"), room.login("bob"));
    room.heard(alice);
    room.ask(bob, "names", Dict::new());
    room.finish(bob);
    assert_eq!(room.heard(bob), [r#"names names=["alice","bob"]"#, "(closed)"]);
    room.leave(bob);
    assert_eq!(room.heard(alice), [r#"leave username="bob" online=1"#]);
}

#[test]
fn a_peer_without_a_name_is_invisible() {
    let mut room = Room::new();
    let alice = room.login("alice");
    let peer = room.connect();
    room.leave(peer);
    assert_eq!(room.heard(alice), [""; 0]);
}

#[test]
fn the_farewell_reaches_every_peer() {
    let mut room = Room::new();
    let (alice, peer) = (room.login("alice"), room.connect());
    room.farewell("bye");
    for peer in [alice, peer] {
        assert_eq!(room.heard(peer), [r#"notice message="bye""#]);
    }
}
