//! What the keys do to the line that is being typed.

use expectrl::{Any, Eof, Expect};
use harness::clients::{exit_code, seen, until};
use harness::json;

use crate::terminal::{alice_at_a_terminal, leaves_quietly};

#[test]
fn keys_that_arrive_together_with_ctrl_c_are_the_next_line() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    alice.send("old text").unwrap();
    until(&mut alice, "old text");
    alice.send("\x03hello\r").unwrap();
    bob.hears(json!({"response": "message", "message": "hello"}));
    until(&mut alice, "alice: hello");
    until(&mut alice, "alice> ");
    // Neither in the history: Ctrl-P is Up.
    alice.send("\x10").unwrap();
    until(&mut alice, "alice> hello");
    alice.send("\x15first\x03second\x03third\r").unwrap();
    bob.hears(json!({"response": "message", "message": "third"}));
    until(&mut alice, "alice: third");
    until(&mut alice, "alice> ");
    // A hidden line ends so, too.
    alice.send_line("/register alice").unwrap();
    until(&mut alice, "password for alice: ");
    alice.send("half a pass\x03shown\r").unwrap();
    assert!(!until(&mut alice, "* cancelled").contains("half"));
    bob.hears(json!({"response": "message", "message": "shown"}));
    until(&mut alice, "alice: shown");
    until(&mut alice, "alice> ");
    leaves_quietly(&mut alice, &mut bob);
}

#[test]
fn recalled_lines_keep_their_edits_until_a_line_is_sent() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    for text in ["one", "two"] {
        alice.send_line(text).unwrap();
        bob.hears(json!({"response": "message", "message": text}));
        until(&mut alice, &format!("alice: {text}"));
        until(&mut alice, "alice> ");
    }
    let (up, down, undo) = ("\x1b[A", "\x1b[B", "\x1f");
    let mut show = |keys: &str, line: &str| {
        alice.send(keys).unwrap();
        // Behind the line, the editor moves the cursor to the first column.
        until(&mut alice, &format!("alice> {line}\r"));
    };
    show(&format!("draft{up}"), "two");
    show(&format!("\x7fw{up}"), "one");
    show(down, "tww");
    show(up, "one");
    show(&format!("\x15other{down}"), "tww");
    show(up, "other");
    show(&format!("{down}{down}"), "draft");
    show(up, "tww");
    // The typed text can be undone.
    show(&format!("ab{undo}"), "tww");
    alice.send("\r").unwrap();
    bob.hears(json!({"response": "message", "message": "tww"}));
    until(&mut alice, "alice: tww");
    until(&mut alice, "alice> ");
    // The history has the lines that were sent.
    for line in ["tww", "two", "one"] {
        alice.send(up).unwrap();
        until(&mut alice, &format!("alice> {line}\r"));
    }
    // A cleared line ends the edits, too.
    alice.send(format!("s\x03{up}{up}{up}")).unwrap();
    until(&mut alice, "alice> one\r");
    alice.send("\x15").unwrap();
    leaves_quietly(&mut alice, &mut bob);
}

#[test]
fn tab_in_the_middle_of_a_line_adds_no_second_space() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    // Ctrl-A moves to the beginning, and Ctrl-F one character to the right. The next text stands behind the space.
    for (text, steps, said) in [
        ("tell b and x", 6, "tell bob now and x"),
        ("b hi", 1, "bob: now hi"),
        ("b: hi", 1, "bob: now hi"),
        ("bhi", 1, "bob: now hi"),
    ] {
        alice.send(format!("{text}\x01{}\tnow \r", "\x06".repeat(steps))).unwrap();
        bob.hears(json!({"response": "message", "message": said}));
        until(&mut alice, &format!("alice: {said}"));
        until(&mut alice, "alice> ");
    }
    leaves_quietly(&mut alice, &mut bob);
}

#[test]
fn two_presses_that_arrive_together_end_the_client() {
    for (keys, code) in [("\x03\x03", 130), ("text\x03\x03\x03", 130), ("\x03\x04", 0)] {
        let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
        alice.send(keys).unwrap();
        let hint = "Ctrl-C again within 2 s, or Ctrl-D, to leave";
        until(&mut alice, hint);
        // On a slow machine more than 2 s can pass between two presses: then both are the first one.
        let hint_or_end = || Any::boxed(vec![Box::new(hint), Box::new(Eof)]);
        while seen(&mut alice, hint_or_end(), "the end").get(0) == Some(hint.as_bytes()) {
            alice.send("\x03").unwrap();
        }
        assert_eq!(exit_code(&mut alice), code, "{keys:?}");
        bob.hears(json!({"response": "leave", "username": "alice"}));
    }
}
