//! The room of the next message, while the server does not answer and while the client is not connected.

use expectrl::Expect;
use harness::clients::{empty_home, exit_code, until};
use harness::json;

use crate::reconnect::{alice, start};
use crate::terminal::{alice_at_a_terminal, leaves_quietly};

#[test]
fn a_line_behind_a_join_without_an_answer_does_not_go_to_the_old_room() {
    let (server, mut bob, _home, mut alice) = alice_at_a_terminal();
    bob.asks(json!({"request": "join", "room": "tea"}));
    bob.hears(json!({"response": "join", "room": "tea"}));
    let why = "* no answer to /join #tea yet; not sent: for tea only (Up brings it back)";
    for (command, prompt) in [("/join tea", "alice#tea> "), ("/leave tea", "alice> ")] {
        server.signal("STOP");
        alice.send_line(command).unwrap();
        alice.send_line("for tea only").unwrap();
        until(&mut alice, "* waiting for the answer of the server; Ctrl-C stops that");
        alice.send("\x03").unwrap();
        until(&mut alice, "* not waiting any more");
        until(&mut alice, &why.replace("/join #tea", &command.replace("tea", "#tea")));
        // A whisper has its receiver.
        alice.send_line("/msg bob psst").unwrap();
        until(&mut alice, "you -> bob: psst");
        server.signal("CONT");
        until(&mut alice, prompt);
        let moved = if command == "/join tea" { "entered" } else { "exited" };
        bob.hears(json!({"response": moved, "username": "alice", "room": "tea"}));
        bob.hears(json!({"response": "message", "message": "psst", "to": "bob"}));
        // Up brings the text back, and now it has its room.
        alice.send("\x1b[A\x1b[A").unwrap();
        until(&mut alice, "for tea only");
        alice.send("\r").unwrap();
        let heard = bob.hears(json!({"response": "message", "message": "for tea only"}));
        assert_eq!(heard.get("room").is_some(), command == "/join tea", "{heard}");
        until(&mut alice, "alice: for tea only");
        until(&mut alice, prompt);
    }
    leaves_quietly(&mut alice, &mut bob);
}

#[test]
fn the_room_that_the_person_chose_while_away_is_the_current_one() {
    let folder = empty_home();
    let server = start(0, folder.path());
    let mut alice = alice(folder.path(), &server, &[]);
    alice.send_line("/join tea").unwrap();
    until(&mut alice, "alice#tea> ");
    let mut server = server;
    for (room, prompt) in [("lobby", "alice#lobby> "), ("tea", "alice#tea> ")] {
        let port = server.address().port();
        drop(server);
        until(&mut alice, "reconnecting ");
        alice.send_line(format!("/join {room}")).unwrap();
        until(&mut alice, &format!("* you are in #{room}"));
        server = start(port, folder.path());
        until(&mut alice, "* connected again; you are alice");
        until(&mut alice, prompt);
    }
    alice.send("\x04").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}
