//! Keys after which the line editor waits for another one, and still shows messages.

use expectrl::Expect;
use harness::clients::until;

use crate::reconnect::says;
use crate::terminal::{alice_at_a_terminal, leaves_quietly};

#[test]
fn messages_are_shown_after_half_of_a_key() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    // Escape, Tab with several completions, and the first keys of the editor's own sequences.
    for (number, key) in ["\x1b", "/m\t", "\t", "\x16", "\x11", "\x18", "\x1d"].iter().enumerate() {
        alice.send(format!("half {number}")).unwrap();
        until(&mut alice, &format!("half {number}"));
        alice.send(format!("\x15{key}")).unwrap();
        if key.ends_with('\t') {
            // The list shows that the key has been read.
            until(&mut alice, if key.len() > 1 { "/msg" } else { "bob" });
        }
        says(&mut bob, None, &format!("after {number}"));
        until(&mut alice, &format!("bob: after {number}"));
        alice.send("\x15").unwrap();
    }
    until(&mut alice, "alice> ");
    leaves_quietly(&mut alice, &mut bob);
}
