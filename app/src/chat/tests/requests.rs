//! Requests, unreadable frames and the end of a connection.

use crate::testing::{Room, dict};
use parse::{Dict, Value};

#[test]
fn what_no_command_is_called_is_refused_under_its_name() {
    let mut room = Room::new();
    let stranger = room.connect();
    room.ask(stranger, "fly", Dict::new());
    assert_eq!(room.heard(stranger), ["fly error: Unknown request!"]);
}

#[test]
fn a_tag_comes_back_with_answers_and_refusals_alike() {
    let mut room = Room::new();
    let stranger = room.connect();
    room.ask_tagged(stranger, "version", Dict::new(), Value::from("a"));
    room.ask_tagged(stranger, "names", Dict::new(), Value::Null);
    let said = room.heard(stranger);
    assert!(said[0].ends_with(r#" tag="a""#), "{said:?}");
    assert_eq!(said[1], "names error: You are not logged in! tag=null");
}

#[test]
fn ten_unreadable_frames_in_a_row_end_the_connection() {
    let mut room = Room::new();
    let (alice, bob) = (room.login("alice"), room.login("bob"));
    room.heard(alice);
    for _ in 0..9 {
        room.babble(bob);
    }
    room.ask(bob, "version", Dict::new());
    assert_eq!(room.heard(bob).len(), 10, "nine in a row are forgiven");
    for _ in 0..10 {
        room.babble(bob);
    }
    let said = room.heard(bob);
    assert_eq!(said[9..], ["error error: Not a JSON object: babble", "(closed)"]);
    room.babble(bob);
    room.ask(bob, "message", dict("message", "still there"));
    assert_eq!(room.heard(bob), [""; 0], "what comes after the end is not answered");
    room.leave(bob);
    assert_eq!(room.heard(alice), [r#"leave username="bob" online=1"#]);
}

#[test]
fn a_peer_that_finished_is_answered_and_then_hung_up_on() {
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
fn a_stranger_comes_and_goes_unseen() {
    let mut room = Room::new();
    let alice = room.login("alice");
    let stranger = room.connect();
    room.leave(stranger);
    assert_eq!(room.heard(alice), [""; 0]);
}

#[test]
fn everybody_is_told_that_the_server_goes_strangers_too() {
    let mut room = Room::new();
    let (alice, stranger) = (room.login("alice"), room.connect());
    room.farewell("bye");
    for peer in [alice, stranger] {
        assert_eq!(room.heard(peer), [r#"notice message="bye""#]);
    }
}
