//! Ctrl-C while the client sends the lines of a paste one by one.

use expectrl::Expect;
use harness::clients::until;
use harness::{Server, json};

use crate::pasting::{CHOICE, QUESTION, lines, paste};
use crate::terminal::{alice_at, leaves_quietly};

#[test]
fn ctrl_c_stops_a_paste_and_up_brings_back_the_rest() {
    // The server slows a client down to 20 requests a second.
    let server = Server::start("events", &["--flood", "5,20,3600", "--text-limit", "100"]);
    let (_server, mut bob, _home, mut alice) = alice_at(server);
    let whisper = format!("/msg bob {}", lines(400).join("\r"));
    alice.send(paste(&whisper)).unwrap();
    until(&mut alice, QUESTION);
    alice.send_line("yes").unwrap();
    until(&mut alice, " of 400 lines");
    alice.send("half\x03").unwrap();
    let shown = until(&mut alice, "* stopped after ");
    let count = until(&mut alice, " of 400 lines");
    let count: usize = count.split(' ').next().unwrap().parse().unwrap();
    assert!(shown.contains(&format!("you -> bob: line {count}")), "{shown}");
    let lines = lines(400);
    let left = 400 - count;
    until(&mut alice, &format!("* {left} lines not sent; Up brings them back"));
    // Ctrl-C has not discarded what was typed meanwhile.
    until(&mut alice, "alice> ");
    // Ctrl-P and Ctrl-N are Up and Down: they draw the line as a whole.
    alice.send("\x10\x0e").unwrap();
    until(&mut alice, "alice> half");
    alice.send("\x15").unwrap();
    for line in &lines[..count] {
        bob.hears(json!({"response": "message", "message": line, "to": "bob"}));
    }
    // The rest is asked about like the paste.
    alice.send("\x10").unwrap();
    until(&mut alice, &lines[399]);
    alice.send("\r").unwrap();
    // The window is too low for the line. When Enter ends it, all of it is shown.
    until(&mut alice, &format!("/msg bob {}", lines[count]));
    until(&mut alice, &format!("* {left} lines, to send to bob one by one ("));
    until(&mut alice, QUESTION);
    alice.send_line("").unwrap();
    until(&mut alice, &format!("* {left} lines not sent; Up brings them back"));
    until(&mut alice, "alice> ");
    alice.send("\x03").unwrap();
    until(&mut alice, "Ctrl-C again");
    until(&mut alice, "alice> ");
    leaves_quietly(&mut alice, &mut bob);
}

#[test]
fn ctrl_c_stops_lines_that_are_executed_as_typed() {
    let server = Server::start("events", &["--flood", "5,20,3600"]);
    let (_server, mut bob, _home, mut alice) = alice_at(server);
    let text: Vec<String> = (1..=80).map(|number| format!("as typed {number}.")).collect();
    alice.send(paste(&(text.join("\r") + "\r/me waves"))).unwrap();
    until(&mut alice, CHOICE);
    alice.send_line("l").unwrap();
    until(&mut alice, "* sending 81 lines one by one; Ctrl-C stops");
    until(&mut alice, "alice: as typed 10.");
    alice.send("\x03").unwrap();
    let shown = until(&mut alice, "* stopped after ");
    let count = until(&mut alice, " of 81 lines");
    let count: usize = count.split(' ').next().unwrap().parse().unwrap();
    assert!(count == 10 || shown.contains(&format!("as typed {count}.")), "{shown}");
    until(&mut alice, &format!("* {} lines not sent; Up brings them back", 81 - count));
    until(&mut alice, "alice> ");
    alice.send_line("after").unwrap();
    for text in text[..count].iter().map(String::as_str).chain(["after"]) {
        bob.hears(json!({"response": "message", "message": text}));
    }
    until(&mut alice, "alice: after");
    until(&mut alice, "alice> ");
    leaves_quietly(&mut alice, &mut bob);
}
