//! Pastes of texts with colours and other escape sequences.

use expectrl::Expect;
use harness::clients::until;
use harness::json;

use crate::pasting::{QUESTION, paste};
use crate::terminal::alice_at_a_terminal;

#[test]
fn escape_sequences_in_a_paste_are_no_text() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    for (pasted, want) in [
        ("\x1b[0m\x1b[01;34mdir\x1b[0m  file.txt", "dir  file.txt"),
        ("A\x1b[31mred\x1b[0mBA\x1b[31mred\x1b[0mB", "AredBAredB"),
        ("A\x1b[0;31mB\x1b[10mC\x1b[38;5;208m208m", "ABC208m"),
        // What follows a sequence may look like its end.
        ("x\x1b[mmake\x1b[K0;1m\x1b[31mm\x1b[1;31m1m", "xmake0;1mm1m"),
        ("\x1b]0;title\x07a\x1b]8;;http://x\x1b\\b\x1b]8;;\x1b\\\x1b(Bc", "abc"),
        ("a\x1b7b12\x1b8\x1b[0m3\x1bé\x1b\x1b[0md", "ab123éd"),
        ("end\x1b", "end"),
        ("end\x1b[", "end"),
        ("end\x1b[38;5", "end"),
    ] {
        alice.send(paste(pasted) + "\r").unwrap();
        bob.hears(json!({"response": "message", "message": want}));
        until(&mut alice, "alice> ");
    }
    let coloured = ["\x1b[0;32mone\x1b[0m", "\x1b]0;two\x1b\\2", "\x1b[0mthree", "four\x1b[0m"];
    alice.send(paste(&coloured.join("\r"))).unwrap();
    until(&mut alice, "* 4 pasted lines");
    for line in ["    one\r", "    2\r", "    three\r", "    four\r", QUESTION] {
        until(&mut alice, line);
    }
    alice.send_line("y").unwrap();
    bob.hears(json!({"response": "message", "message": "one\n2\nthree\nfour"}));
    // A count at the end of a paste does not repeat the text.
    alice.send(paste("end\x1b7")).unwrap();
    until(&mut alice, "* 1 pasted line, to send");
    until(&mut alice, QUESTION);
    alice.send_line("y").unwrap();
    bob.hears(json!({"response": "message", "message": "end"}));
}
