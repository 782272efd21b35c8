//! `/search`: earlier messages of a room.

use expectrl::Expect;
use harness::clients::{empty_home, script, until};
use harness::{Server, json};

use crate::terminal::{alice_at, leaves_quietly};

#[test]
fn a_person_finds_earlier_messages_of_the_room_in_any_letter_case() {
    let (_server, mut bob, _home, mut alice) = alice_at(Server::start("events", &[]));
    bob.says("tea at five?");
    bob.hears(json!({"response": "message"}));
    // The server sends at most 100 messages in one answer.
    bob.says_often("nothing", 250);
    bob.says("more TEA");
    bob.hears(json!({"response": "message", "message": "more TEA"}));
    until(&mut alice, "more TEA");
    alice.send_line("/search Tea").unwrap();
    until(&mut alice, "#1 ");
    until(&mut alice, " bob: tea at five?\r\n#252 ");
    until(&mut alice, " bob: more TEA\r\n* 2 of all 252 messages in #lobby have \"Tea\"\r\n");
    until(&mut alice, "alice> ");
    // A room has its own messages.
    alice.send_line("/join den").unwrap();
    until(&mut alice, "alice#den> ");
    alice.send_line("/lastlog tea").unwrap();
    until(&mut alice, "* 0 of all 0 messages in #den have \"tea\"");
    alice.send_line("/search").unwrap();
    until(&mut alice, "! usage: /search TEXT");
    alice.send_line("/join lobby").unwrap();
    until(&mut alice, "alice#lobby> ");
    leaves_quietly(&mut alice, &mut bob);
}

#[test]
fn a_search_ends_after_50_messages_and_says_so() {
    let server = Server::start("events", &[]);
    server.login("bob").says_often("again", 120);
    let address = server.address().to_string();
    let home = empty_home();
    let (said, code) = script(home.path(), &[&address, "--name", "alice"], "/search AGAIN\n");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!((lines.len(), code), (102, 0), "{said}");
    assert_eq!((lines[1], lines[100]), ("#21 bob: again", "#120 bob: again"));
    let told = "* 100 of the last 100 messages in #lobby have \"AGAIN\"; /history 100 21 shows earlier ones";
    assert_eq!(lines[101], told);
    let (said, code) = script(home.path(), &[&address], "/search again\n");
    assert_eq!(code, 1, "{said}");
    assert_eq!(said, "! only people who are logged in can search: /login NAME\n");
}
