//! Several servers that have one log, and so are one chat.

use parse::{CloseReason, Dict, Presence, Value};
use std::io::ErrorKind;

use crate::testing::{Several, dict};

const TIME: &str = r#"timestamp="1970-01-01T00:00:00.000Z""#;

fn password(name: &str) -> Dict {
    dict("username", name).with("password", "correct horse")
}

#[test]
fn the_first_login_in_the_log_gets_the_name_on_every_server() {
    let mut chat = Several::new(3);
    let watcher = chat.rooms[2].login("watcher");
    chat.settle();
    chat.stop(0);
    chat.stop(1);
    let second = chat.rooms[1].asks_for("Alice");
    let first = chat.rooms[0].asks_for("aLICE");
    let taken = "login error: Name already taken!";
    assert_eq!(chat.names(), ["Alice", "watcher"]);
    assert_eq!(chat.rooms[0].heard(first), [taken]);
    assert_eq!(chat.rooms[1].heard(second), [r#"login username="Alice" messages=[]"#]);
    assert_eq!(chat.rooms[2].heard(watcher), [r#"join username="Alice" online=2"#]);
    chat.rooms[1].ask(second, "logout", dict("reason", "lunch"));
    chat.settle();
    let left = r#"leave username="Alice" online=1 reason="lunch""#;
    assert_eq!(chat.rooms[2].heard(watcher), [left]);
    chat.rooms[0].ask(first, "login", dict("username", "aLICE"));
    assert_eq!(chat.names(), ["aLICE", "watcher"]);
    assert_eq!(chat.rooms[0].heard(first), [r#"login username="aLICE" messages=[]"#]);
    chat.rooms[0].leave_because(first, CloseReason::Broken(ErrorKind::ConnectionReset));
    assert_eq!(chat.names(), ["watcher"]);
    let broke = r#"leave username="aLICE" online=1 broken=true"#;
    let came = r#"join username="aLICE" online=2"#;
    assert_eq!(chat.rooms[2].heard(watcher), [came, broke]);
}

#[test]
fn messages_and_rooms_reach_the_people_of_all_servers_once() {
    let mut chat = Several::new(2);
    let alice = chat.rooms[0].login("alice");
    let bob = chat.rooms[1].login("bob");
    chat.settle();
    chat.rooms[0].ask(alice, "join", dict("room", "tea"));
    chat.rooms[1].ask(bob, "join", dict("room", "tea"));
    assert_eq!(
        chat.rooms[1].heard(bob),
        [
            r#"login username="bob" messages=[]"#.to_owned(),
            r#"join room="tea" online=2 messages=[]"#.to_owned()
        ][1..]
    );
    chat.settle();
    chat.rooms[0].heard_all();
    for (room, id) in [(None, 1), (Some("tea"), 2)] {
        let arguments = dict("message", "hello");
        let arguments = room.map_or(arguments.clone(), |room| arguments.with("room", room));
        chat.rooms[1].ask_tagged(bob, "message", arguments, Value::from(7));
        chat.settle();
        let place = room.map_or(String::new(), |room| format!(" room={room:?}"));
        let want = format!(r#"message id={id}{place} username="bob" message="hello" {TIME}"#);
        assert_eq!(chat.rooms[0].heard(alice), [want.as_str()]);
        assert_eq!(chat.rooms[1].heard(bob), [format!("{want} tag=7")]);
    }
    chat.rooms[0].ask(alice, "names", dict("room", "tea"));
    chat.rooms[0].ask(alice, "rooms", Dict::new());
    let said = chat.rooms[0].heard(alice);
    assert_eq!(said[0], r#"names room="tea" names=["alice","bob"]"#);
    assert!(said[1].contains(r#""room":"tea","online":2"#), "{said:?}");
    chat.rooms[1].ask(bob, "leave", dict("room", "tea"));
    chat.rooms[1].ask(bob, "logout", Dict::new());
    assert_eq!(chat.names(), ["alice"]);
    let exited = r#"exited room="tea" username="bob" online=1"#;
    let left = r#"leave username="bob" online=1"#;
    assert_eq!(chat.rooms[0].heard(alice), [exited, left]);
}

#[test]
fn a_whisper_reaches_its_receiver_on_another_server_and_no_one_else() {
    let mut chat = Several::new(2);
    let alice = chat.rooms[0].login("alice");
    // It has the same number as alice, on its own server.
    let bob = chat.rooms[1].login("bob");
    assert_eq!(alice, bob);
    let carol = chat.rooms[1].login("carol");
    chat.settle();
    chat.rooms[0].heard_all();
    chat.rooms[1].heard_all();
    let whisper = || dict("message", "psst").with("to", "BOB");
    chat.rooms[0].ask_tagged(alice, "message", whisper(), Value::from(7));
    chat.settle();
    let want = format!(r#"message id=1 username="alice" to="bob" message="psst" {TIME}"#);
    assert_eq!(chat.rooms[0].heard(alice), [format!("{want} tag=7")]);
    assert_eq!(chat.rooms[1].heard(bob), [want]);
    assert_eq!(chat.rooms[1].heard(carol), [""; 0]);
    // The name is another person's when the whisper is delivered.
    chat.stop(0);
    chat.rooms[1].ask(bob, "logout", Dict::new());
    let thief = chat.rooms[1].login("bob");
    chat.rooms[1].heard_all();
    chat.rooms[0].ask(alice, "message", whisper());
    chat.go_on();
    assert_eq!(chat.rooms[1].heard(thief).len() + chat.rooms[1].heard(bob).len(), 0);
    let said = chat.rooms[0].heard(alice);
    assert!(said.len() == 3 && said[2].contains("psst"), "the answer to the request: {said:?}");
}

#[test]
fn an_account_and_its_whispers_are_at_every_server() {
    let mut chat = Several::new(2);
    let alice = chat.rooms[0].login("alice");
    chat.rooms[0].register("Dave", "correct horse");
    chat.rooms[0].ask(alice, "message", dict("message", "one").with("to", "dave"));
    chat.settle();
    let dave = chat.rooms[1].connect();
    chat.rooms[1].ask(dave, "login", dict("username", "dave"));
    chat.rooms[1].ask(dave, "login", password("dave"));
    let said = chat.rooms[1].heard(dave);
    assert_eq!(said[0], "login error: Wrong password!");
    assert_eq!(said[1], r#"login username="Dave" messages=[]"#);
    assert!(said.len() == 3 && said[2].contains(r#"message="one" offline=true"#), "{said:?}");
    chat.rooms[1].leave(dave);
    chat.settle();
    let again = chat.rooms[0].connect();
    chat.rooms[0].ask(again, "login", password("dave"));
    assert_eq!(chat.rooms[0].heard(again), [r#"login username="Dave" messages=[]"#]);
    // An account ends the session of a guest, wherever it was made.
    let guest = chat.rooms[1].login("eve");
    chat.settle();
    chat.rooms[0].register("eve", "correct horse");
    chat.settle();
    let said = chat.rooms[1].heard(guest);
    assert_eq!(said.last().map(String::as_str), Some("(closed)"), "{said:?}");
    chat.rooms[1].leave(guest);
    let watcher = chat.rooms[1].connect_as(Presence::Observer);
    chat.rooms[1].ask(watcher, "names", Dict::new());
    assert_eq!(chat.rooms[1].heard(watcher), [r#"names names=["Dave","alice"]"#]);
    assert_eq!(chat.names(), ["Dave", "alice"]);
}

#[test]
fn a_login_that_only_its_own_server_refuses_leaves_no_ghost() {
    let mut chat = Several::new(2);
    let root = chat.rooms[0].login_admin("root");
    chat.settle();
    chat.stop(1);
    let bob = chat.rooms[1].asks_for("bob");
    // The other server reads the ban later than it grants the name.
    chat.settle();
    chat.rooms[0].ask(root, "ban", dict("who", "bob"));
    assert_eq!(chat.names(), ["root"]);
    assert_eq!(chat.rooms[1].heard(bob), ["login error: You are banned!"]);
    chat.rooms[0].ask(root, "unban", dict("who", "bob"));
    chat.rooms[1].ask(bob, "login", dict("username", "bob"));
    assert_eq!(chat.names(), ["bob", "root"]);
}

#[test]
fn a_person_replaces_their_session_on_another_server() {
    let mut chat = Several::new(3);
    let watcher = chat.rooms[2].login("watcher");
    let first = chat.rooms[0].connect();
    chat.rooms[0].ask(first, "register", password("alice").with("login", true));
    chat.settle();
    let second = chat.rooms[1].connect();
    chat.rooms[1].ask(second, "login", password("alice"));
    chat.settle();
    assert_eq!(chat.rooms[1].heard(second), ["login error: You are logged in elsewhere!"]);
    for room in &mut chat.rooms {
        room.heard_all();
    }
    // The first session leaves before its server has read that it is replaced.
    chat.stop(0);
    chat.rooms[1].ask(second, "login", password("alice").with("replace", true));
    chat.rooms[0].ask(first, "logout", Dict::new());
    assert_eq!(chat.names(), ["alice", "watcher"]);
    assert_eq!(chat.rooms[1].heard(second), [r#"login username="alice" messages=[]"#]);
    let notice = r#"notice message="You have logged in elsewhere." reason="replaced""#;
    assert_eq!(chat.rooms[0].heard(first)[..2], [notice, "(closed)"]);
    let seen = [r#"leave username="alice" online=1"#, r#"join username="alice" online=2"#];
    assert_eq!(chat.rooms[2].heard(watcher), seen);
    chat.rooms[0].leave(first);
    assert_eq!(chat.names(), ["alice", "watcher"]);
    chat.rooms[1].leave(second);
    assert_eq!(chat.names(), ["watcher"]);
}

#[test]
fn the_people_of_a_server_that_is_gone_leave_once() {
    let mut chat = Several::new(3);
    let alice = chat.rooms[0].login("alice");
    for (name, room) in [("bob", "tea"), ("carol", "cake")] {
        let peer = chat.rooms[1].login(name);
        chat.rooms[1].ask(peer, "join", dict("room", room));
    }
    chat.rooms[2].login("dave");
    chat.rooms[0].ask(alice, "join", dict("room", "tea"));
    chat.settle();
    chat.rooms[0].heard_all();
    chat.kill(1);
    let bob = r#"leave username="bob" online=3 broken=true"#;
    let carol = r#"leave username="carol" online=2 broken=true"#;
    let exited = r#"exited room="tea" username="bob" online=1"#;
    assert_eq!(chat.rooms[0].heard(alice), [exited, bob, carol]);
    assert_eq!(chat.names(), ["alice", "dave"]);
    chat.rooms[1].login("bob");
    assert_eq!(chat.names(), ["alice", "bob", "dave"]);
}

#[test]
fn a_server_that_joins_late_knows_who_is_here() {
    let mut chat = Several::new(2);
    let alice = chat.rooms[0].login("alice");
    chat.rooms[0].ask(alice, "join", dict("room", "tea"));
    let bob = chat.rooms[1].login("bob");
    chat.settle();
    // These servers have not handed back yet that carol comes and bob goes.
    chat.stop(0);
    chat.stop(1);
    let carol = chat.rooms[0].asks_for("carol");
    let late = chat.start();
    chat.rooms[1].leave(bob);
    chat.rooms[0].leave(carol);
    let dave = chat.rooms[late].connect();
    chat.rooms[late].ask(dave, "login", dict("username", "alice"));
    assert_eq!(chat.rooms[late].heard(dave), [""; 0], "it does not know the people yet");
    assert_eq!(chat.names(), ["alice"]);
    assert_eq!(chat.rooms[late].heard(dave), ["login error: Name already taken!"]);
    chat.rooms[late].ask(dave, "login", dict("username", "dave"));
    chat.rooms[late].ask(dave, "join", dict("room", "tea"));
    let said = chat.rooms[late].heard(dave);
    assert_eq!(said[1], r#"join room="tea" online=2 messages=[]"#);
    assert_eq!(chat.names(), ["alice", "dave"]);
}

#[test]
fn a_server_that_was_cut_off_tells_its_people_and_joins_again() {
    let mut chat = Several::new(2);
    let (alice, bob) = (chat.rooms[0].login("alice"), chat.rooms[1].login("bob"));
    chat.settle();
    let watcher = chat.rooms[1].connect_as(Presence::Observer);
    let stranger = chat.rooms[1].connect();
    chat.rooms[0].heard_all();
    chat.stop(1);
    chat.rooms[1].heard_all();
    chat.declare_gone(1);
    chat.settle();
    assert_eq!(chat.rooms[0].heard(alice), [r#"leave username="bob" online=1 broken=true"#]);
    chat.rooms[1].ask(stranger, "login", dict("username", "carol"));
    chat.rooms[1].ask(bob, "message", dict("message", "is anybody there?"));
    chat.go_on();
    let notice = r#"notice message="This server was cut off from the chat. Log in again.""#;
    let error = "error: It cannot be kept right now, try again later!";
    let said = chat.rooms[1].heard(bob);
    assert_eq!(said[..2], [notice, "(closed)"], "{said:?}");
    assert_eq!(chat.rooms[1].heard(stranger), [format!("login {error}")]);
    chat.rooms[1].leave(bob);
    assert_eq!(chat.rooms[0].heard(alice), [""; 0], "bob has left once");
    chat.rooms[1].ask(stranger, "login", dict("username", "bob"));
    assert_eq!(chat.rooms[1].heard(stranger), [r#"login username="bob" messages=[]"#]);
    chat.rooms[1].ask(watcher, "names", Dict::new());
    assert_eq!(chat.rooms[1].heard(watcher), [r#"names names=["alice","bob"]"#]);
    assert_eq!(chat.names(), ["alice", "bob"]);
}

#[test]
fn an_administrator_reaches_the_people_of_other_servers() {
    let mut chat = Several::new(2);
    let root = chat.rooms[0].login_admin("root");
    let bob = chat.rooms[1].login("Bob");
    let eve = chat.rooms[1].connect_from("10.0.0.7:1");
    chat.rooms[1].ask(eve, "login", dict("username", "eve"));
    chat.settle();
    chat.rooms[0].ask(root, "connections", Dict::new());
    let said = chat.rooms[0].heard(root).pop().unwrap();
    let bobs = r#""username":"Bob","dialect":"json","seconds":0,"server":"server 2""#;
    assert!(said.contains(bobs) && said.contains(r#""server":"server 1""#), "{said}");
    for (request, arguments, who, why) in [
        ("kick", dict("username", "bob"), bob, "You were kicked: spam\" reason=\"kicked"),
        ("ban", dict("who", "10.0.0.7"), eve, "You are banned: spam\" reason=\"banned"),
    ] {
        chat.rooms[1].heard_all();
        chat.rooms[0].ask(root, request, arguments.with("reason", "spam"));
        chat.settle();
        let said = chat.rooms[0].heard(root);
        assert!(said[0].starts_with(&format!("{request} ")), "{said:?}");
        let notice = format!(r#"notice message="{why}""#);
        assert_eq!(chat.rooms[1].heard(who), [notice, "(closed)".to_owned()]);
        chat.rooms[1].leave(who);
        chat.settle();
        let left = chat.rooms[0].heard(root).remove(0);
        let end = if request == "kick" { "kicked" } else { "banned" };
        assert!(left.ends_with(&format!("departure={end:?} reason=\"spam\"")), "{left}");
    }
    // The logout of a person who is kicked while it is on its way to the log counts, on every server.
    let carol = chat.rooms[0].login("carol");
    chat.settle();
    chat.rooms[1].heard_all();
    let dave = chat.rooms[1].login("dave");
    chat.settle();
    chat.stop(0);
    chat.rooms[0].ask(carol, "logout", dict("reason", "lunch"));
    chat.rooms[0].ask(root, "kick", dict("username", "carol").with("reason", "spam"));
    chat.go_on();
    chat.settle();
    let left = Some(r#"leave username="carol" online=2 reason="lunch""#);
    assert_eq!(chat.rooms[0].heard(root).last().map(String::as_str), left);
    assert_eq!(chat.rooms[1].heard(dave).last().map(String::as_str), left);
    chat.rooms[1].leave(dave);
    // A person who leaves before the kick is in the log is not found.
    let bob = chat.rooms[1].login("bob");
    chat.settle();
    chat.stop(0);
    chat.rooms[1].leave(bob);
    let other = chat.rooms[1].login("bob");
    chat.rooms[0].heard_all();
    chat.rooms[0].ask(root, "kick", dict("username", "bob"));
    chat.go_on();
    let said = chat.rooms[0].heard(root);
    assert_eq!(said.last().map(String::as_str), Some("kick error: No such user!"));
    assert_eq!(chat.rooms[1].heard(other), [""; 0]);
    assert!(!chat.rooms[0].is_over() && !chat.rooms[1].is_over());
    chat.rooms[0].ask(root, "shutdown", Dict::new().with("all", true));
    chat.settle();
    assert!(chat.rooms[0].is_over() && chat.rooms[1].is_over());
    assert_eq!(chat.rooms[0].heard(root), ["shutdown"]);
}

/// Random numbers that are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

#[test]
fn all_servers_agree_whatever_happens_in_whatever_order() {
    const NAMES: [&str; 4] = ["alice", "bob", "Bob", "carol"];
    for seed in 1..=300 {
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed));
        let mut chat = Several::new(3);
        let mut here: Vec<Vec<_>> = vec![Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..60 {
            let server = dice.below(chat.rooms.len());
            if here[server].is_empty() || dice.below(6) == 0 {
                let presence = [Presence::Named, Presence::Named, Presence::Anonymous];
                let peer = chat.rooms[server].connect_as(presence[dice.below(3)]);
                here[server].push(peer);
            }
            let at = dice.below(here[server].len());
            let peer = here[server][at];
            let name = NAMES[dice.below(NAMES.len())];
            let room = &mut chat.rooms[server];
            match dice.below(16) {
                0..4 => room.ask(peer, "login", dict("username", name)),
                4 => {
                    let replace = dice.below(2) == 0;
                    room.ask(peer, "login", password(name).with("replace", replace));
                }
                5 => room.ask(peer, "register", password(name).with("login", true)),
                6 => room.ask(peer, "logout", Dict::new()),
                7 | 8 => room.ask(peer, "join", dict("room", &format!("room{}", dice.below(2)))),
                9 => room.ask(peer, "leave", dict("room", &format!("room{}", dice.below(2)))),
                10 => {
                    here[server].swap_remove(at);
                    room.leave(peer);
                }
                11 => chat.stop(server),
                12 => chat.go_on(),
                13 => chat.settle(),
                14 if dice.below(3) == 0 => {
                    chat.declare_gone(server);
                }
                15 if dice.below(4) == 0 && here.len() < 5 => {
                    chat.start();
                    here.push(Vec::new());
                }
                _ => room.ask(peer, "message", dict("message", "hello").with("to", name)),
            }
        }
        chat.agreed();
        // When all have hung up, no name is left.
        for (server, peers) in here.into_iter().enumerate() {
            peers.into_iter().for_each(|peer| chat.rooms[server].leave(peer));
        }
        assert_eq!(chat.agreed(), "", "seed {seed}");
    }
}
