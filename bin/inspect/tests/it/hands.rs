//! The commands of the page, each seen at the ends of a connection.

use std::time::{Duration, Instant};

use harness::json;

use crate::bench::{Ends, Inspect};

/// A proxy, paused, with these frames of a client in its queue, and their numbers.
fn held(frames: &[&str]) -> (Inspect, Ends, Vec<u64>) {
    let inspect = Inspect::start("json");
    let mut ends = inspect.connect();
    inspect.hears(1, &json!({"event": "opened"}));
    inspect.does(&json!({"do": "pause"}));
    for (index, frame) in frames.iter().enumerate() {
        ends.client.sends(frame);
        inspect.frames(index + 1);
    }
    let numbers = inspect.frames(frames.len());
    (inspect, ends, numbers)
}

#[test]
fn one_direction_of_one_person_is_paused_stepped_and_resumed() {
    let inspect = Inspect::start("json");
    let (mut alice, mut bob) = (inspect.connect(), inspect.connect());
    inspect.hears(2, &json!({"event": "opened"}));
    inspect.does(&json!({"do": "pause", "client": 1, "way": "up"}));
    alice.client.sends("one\n");
    alice.client.sends("two\n");
    bob.client.sends("bob\n");
    bob.server.hears("bob\n");
    alice.server.sends("down\n");
    alice.client.hears("down\n");
    inspect.frames(4);
    alice.server.hears_nothing();
    inspect.does(&json!({"do": "step"}));
    alice.server.hears("one\n");
    alice.server.hears_nothing();
    inspect.does(&json!({"do": "resume", "client": 1}));
    alice.server.hears("two\n");
    assert_eq!(inspect.order(&json!({"do": "step"})).as_deref(), Some("no frame is held"));
    let wrong = inspect.order(&json!({"do": "pause", "client": 7}));
    assert_eq!(wrong.as_deref(), Some("no client has the number 7, or it has left"));
}

#[test]
fn a_new_client_is_paused_with_all_others() {
    let inspect = Inspect::start("json");
    inspect.does(&json!({"do": "pause"}));
    let mut ends = inspect.connect();
    ends.client.sends("one\n");
    inspect.frames(1);
    ends.server.hears_nothing();
    inspect.does(&json!({"do": "resume"}));
    ends.server.hears("one\n");
}

#[test]
fn held_frames_are_dropped_doubled_moved_and_edited() {
    let (inspect, mut ends, ids) = held(&["one\n", "two\n", "three\n", "four\n"]);
    inspect.does(&json!({"do": "drop", "frame": ids[1]}));
    inspect.does(&json!({"do": "double", "frame": ids[2]}));
    inspect.does(&json!({"do": "earlier", "frame": ids[3]}));
    inspect.does(&json!({"do": "later", "frame": ids[0]}));
    inspect.does(&json!({"do": "edit", "frame": ids[0], "text": "first"}));
    inspect.does(&json!({"do": "edit", "frame": ids[3], "text": "no\\xffend", "raw": true}));
    inspect.hears(1, &json!({"event": "did", "did": "edited", "detail": "first\n"}));
    ends.server.hears_nothing();
    inspect.does(&json!({"do": "resume"}));
    ends.server.hears(b"three\nfirst\nno\xffendthree\n");
    let error = inspect.order(&json!({"do": "drop", "frame": ids[0]})).unwrap();
    assert_eq!(error, "frame 1 is not held: pause its direction before it passes");
    inspect.hears(1, &json!({"event": "did", "did": "dropped", "frame": ids[1]}));
}

#[test]
fn one_frame_overtakes_the_others_and_one_is_delayed() {
    let (inspect, mut ends, ids) = held(&["one\n", "two\n", "three\n"]);
    inspect.does(&json!({"do": "send", "frame": ids[2]}));
    ends.server.hears("three\n");
    let begin = Instant::now();
    inspect.does(&json!({"do": "send", "frame": ids[1], "delay": 80}));
    ends.server.hears("two\n");
    assert!(begin.elapsed() >= Duration::from_millis(80));
    let wrong = inspect.order(&json!({"do": "send", "frame": ids[0], "delay": 1_000_000}));
    assert_eq!(wrong.as_deref(), Some("delay is a number from 0 to 600000, not 1000000"));
}

#[test]
fn a_frame_is_cut_and_each_part_arrives_alone() {
    let (inspect, mut ends, ids) = held(&["hello\n"]);
    inspect.does(&json!({"do": "cut", "frame": ids[0], "at": 2}));
    let wrong = inspect.order(&json!({"do": "cut", "frame": ids[0], "at": 9})).unwrap();
    assert_eq!(wrong, "frame 1 cannot be cut at 9: its bytes go from 0 to 6");
    inspect.does(&json!({"do": "step"}));
    assert_eq!(ends.server.read(), "he");
    inspect.does(&json!({"do": "step"}));
    assert_eq!(ends.server.read(), "llo\n");
    inspect.hears(2, &json!({"event": "wrote", "way": "up"}));
}

#[test]
fn the_next_frames_arrive_in_one_read() {
    let inspect = Inspect::start("json");
    let mut ends = inspect.connect();
    inspect.hears(1, &json!({"event": "opened"}));
    inspect.does(&json!({"do": "join", "client": 1, "way": "down", "count": 3}));
    for (index, frame) in ["one\n", "two\n", "three\n"].iter().enumerate() {
        ends.client.hears_nothing();
        ends.server.sends(frame);
        inspect.frames(index + 1);
    }
    assert_eq!(ends.client.read(), "one\ntwo\nthree\n");
}

#[test]
fn rules_hold_for_everyone_who_is_here_or_comes_later() {
    let inspect = Inspect::start("json");
    let rules = json!({"do": "rules", "way": "down", "rules": {"cut": 7}});
    inspect.does(&rules);
    let mut ends = inspect.connect();
    ends.server.sends("0123456789\n");
    assert_eq!(ends.client.read(), "0123456");
    assert_eq!(ends.client.read(), "789\n");
    ends.client.sends("0123456789\n");
    assert_eq!(ends.server.read(), "0123456789\n", "the other direction has no rule");
    inspect.does(&json!({"do": "rules", "client": 1, "rules": {"bytewise": true}}));
    ends.client.sends("abc\n");
    ends.server.hears("abc\n");
    inspect.hears(1, &json!({"event": "wrote", "way": "up", "bytes": 4, "chunk": 1}));
    let begin = Instant::now();
    inspect.does(&json!({"do": "rules", "client": 1, "rules": {"delay": 60}}));
    ends.client.sends("late\n");
    ends.server.hears("late\n");
    assert!(begin.elapsed() >= Duration::from_millis(60));
    let wrong = inspect.order(&json!({"do": "rules", "rules": {"cut": 0}})).unwrap();
    assert_eq!(wrong, "cut is a number from 1 to 1048576, not 0");
}

#[test]
fn one_half_is_closed_and_the_other_one_goes_on() {
    let inspect = Inspect::start("json");
    let mut ends = inspect.connect();
    inspect.hears(1, &json!({"event": "opened"}));
    inspect.does(&json!({"do": "end", "client": 1, "way": "up"}));
    ends.server.is_ended();
    ends.client.sends("lost\n");
    ends.server.sends("{}\n");
    ends.client.hears("{}\n");
    inspect.does(&json!({"do": "reset", "client": 1}));
    ends.client.is_reset();
    inspect.hears(1, &json!({"event": "closed", "why": "reset: by hand"}));
}
