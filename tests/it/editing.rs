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
