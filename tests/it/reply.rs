//! `/r`: an answer to the last whisper.

use expectrl::Expect;
use harness::clients::until;
use harness::{Server, json};

use crate::terminal::{alice_at, leaves_quietly};

#[test]
fn an_answer_names_its_receiver_before_it_is_sent() {
    let (server, mut bob, _home, mut alice) = alice_at(Server::start("events", &[]));
    alice.send_line("/r hello").unwrap();
    until(&mut alice, "! nobody has whispered to you; /msg NAME TEXT whispers");
    until(&mut alice, "alice> ");
    bob.asks(json!({"request": "message", "message": "psst", "to": "alice"}));
    until(&mut alice, "psst");
    until(&mut alice, "alice> ");
    alice.send_line("/r not so loud").unwrap();
    until(&mut alice, "alice> /msg bob not so loud");
    // Another whisper does not change the receiver.
    let mut carol = server.login("carol");
    carol.asks(json!({"request": "message", "message": "and I?", "to": "alice"}));
    until(&mut alice, "and I?");
    until(&mut alice, "alice> /msg bob not so loud");
    alice.send_line("!").unwrap();
    until(&mut alice, " you -> bob: not so loud!");
    until(&mut alice, "alice> ");
    bob.hears(json!({"response": "message", "message": "psst"}));
    bob.hears(json!({"response": "join", "username": "carol"}));
    bob.hears(json!({"response": "message", "message": "not so loud!", "to": "bob"}));
    // Several lines stay one whisper.
    alice.send("/r one\x1b\rtwo\r").unwrap();
    until(&mut alice, "alice> /msg carol one\r\ntwo");
    alice.send("\r").unwrap();
    carol.hears(json!({"response": "message", "message": "and I?"}));
    carol.hears(json!({"response": "message", "message": "one\ntwo", "to": "carol"}));
    until(&mut alice, "alice> ");
    leaves_quietly(&mut alice, &mut bob);
}
