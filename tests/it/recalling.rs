//! What Up brings back, and what the history file has.

use expectrl::Expect;
use harness::clients::{empty_home, until};
use harness::{Server, json};

use crate::pasting::{CHOICE, QUESTION, lines, paste};
use crate::reconnect::{alice, start};
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

#[test]
fn a_lost_line_of_a_paste_comes_back_before_the_rest_of_the_paste() {
    let folder = empty_home();
    let file = folder.path().join("data.db");
    // The server answers three requests at once and then two a second, so it has not read the line after the third.
    let data = ["--data", file.to_str().unwrap(), "--flood", "3,2,3600"];
    let mut server =
        Server::start_with(&[&["--listen", "json=127.0.0.1:0"], &data[..]].concat(), 1);
    let port = server.address().port();
    let mut alice = alice(folder.path(), &server, &[]);
    let lines = lines(70);
    alice.send(paste(&lines.join("\r"))).unwrap();
    until(&mut alice, QUESTION);
    alice.send_line("y").unwrap();
    until(&mut alice, "alice: line 3 ");
    server.signal("STOP");
    server.signal("KILL");
    server.exit_code();
    let seen = until(&mut alice, "reconnecting ");
    let count = seen.split("* stopped after ").nth(1).unwrap().split(' ').next().unwrap();
    let count: usize = count.parse().unwrap();
    let left = 70 - count;
    assert!(seen.contains(&format!("* {left} lines not sent; Up brings them back")), "{seen:?}");
    let _server = start(port, folder.path());
    until(&mut alice, "* connected again; you are alice");
    until(&mut alice, &format!("not sent: line {count} "));
    until(&mut alice, "alice> ");
    // Ctrl-P is Up, also in a text of several lines.
    alice.send("\x10").unwrap();
    until(&mut alice, &format!("alice> {}", lines[count - 1]));
    alice.send("\x10").unwrap();
    until(&mut alice, &lines[69]);
    alice.send("\r").unwrap();
    until(&mut alice, &format!("alice> {}", lines[count]));
    until(&mut alice, &format!("* {left} lines, to send as one message, or"));
    until(&mut alice, QUESTION);
    alice.send_line("n").unwrap();
    until(&mut alice, &format!("* {left} lines not sent; Up brings them back"));
}
