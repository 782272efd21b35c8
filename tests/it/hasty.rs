//! Lines that a terminal pastes without a mark, as if they were typed.

use expectrl::{Any, Expect};
use harness::clients::{seen, until};
use harness::{Server, json};

use crate::terminal::{alice_at, leaves_quietly};

const LEAVE: &str = "* press Ctrl-C again within 2 s";
const HASTE: &str = "* lines come faster than one types: sending them one by one; Ctrl-C stops";

/// So few and so short that the terminal takes them all at once.
fn lines() -> Vec<String> {
    (1..=100).map(|number| format!("line {number}.")).collect()
}

#[test]
fn lines_that_come_faster_than_they_can_be_typed_are_all_sent() {
    // The server closes a connection after a second of more than 20 requests a second.
    let (_server, mut bob, _home, mut alice) =
        alice_at(Server::start("events", &["--flood", "5,20,1"]));
    let lines = lines();
    alice.send(lines.join("\r") + "\r").unwrap();
    until(&mut alice, HASTE);
    lines.iter().for_each(|line| drop(bob.hears(json!({"response": "message", "message": line}))));
    until(&mut alice, "alice: line 100.");
    until(&mut alice, "alice> ");
    leaves_quietly(&mut alice, &mut bob);
}

#[test]
fn ctrl_c_stops_lines_that_come_faster_than_they_can_be_typed() {
    let (_server, mut bob, _home, mut alice) =
        alice_at(Server::start("events", &["--flood", "5,20,3600"]));
    let lines = lines();
    let stopped = "* stopped; the lines behind this one are not sent (Up brings them back)";
    let shown = loop {
        alice.send(lines.join("\r") + "\r").unwrap();
        until(&mut alice, HASTE);
        until(&mut alice, "alice: line 10.");
        alice.send("\x03").unwrap();
        let found =
            seen(&mut alice, Any::boxed(vec![Box::new(stopped), Box::new(LEAVE)]), "Ctrl-C");
        let shown = String::from_utf8_lossy(found.as_bytes()).into_owned();
        if shown.contains(stopped) {
            break shown;
        }
        // Between two waits, Ctrl-C is a key for the editor, behind the lines.
        until(&mut alice, "alice> ");
        lines
            .iter()
            .for_each(|line| drop(bob.hears(json!({"response": "message", "message": line}))));
    };
    let last = shown.rsplit_once("alice: line ").map_or("10.", |(_, last)| last);
    let sent: usize = last.split_once('.').unwrap().0.parse().unwrap();
    assert!((10..100).contains(&sent), "{shown}");
    until(&mut alice, &lines[99]);
    until(&mut alice, "alice> ");
    for line in &lines[..sent] {
        bob.hears(json!({"response": "message", "message": line}));
    }
    bob.hears_nothing_for_a_second();
    // A line that takes longer is typed, and is sent again.
    alice.send("\x10").unwrap();
    until(&mut alice, &lines[99]);
    alice.send("\x15after\r").unwrap();
    bob.hears(json!({"response": "message", "message": "after"}));
    until(&mut alice, "alice: after");
    until(&mut alice, "alice> ");
    leaves_quietly(&mut alice, &mut bob);
}
