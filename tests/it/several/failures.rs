//! A server or Redis is killed, or stops for a while.

use std::time::Instant;

use harness::{DEADLINE, Value, json, wait_until};

use super::{Chat, GHOST, history, login, next_message};

#[test]
fn the_people_of_a_killed_server_leave_once() {
    let Some(chat) = Chat::start() else { return };
    let (one, two) = (chat.server("one"), chat.server("two"));
    let mut alice = login(&one, "alice");
    let mut bob = login(&two, "bob");
    alice.hears(json!({"response": "join", "username": "bob"}));
    bob.asks(json!({"request": "join", "room": "tea"}));
    bob.hears(json!({"response": "join", "room": "tea"}));
    let begun = Instant::now();
    // This kills the process.
    drop(two);
    alice.hears(json!({"response": "leave", "username": "bob", "online": 1, "broken": true}));
    assert!(begun.elapsed() < GHOST, "bob left after {:?}", begun.elapsed());
    alice.asks(json!({"request": "names"}));
    alice.hears(json!({"response": "names", "names": ["alice"]}));
    // The server comes back with its view, and bob with his name.
    let two = chat.server("two");
    let _bob = login(&two, "bob");
    alice.hears(json!({"response": "join", "username": "bob", "online": 2}));
}

#[test]
fn a_server_that_is_back_before_its_lease_ends_has_left_and_joined() {
    let Some(chat) = Chat::start() else { return };
    let (one, two) = (chat.server("one"), chat.server("two"));
    let mut alice = login(&one, "alice");
    let _bob = login(&two, "bob");
    alice.hears(json!({"response": "join", "username": "bob"}));
    drop(two);
    let two = chat.server("two");
    alice.hears(json!({"response": "leave", "username": "bob", "online": 1, "broken": true}));
    let _bob = login(&two, "bob");
    alice.hears(json!({"response": "join", "username": "bob", "online": 2}));
    alice.has_heard_everything();
}

#[test]
fn the_people_of_a_server_that_stopped_too_long_are_told_and_can_log_in_again() {
    let Some(chat) = Chat::start() else { return };
    let (one, two) = (chat.server("one"), chat.server("two"));
    let mut alice = login(&one, "alice");
    let mut bob = login(&two, "bob");
    alice.hears(json!({"response": "join", "username": "bob"}));
    two.signal("STOP");
    bob.says("from another time");
    alice.hears(json!({"response": "leave", "username": "bob", "online": 1, "broken": true}));
    two.signal("CONT");
    // The server may refuse the message before it tells bob that he has left.
    let mut lines = Vec::new();
    while let Some(line) = bob.line_before_the_end() {
        lines.push(line);
    }
    let notice: Value = serde_json::from_str(lines.last().unwrap()).unwrap();
    assert_eq!(notice["message"], "This server was cut off from the chat. Log in again.");
    for line in &lines[..lines.len() - 1] {
        assert!(line.contains("\"error\""), "{line}");
    }
    let mut bob = login(&two, "bob");
    alice.hears(json!({"response": "join", "username": "bob", "online": 2}));
    bob.says("back");
    alice.hears(json!({"response": "message", "message": "back"}));
    let texts = history(&mut alice);
    assert_eq!(texts.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), ["back"]);
}

#[test]
fn a_killed_redis_loses_no_acknowledged_message_and_doubles_none() {
    let Some(mut chat) = Chat::start() else { return };
    let (one, two) = (chat.server("one"), chat.server("two"));
    let mut alice = login(&one, "alice");
    let mut bob = login(&two, "bob");
    alice.hears(json!({"response": "join", "username": "bob"}));
    let (mut acknowledged, mut refused) = (Vec::new(), Vec::new());
    for round in 0..3 {
        let texts: Vec<String> = (0..100).map(|number| format!("{round} {number}")).collect();
        let requests: Vec<String> = texts
            .iter()
            .map(|text| {
                json!({"request": "message", "message": text, "tag": text}).to_string() + "\n"
            })
            .collect();
        alice.sends(requests.concat().as_bytes());
        let mut heard = 0;
        while heard < texts.len() {
            let answer = next_message(&mut alice);
            let tag = answer["tag"].as_str().unwrap().to_owned();
            match answer["id"].as_u64() {
                Some(id) => acknowledged.push((id, tag)),
                None => refused.push(tag),
            }
            heard += 1;
            if heard == 10 {
                chat.redis.dies();
                chat.redis.starts_again();
            }
        }
    }
    wait_until("alice can send again", DEADLINE, || {
        alice.says("the end");
        next_message(&mut alice).get("error").is_none()
    });
    // bob hears each message once and in order, and none that was refused.
    let mut heard = Vec::new();
    while heard.last().is_none_or(|(_, text)| text != "the end") {
        let message = next_message(&mut bob);
        heard.push((
            message["id"].as_u64().unwrap(),
            message["message"].as_str().unwrap().to_owned(),
        ));
    }
    heard.pop();
    assert_eq!(heard, acknowledged);
    assert!(heard.iter().all(|(_, text)| !refused.contains(text)));
    assert_eq!(history(&mut alice), history(&mut bob));
}

#[test]
fn without_redis_people_read_and_cannot_write() {
    let Some(mut chat) = Chat::start() else { return };
    let (one, two) = (chat.server("one"), chat.server("two"));
    let mut alice = login(&one, "alice");
    let mut bob = login(&two, "bob");
    alice.hears(json!({"response": "join", "username": "bob"}));
    let mut carol = login(&one, "carol");
    for peer in [&mut alice, &mut bob] {
        peer.hears(json!({"response": "join", "username": "carol"}));
    }
    alice.says("before");
    for peer in [&mut alice, &mut bob, &mut carol] {
        peer.hears(json!({"response": "message", "message": "before"}));
    }
    chat.redis.dies();
    // If the server does not know whether Redis has this message, it answers when Redis is back.
    alice.says("in flight");
    one.logs("Redis does not answer (to append)");
    carol.says("refused");
    carol.hears(json!({"response": "message", "code": "not-kept", "error": "It cannot be kept right now, try again later!"}));
    assert_eq!(history(&mut carol), [(1, "before".to_owned())]);
    carol.asks(json!({"request": "names"}));
    carol.hears(json!({"response": "names", "names": ["alice", "bob", "carol"]}));
    chat.redis.starts_again();
    let fate = next_message(&mut alice);
    let mut texts = vec!["before"];
    if fate.get("error").is_none() {
        texts.push("in flight");
    }
    wait_until("alice can send again", DEADLINE, || {
        alice.says("after");
        next_message(&mut alice).get("error").is_none()
    });
    texts.push("after");
    for peer in [&mut bob, &mut carol] {
        while next_message(peer)["message"] != "after" {}
    }
    for peer in [&mut alice, &mut bob, &mut carol] {
        let page = history(peer);
        assert_eq!(page.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), texts);
    }
}
