//! Requests that a peer sends before the answer to an earlier one.

use parse::{Dict, Peer, Response, Value};

use crate::chat::MOST_QUEUED;
use crate::testing::{Disk, Room, dict};

/// A room whose log commits nothing yet, with alice logged in.
fn slow() -> (Room, Disk, Peer) {
    let disk = Disk::default();
    let mut room = Room::over(disk.clone());
    let alice = room.login("alice");
    disk.hold();
    (room, disk, alice)
}

/// The names of the responses that a peer got.
fn names(room: &mut Room, peer: Peer) -> Vec<String> {
    let said = room.heard(peer);
    said.iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn a_message_is_delivered_only_after_the_log_has_committed_it() {
    let (mut room, disk, alice) = slow();
    let bob = room.login("bob");
    room.heard(alice);
    room.ask(alice, "message", dict("message", "hello"));
    room.ask(bob, "history", Dict::new());
    assert_eq!(room.heard(alice), [""; 0]);
    assert_eq!(room.heard(bob), ["history messages=[] more=false"], "other peers do not wait");
    disk.release();
    room.deliver();
    assert_eq!(
        (names(&mut room, alice), names(&mut room, bob)),
        (vec!["message".into()], vec!["message".into()])
    );
}

#[test]
fn many_messages_are_in_flight_and_later_requests_wait_for_them() {
    let (mut room, disk, alice) = slow();
    for text in ["one", "two"] {
        room.ask(alice, "message", dict("message", text));
    }
    assert_eq!(disk.waiting(), 2, "both are in flight");
    room.ask(alice, "names", Dict::new());
    room.ask(alice, "message", dict("message", "three"));
    room.babble(alice);
    room.ask(alice, "logout", Dict::new());
    room.finish(alice);
    assert_eq!(disk.waiting(), 2, "a message behind a waiting request waits, too");
    disk.release();
    room.deliver();
    let want = ["message", "message", "names", "message", "error", "logout", "(closed)"];
    assert_eq!(names(&mut room, alice), want);
}

#[test]
fn a_refusal_does_not_overtake_the_answers_before_it() {
    let (mut room, disk, alice) = slow();
    for text in ["one", "", "two", " ", "three"] {
        room.ask(alice, "message", dict("message", text));
    }
    room.ask(alice, "names", Dict::new());
    assert_eq!(room.heard(alice), [""; 0]);
    disk.release();
    room.deliver();
    let said = room.heard(alice);
    for (at, text) in [(0, "one"), (2, "two"), (4, "three"), (5, "names")] {
        assert!(said[at].contains(text), "{said:?}");
    }
    for at in [1, 3] {
        assert_eq!(said[at], "message error: Empty message!");
    }
}

#[test]
fn a_refused_whisper_stays_refused_when_its_receiver_logs_in_before_the_refusal_is_sent() {
    let (mut room, disk, alice) = slow();
    room.ask(alice, "message", dict("message", "hello"));
    room.ask(alice, "message", dict("message", "psst").with("to", "bob"));
    let bob = room.asks_for("bob");
    disk.release();
    room.deliver();
    let said = room.heard(alice);
    assert!(said[0].contains("hello"), "{said:?}");
    assert_eq!(said[1..], ["message error: No such user!", r#"join username="bob" online=2"#]);
    let said = room.heard(bob);
    assert!(!said.iter().any(|line| line.contains("psst")), "{said:?}");
}

#[test]
fn a_whisper_reaches_only_the_peer_that_had_the_name_when_it_was_sent() {
    let (mut room, disk, alice) = slow();
    let (bob, carol) = (room.login("bob"), room.login("carol"));
    room.heard_all();
    // The logout and the login wait for this message. The whisper is sent before them.
    room.ask(carol, "message", dict("message", "hello"));
    room.ask(bob, "logout", Dict::new());
    let thief = room.asks_for("bob");
    room.ask(alice, "message", dict("message", "psst").with("to", "bob"));
    disk.release();
    room.deliver();
    for (peer, copies) in [(alice, 1), (bob, 0), (thief, 0)] {
        let said = room.heard(peer);
        assert!(!said.is_empty());
        let psst = said.iter().filter(|line| line.contains("psst")).count();
        assert_eq!(psst, copies, "the answer to the request only: {said:?}");
    }
}

#[test]
fn who_is_here_waits_for_the_drafts_before_it_and_for_no_others() {
    let (mut room, disk, alice) = slow();
    let bob = room.login("bob");
    room.ask(bob, "join", dict("room", "tea"));
    room.ask(alice, "join", dict("room", "tea"));
    assert_eq!(names(&mut room, alice), ["join", "join"], "nothing is in flight");
    room.heard_all();
    let goodbye = dict("message", "goodbye").with("room", "tea");
    room.ask(alice, "message", goodbye);
    room.ask(alice, "logout", Dict::new());
    room.ask(bob, "leave", dict("room", "tea"));
    room.ask(bob, "message", dict("message", "and then there was one"));
    let carol = room.asks_for("carol");
    assert_eq!(room.heard(alice).len() + room.heard(bob).len() + room.heard(carol).len(), 0);
    disk.release();
    room.deliver();
    let said = room.heard(bob);
    let words = said.iter().map(|line| line.split(' ').next().unwrap());
    let want = ["message", "leave", "join", "leave", "message"];
    assert_eq!(words.collect::<Vec<_>>(), want, "{said:?}");
    assert_eq!(names(&mut room, alice), ["message", "exited", "join", "logout"]);
    assert_eq!(names(&mut room, carol), ["login", "leave", "message"]);
}

#[test]
fn a_full_or_failing_disk_refuses_no_login_and_no_departure() {
    let (mut room, disk, alice) = slow();
    for break_it in [Disk::fill, Disk::fail] {
        break_it(&disk);
        let bob = room.login("bob");
        room.ask(bob, "join", dict("room", "tea"));
        assert_eq!(names(&mut room, bob), ["join"]);
        room.leave(bob);
        assert_eq!(names(&mut room, alice), ["join", "leave"]);
    }
}

#[test]
fn a_message_of_another_server_reaches_the_people_here_once() {
    let (mut room, disk, alice) = slow();
    let bob = room.login("bob");
    room.heard_all();
    disk.release();
    room.says_elsewhere("carol", None, "hello");
    assert_eq!(names(&mut room, alice), ["message"]);
    assert_eq!(names(&mut room, bob), ["message"]);
    room.says_elsewhere("carol", Some("bob"), "psst");
    assert_eq!(room.heard(alice), [""; 0]);
    assert_eq!(names(&mut room, bob), ["message"]);
}

#[test]
fn a_message_that_the_log_cannot_write_is_refused_and_not_delivered() {
    let (mut room, disk, alice) = slow();
    let bob = room.login("bob");
    room.heard(alice);
    room.ask_tagged(alice, "message", dict("message", "hello"), Value::from(1));
    disk.fail();
    room.deliver();
    let error = "message error: It cannot be kept right now, try again later! tag=1";
    assert_eq!(room.heard(alice), [error]);
    assert_eq!(room.heard(bob), [""; 0]);
    disk.release();
    room.ask(alice, "message", dict("message", "hello again"));
    assert_eq!(names(&mut room, bob), ["message"]);
}

#[test]
fn a_message_is_refused_while_the_log_is_full() {
    let (mut room, disk, alice) = slow();
    disk.fill();
    room.ask(alice, "message", dict("message", "hello"));
    assert_eq!(room.heard(alice), ["message error: The server is busy, try again!"]);
    room.ask(alice, "names", Dict::new());
    assert_eq!(names(&mut room, alice), ["names"], "no answer is outstanding");
}

#[test]
fn a_peer_with_too_many_waiting_requests_is_closed() {
    let (mut room, disk, alice) = slow();
    room.ask(alice, "message", dict("message", "hello"));
    for _ in 0..MOST_QUEUED {
        room.ask(alice, "names", Dict::new());
    }
    assert_eq!(room.heard(alice), [""; 0]);
    room.ask(alice, "names", Dict::new());
    let flooded = "error error: Too many requests, slow down!";
    assert_eq!(room.heard(alice), [flooded, "(closed)"]);
    disk.release();
    room.deliver();
    assert_eq!(names(&mut room, alice), ["message"], "the message was sent before the end");
    room.leave(alice);
}

#[test]
fn a_message_is_delivered_even_if_its_sender_has_disconnected() {
    let (mut room, disk, alice) = slow();
    let bob = room.login("bob");
    room.heard(bob);
    room.ask_tagged(alice, "message", dict("message", "and goodbye"), Value::from(1));
    room.leave(alice);
    disk.release();
    room.deliver();
    assert_eq!(room.heard(alice), ["join username=\"bob\" online=2"]);
    assert_eq!(names(&mut room, bob), ["message", "leave"]);
}

#[test]
fn the_chat_is_busy_while_a_peer_waits() {
    let (mut room, disk, alice) = slow();
    assert!(!room.is_busy());
    room.ask(alice, "message", dict("message", "hello"));
    assert!(room.is_busy());
    disk.release();
    room.deliver();
    assert!(!room.is_busy());
}

#[test]
fn an_answer_of_a_dialect_waits_for_the_answers_to_earlier_requests() {
    let disk = Disk::default();
    let mut room = Room::over(disk.clone());
    let alice = room.login("alice");
    disk.hold();
    room.ask(alice, "message", dict("message", "hello"));
    room.answer(alice, Response::ok("goodbye", Dict::new()));
    assert_eq!(room.heard(alice), [""; 0]);
    disk.release();
    room.deliver();
    let said = room.heard(alice);
    assert!(said.len() == 2 && said[0].starts_with("message ") && said[1] == "goodbye");
}
