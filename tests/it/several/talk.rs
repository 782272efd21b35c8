//! People at different servers talk, and see each other come and go.

use std::thread;

use harness::{Peer, ROOTS_PASSWORD, Server, Value, json};

use super::{Chat, history, login};

#[test]
fn three_servers_are_one_chat() {
    let Some(chat) = Chat::start() else { return };
    let servers = ["one", "two", "three"].map(|name| chat.server(name));
    let mut alice = login(&servers[0], "alice");
    let mut bob = login(&servers[1], "bob");
    alice.hears(json!({"response": "join", "username": "bob", "online": 2}));
    let mut carol = login(&servers[2], "carol");
    for peer in [&mut alice, &mut bob] {
        peer.hears(json!({"response": "join", "username": "carol", "online": 3}));
    }
    bob.asks(json!({"request": "message", "message": "hello, all", "tag": 7}));
    let copy =
        bob.hears(json!({"response": "message", "id": 1, "message": "hello, all", "tag": 7}));
    for peer in [&mut alice, &mut carol] {
        let heard = peer.hears(json!({"response": "message", "username": "bob", "id": 1}));
        assert_eq!((heard.get("tag"), &heard["timestamp"]), (None, &copy["timestamp"]));
    }
    alice.asks(json!({"request": "message", "message": "psst", "to": "Carol"}));
    for peer in [&mut alice, &mut carol] {
        peer.hears(json!({"response": "message", "id": 2, "to": "carol", "message": "psst"}));
    }
    for peer in [&mut alice, &mut bob, &mut carol] {
        peer.asks(json!({"request": "names"}));
        peer.hears(json!({"response": "names", "names": ["alice", "bob", "carol"]}));
    }
    carol.asks(json!({"request": "logout", "reason": "gone home"}));
    carol.hears(json!({"response": "logout", "username": "carol"}));
    for peer in [&mut alice, &mut bob] {
        peer.hears(json!({"response": "leave", "username": "carol", "reason": "gone home"}));
    }
    drop(bob);
    alice.hears(json!({"response": "leave", "username": "bob", "online": 1}));
    alice.has_heard_everything();
    assert_eq!(history(&mut alice), [(1, "hello, all".to_owned())]);
}

#[test]
fn a_person_replaces_their_session_at_another_server() {
    let Some(chat) = Chat::start() else { return };
    let servers = ["one", "two"].map(|name| chat.server(name));
    let password = "correct horse";
    let mut bob = login(&servers[0], "bob");
    let mut first = servers[0].connect();
    first.asks(
        json!({"request": "register", "username": "alice", "password": password, "login": true}),
    );
    first.hears(json!({"response": "register", "username": "alice", "messages": []}));
    bob.hears(json!({"response": "join", "username": "alice", "online": 2}));
    let mut second = servers[1].connect();
    let login =
        json!({"request": "login", "username": "alice", "password": password, "replace": true});
    // The account may come later to this server.
    servers[1].eventually("alice has an account", || {
        second.asks(login.clone());
        !second.line().contains(r#""error":"#)
    });
    first.hears(json!({"response": "notice", "reason": "replaced"}));
    first.is_hung_up_on();
    bob.hears(json!({"response": "leave", "username": "alice", "online": 1}));
    bob.hears(json!({"response": "join", "username": "alice", "online": 2}));
    second.asks(json!({"request": "names"}));
    second.hears(json!({"response": "names", "names": ["alice", "bob"]}));
    bob.has_heard_everything();
}

#[test]
fn a_room_has_members_at_all_servers() {
    let Some(chat) = Chat::start() else { return };
    let servers = ["one", "two", "three"].map(|name| chat.server(name));
    let mut alice = login(&servers[0], "alice");
    let mut bob = login(&servers[1], "bob");
    alice.hears(json!({"response": "join", "username": "bob"}));
    let mut carol = login(&servers[2], "carol");
    for peer in [&mut alice, &mut bob] {
        peer.hears(json!({"response": "join", "username": "carol"}));
    }
    alice.asks(json!({"request": "join", "room": "tea"}));
    alice.hears(json!({"response": "join", "room": "tea", "online": 1}));
    bob.asks(json!({"request": "join", "room": "tea"}));
    bob.hears(json!({"response": "join", "room": "tea", "online": 2}));
    alice.hears(json!({"response": "entered", "room": "tea", "username": "bob", "online": 2}));
    bob.asks(json!({"request": "message", "room": "tea", "message": "milk?"}));
    for peer in [&mut alice, &mut bob] {
        peer.hears(json!({"response": "message", "room": "tea", "message": "milk?"}));
    }
    alice.asks(json!({"request": "names", "room": "tea"}));
    alice.hears(json!({"response": "names", "room": "tea", "names": ["alice", "bob"]}));
    let rooms = json!([
        {"room": "lobby", "online": 3, "joined": true},
        {"room": "tea", "online": 2, "joined": false},
    ]);
    // Carol's server may hear of the entries into the room later.
    servers[2].eventually("the list has the room with both members", || {
        carol.asks(json!({"request": "rooms"}));
        carol.hears(json!({"response": "rooms"}))["rooms"] == rooms
    });
    bob.asks(json!({"request": "leave", "room": "tea"}));
    bob.hears(json!({"response": "leave", "room": "tea"}));
    alice.hears(json!({"response": "exited", "room": "tea", "username": "bob", "online": 1}));
}

/// Asks for a name. Returns whether the server gives it.
fn is_given(peer: &mut Peer, name: &str) -> bool {
    peer.asks(json!({"request": "login", "username": name}));
    let answer: Value = serde_json::from_str(&peer.line()).unwrap();
    assert_eq!(answer["response"], "login", "{answer}");
    assert!([&Value::Null, &json!("name-taken")].contains(&&answer["code"]), "{answer}");
    answer.get("error").is_none()
}

#[test]
fn one_of_two_people_who_want_a_name_at_the_same_time_gets_it() {
    let Some(chat) = Chat::start() else { return };
    let servers: [Server; 2] = ["one", "two"].map(|name| chat.server(name));
    let mut peers = servers.each_ref().map(Server::connect);
    let mut wins = [0, 0];
    for round in 0..20 {
        let name = format!("name{round}");
        let given: Vec<bool> = thread::scope(|scope| {
            let asks: Vec<_> =
                peers.iter_mut().map(|peer| scope.spawn(|| is_given(peer, &name))).collect();
            asks.into_iter().map(|asks| asks.join().unwrap()).collect()
        });
        assert_ne!(given[0], given[1], "{name} is given once");
        let winner = usize::from(given[1]);
        wins[winner] += 1;
        let [owner, other] = [winner, 1 - winner];
        peers[owner].asks(json!({"request": "logout"}));
        peers[owner].hears(json!({"response": "logout"}));
        // The server of the other client may learn of the logout later.
        servers[0].eventually("the name is free", || is_given(&mut peers[other], &name));
        peers[other].asks(json!({"request": "logout"}));
        peers[other].hears(json!({"response": "logout"}));
    }
    println!("the first server won {} times, the second {} times", wins[0], wins[1]);
}

#[test]
fn a_server_that_starts_late_knows_history_accounts_and_names() {
    let Some(chat) = Chat::start() else { return };
    let server = chat.server("one");
    let mut alice = login(&server, "alice");
    let password = "correct horse";
    alice.asks(json!({"request": "register", "username": "bob", "password": password}));
    alice.hears(json!({"response": "register", "username": "bob"}));
    alice.asks(json!({"request": "join", "room": "tea"}));
    alice.hears(json!({"response": "join", "room": "tea"}));
    alice.says("early");
    alice.hears(json!({"response": "message", "message": "early"}));
    alice.asks(json!({"request": "message", "message": "call me", "to": "bob"}));
    alice.hears(json!({"response": "message", "offline": true}));

    let late = chat.server("late");
    let mut bob = late.connect();
    bob.asks(json!({"request": "login", "username": "Alice"}));
    bob.hears(json!({"response": "login", "error": "Name already taken!"}));
    bob.asks(json!({"request": "login", "username": "bob"}));
    bob.hears(json!({"response": "login", "error": "Wrong password!"}));
    bob.asks(json!({"request": "login", "username": "bob", "password": password}));
    let login = bob.hears(json!({"response": "login", "username": "bob"}));
    assert_eq!(login["messages"][0]["message"], "early");
    bob.hears(json!({"response": "message", "message": "call me", "offline": true}));
    alice.hears(json!({"response": "join", "username": "bob", "online": 2}));
    bob.asks(json!({"request": "names"}));
    bob.hears(json!({"response": "names", "names": ["alice", "bob"]}));
    bob.asks(json!({"request": "join", "room": "tea"}));
    bob.hears(json!({"response": "join", "room": "tea", "online": 2}));
    alice.hears(json!({"response": "entered", "room": "tea", "username": "bob"}));
}

#[test]
fn an_administrator_reaches_people_at_all_servers() {
    let Some(chat) = Chat::start() else { return };
    let (mut one, mut two) = (chat.server("one"), chat.server("two"));
    chat.add_root();
    let mut root = one.connect();
    // The server may hear of the account a moment later.
    let request = json!({"request": "login", "username": "root", "password": ROOTS_PASSWORD});
    one.eventually("root can log in", || {
        root.asks(request.clone());
        !root.line().contains("\"error\"")
    });
    let mut bob = login(&two, "bob");
    root.hears(json!({"response": "join", "username": "bob"}));
    root.asks(json!({"request": "connections"}));
    let list = root.hears(json!({"response": "connections"}));
    let list = list["connections"].as_array().unwrap();
    let servers = list.iter().map(|it| [&it["username"], &it["server"]].map(Value::as_str));
    let servers: Vec<_> = servers.collect();
    assert_eq!(servers, [[Some("root"), Some("one")], [Some("bob"), Some("two")]]);
    root.asks(json!({"request": "kick", "username": "bob"}));
    root.hears(json!({"response": "kick", "username": "bob"}));
    bob.hears(json!({"response": "notice", "reason": "kicked"}));
    bob.is_hung_up_on();
    root.hears(json!({"response": "leave", "username": "bob"}));
    root.asks(json!({"request": "ban", "who": "bob", "time": "1h"}));
    let until = root.hears(json!({"response": "ban", "who": "bob"}))["until"].clone();
    // `2026-11-29T02:15:00.123Z` is in an error as `2026-11-29 02:15:00`.
    let until = until.as_str().unwrap()[..19].replace('T', " ");
    let mut bob = two.connect();
    two.eventually("bob is banned", || {
        bob.asks(json!({"request": "login", "username": "bob"}));
        let line = bob.line();
        assert!(!line.contains("\"banned\"") || line.contains(&until), "{line}");
        line.contains("\"banned\"")
    });
    root.asks(json!({"request": "shutdown", "all": true}));
    assert_eq!((one.exit_code(), two.exit_code()), (0, 0));
}
