//! What Up brings back, and what the history file has.

use expectrl::Expect;
use harness::clients::until;
use harness::json;

use crate::pasting::{CHOICE, QUESTION, paste};
use crate::terminal::{alice_at_a_terminal, leaves_quietly};

#[test]
fn up_brings_back_a_paste_that_was_sent_however_it_was_sent() {
    let (_server, mut bob, home, mut alice) = alice_at_a_terminal();
    alice.send_line("older").unwrap();
    bob.hears(json!({"response": "message", "message": "older"}));
    until(&mut alice, "alice> ");
    for (number, (question, answer)) in
        [(QUESTION, "y"), (CHOICE, "y"), (CHOICE, "l")].into_iter().enumerate()
    {
        let last = if question == CHOICE { "/me waves" } else { "waves" };
        let text = format!("one {number}\n2\n3\n4\n{last}");
        alice.send(paste(&text.replace('\n', "\r"))).unwrap();
        until(&mut alice, question);
        alice.send_line(answer).unwrap();
        if answer == "y" {
            bob.hears(json!({"response": "message", "message": text}));
        } else {
            for line in ["one 2", "2", "3", "4", "waves"] {
                bob.hears(json!({"response": "message", "message": line}));
            }
        }
        until(&mut alice, "alice> ");
        // Ctrl-P is Up, also in a text of several lines.
        alice.send("\x10").unwrap();
        until(&mut alice, &format!("alice> one {number}\r\n2\r\n3\r\n4\r\n{last}"));
        alice.send("\x03").unwrap();
        until(&mut alice, "alice> ");
    }
    leaves_quietly(&mut alice, &mut bob);
    let history = std::fs::read_to_string(home.path().join("strata/client-history")).unwrap();
    assert!((0..3).all(|number| history.contains(&format!("one {number}"))), "{history}");
}
