//! Lines that a terminal pastes without a mark, as if they were typed.

use expectrl::{Any, Expect};
use harness::Server;
use harness::clients::{seen, until};

use crate::rows::hears;
use crate::terminal::{alice_at, leaves_quietly};

const STOPPED: &str = "* stopped; the lines behind this one are not sent (Up brings them back)";
/// How often a test tries what a slow machine can spoil.
const TRIES: usize = 20;
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
    lines.iter().for_each(|line| hears(&mut bob, line));
    until(&mut alice, "alice: line 100.");
    until(&mut alice, "alice> ");
    leaves_quietly(&mut alice, &mut bob);
}

#[test]
fn ctrl_c_stops_lines_that_come_faster_than_they_can_be_typed() {
    let (_server, mut bob, _home, mut alice) =
        alice_at(Server::start("events", &["--flood", "5,20,3600"]));
    let lines = lines();
    let mut shown = String::new();
    let is_stopped = (0..TRIES).any(|_| {
        shown.clear();
        alice.send(lines.join("\r") + "\r").unwrap();
        let mut sees = |alice: &mut _, wanted: &'static str, other: &'static str| {
            let either = Any::boxed(vec![Box::new(wanted), Box::new(other)]);
            let found = seen(alice, either, "the terminal shows one of two texts");
            shown += &String::from_utf8_lossy(found.as_bytes());
            shown.contains(wanted)
        };
        // A slow machine reads the lines as if somebody typed them.
        if sees(&mut alice, HASTE, "alice: line 100.") {
            alice.send("\x03").unwrap();
            // Between two waits, Ctrl-C is a key for the editor, behind the lines.
            if sees(&mut alice, STOPPED, "* press Ctrl-C again within 2 s") {
                return true;
            }
        }
        until(&mut alice, "alice> ");
        lines.iter().for_each(|line| hears(&mut bob, line));
        false
    });
    assert!(is_stopped, "not in {TRIES} tries: {shown}");
    let last = shown.rsplit_once("alice: line ").unwrap().1;
    let sent: usize = last.split_once('.').unwrap().0.parse().unwrap();
    assert!(sent < 100, "{shown}");
    until(&mut alice, &lines[99]);
    until(&mut alice, "alice> ");
    lines[..sent].iter().for_each(|line| hears(&mut bob, line));
    bob.hears_nothing_for_a_second();
    // A line that takes longer is typed, and is sent again.
    alice.send("\x10").unwrap();
    until(&mut alice, &lines[99]);
    alice.send("\x15after\r").unwrap();
    hears(&mut bob, "after");
    until(&mut alice, "alice: after");
    until(&mut alice, "alice> ");
    leaves_quietly(&mut alice, &mut bob);
}
