//! The client asks before it sends a text that may be a password.

use std::fs;

use expectrl::Expect;
use expectrl::session::OsSession;
use harness::clients::until;
use harness::{Peer, json};

use crate::terminal::{alice_at_a_terminal, leaves_quietly, registers};

#[test]
fn a_password_after_a_question_for_one_is_no_message() {
    let (_server, mut bob, home, mut alice) = alice_at_a_terminal();
    let question = "this may be a password; send it to everyone in #lobby? [y/N] ";
    let says = |alice: &mut OsSession, bob: &mut Peer, text: &str| {
        alice.send_line(text).unwrap();
        bob.hears(json!({"response": "message", "username": "alice", "message": text}));
        until(alice, "alice> ");
    };
    // A person who types without a look at the screen expects a question for a password, which did not come.
    for line in ["/login carol", "/register bob", "/passwd", "/passwrd"] {
        alice.send_line(line).unwrap();
        until(&mut alice, "! ");
        until(&mut alice, "alice> ");
        alice.send_line("friendship").unwrap();
        until(&mut alice, question);
        alice.send_line("y").unwrap();
        bob.hears(json!({"response": "message", "message": "friendship"}));
        until(&mut alice, "alice> ");
    }
    alice.send_line("/names bob").unwrap();
    until(&mut alice, "! ");
    until(&mut alice, "alice> ");
    says(&mut alice, &mut bob, "friendship");
    // Without a name, the own one.
    alice.send_line("/register").unwrap();
    until(&mut alice, "password for alice: ");
    alice.send("\x03").unwrap();
    until(&mut alice, "* cancelled");
    until(&mut alice, "alice> ");
    // As for a new password, which is typed twice.
    alice.send_line("hunter22").unwrap();
    until(&mut alice, question);
    for answer in ["hunter22", "hunter23", "friendly"] {
        alice.send_line(answer).unwrap();
        until(&mut alice, "* neither the text nor the answer was sent; Up brings them back\r\n");
        until(&mut alice, "alice> ");
        alice.send_line(answer).unwrap();
        until(&mut alice, question);
    }
    alice.send_line("n").unwrap();
    until(&mut alice, "* not sent");
    until(&mut alice, "alice> ");
    says(&mut alice, &mut bob, "hello");
    // A person who presses Enter has cancelled; else a password may follow. A short word, a sentence and several
    // lines are none.
    for (key, text, may_be) in [
        ("\r", "friendship", false),
        ("\x03", "hm", false),
        ("\x03", "what time is it?", false),
        ("\x03", "one\x1b\rtwo", false),
        ("\x03", "hunter22", true),
    ] {
        alice.send_line("/register alice").unwrap();
        until(&mut alice, "password for alice: ");
        alice.send(key).unwrap();
        until(&mut alice, "* cancelled");
        until(&mut alice, "alice> ");
        alice.send_line(text).unwrap();
        if may_be {
            until(&mut alice, question);
            alice.send_line("").unwrap();
        } else {
            let sent = text.replace("\x1b\r", "\n");
            bob.hears(json!({"response": "message", "message": sent}));
        }
        until(&mut alice, "alice> ");
    }
    alice.send_line("/login carol hunter22").unwrap();
    until(&mut alice, "! usage: /login USERNAME; the client then asks");
    until(&mut alice, "alice> ");
    alice.send_line("hunter22").unwrap();
    until(&mut alice, question);
    // After a yes, the text is a message like others.
    alice.send_line("y").unwrap();
    until(&mut alice, "alice: hunter22\r\n");
    bob.hears(json!({"response": "message", "message": "hunter22"}));
    until(&mut alice, "alice> ");

    // A password that was typed is never sent without a question, and the history never has it.
    registers(&mut alice, "battery staple");
    says(&mut alice, &mut bob, "friendship");
    alice.send_line("battery staple").unwrap();
    until(&mut alice, question);
    alice.send_line("").unwrap();
    until(&mut alice, "alice> ");
    leaves_quietly(&mut alice, &mut bob);
    let history = fs::read_to_string(home.path().join("strata/client-history")).unwrap();
    assert!(!history.contains("hunter2") && !history.contains("staple"), "{history}");
}
