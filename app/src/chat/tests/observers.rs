//! Peers that only observe.

use crate::commands::{Access, COMMANDS};
use crate::testing::{Disk, Room, dict};
use parse::{Dict, Peer, Presence};
use std::time::Duration;

/// The arguments of a login with the right password.
fn right(name: &str) -> Dict {
    dict("username", name).with("password", "correct horse")
}

/// An observer connects and gives the password of an administrator.
fn observing_admin(room: &mut Room, name: &str) -> Peer {
    room.register_admin(name);
    let peer = room.connect_as(Presence::Observer);
    room.ask(peer, "login", right(name));
    assert_eq!(room.heard(peer), [format!(r#"login username="{name}" messages=[]"#)]);
    peer
}

#[test]
fn an_observer_is_invisible_and_gets_only_answers() {
    let mut room = Room::new();
    let alice = room.login("alice");
    let peer = room.connect_as(Presence::Observer);
    room.ask(alice, "message", dict("message", "anybody here?"));
    assert_eq!(room.heard(alice).len(), 1);
    room.ask(peer, "names", Dict::new());
    assert_eq!(room.heard(peer), [r#"names names=["alice"]"#]);
    room.ask(peer, "names", dict("room", "tea"));
    assert_eq!(room.heard(peer), ["names error: You are not in that room!"]);
    room.ask(peer, "version", Dict::new());
    assert_eq!(room.heard(peer).len(), 1);
    room.pass(Duration::from_secs(3600));
    assert_eq!(room.heard(peer), [""; 0], "it has no login deadline");
    room.farewell("bye");
    assert_eq!(room.heard(peer), [r#"notice message="bye""#]);
    room.heard(alice);
    room.leave(peer);
    assert_eq!(room.heard(alice), [""; 0]);
}

#[test]
fn an_observer_cannot_send_requests_that_need_a_name_or_an_administrator() {
    for command in COMMANDS {
        let want = match command.access {
            Access::Anyone | Access::Unauthenticated | Access::Present => continue,
            Access::LoggedIn => "You are not logged in!",
            Access::Admin => "Not allowed!",
        };
        let mut room = Room::new();
        room.register("alice", "correct horse");
        let peer = room.connect_as(Presence::Observer);
        for _ in 0..2 {
            room.ask(peer, command.name, Dict::new());
            assert_eq!(room.heard(peer), [format!("{} error: {want}", command.name)]);
            // The password of an ordinary account makes no difference.
            room.ask(peer, "login", right("alice"));
            room.heard(peer);
        }
    }
}

#[test]
fn an_observer_can_log_in_with_an_account_and_log_out() {
    let mut room = Room::new();
    room.register("Bob", "correct horse");
    let alice = room.login("alice");
    let peer = room.connect_as(Presence::Observer);
    room.ask(peer, "logout", Dict::new());
    assert_eq!(room.heard(peer), ["logout error: Not logged in!"]);
    let wrong = dict("username", "bob").with("password", "wrong horse");
    for unproved in [dict("username", "bob"), dict("username", "carol"), wrong.clone()] {
        room.ask(peer, "login", unproved);
        assert_eq!(room.heard(peer), ["login error: Wrong password!"]);
    }
    room.ask(peer, "login", right("bob"));
    assert_eq!(room.heard(peer), [r#"login username="Bob" messages=[]"#]);
    room.ask(peer, "login", right("bob"));
    assert_eq!(room.heard(peer), ["login error: Already logged in!"]);
    room.ask(peer, "names", Dict::new());
    assert_eq!(room.heard(peer), [r#"names names=["alice"]"#], "it has no name");
    room.ask(peer, "logout", Dict::new());
    assert_eq!(room.heard(peer), [r#"logout username="Bob""#]);
    for _ in 0..5 {
        room.ask(peer, "login", wrong.clone());
    }
    room.heard(peer);
    room.ask(peer, "login", right("bob"));
    assert!(room.heard(peer)[0].starts_with("login error: Too many wrong passwords"));
    room.pass(Duration::from_secs(3600));
    assert_eq!(room.heard(peer), [""; 0], "it has no login deadline");
    assert_eq!(room.heard(alice), [""; 0], "alice has seen nothing");
}

#[test]
fn an_observer_can_administer_and_the_audit_names_its_account() {
    let disk = Disk::default();
    let mut room = Room::over(disk.clone());
    let root = observing_admin(&mut room, "root");
    let bob = room.login("bob");
    room.ask(root, "connections", Dict::new());
    let said = room.heard(root);
    assert!(said[0].contains(r#""username":null"#), "{said:?}");
    for who in ["ROOT", "127.0.0.1"] {
        room.ask(root, "ban", dict("who", who));
        assert_eq!(room.heard(root), ["ban error: Not yourself!"]);
    }
    disk.hold();
    room.ask(root, "kick", dict("username", "bob"));
    assert_eq!(room.heard(root), [r#"kick username="bob""#]);
    assert_eq!(
        room.heard(bob),
        [r#"notice message="You were kicked." reason="kicked""#, "(closed)"]
    );
    room.ask(root, "ban", dict("who", "bob"));
    assert_eq!(disk.waiting_acts(), ["root: kick bob", "root: ban bob"]);
    disk.release();
    room.deliver();
    assert_eq!(room.heard(root), [r#"ban who="bob""#]);
    room.ask(root, "logout", Dict::new());
    room.heard(root);
    room.ask(root, "shutdown", Dict::new());
    assert_eq!(room.heard(root), ["shutdown error: Not allowed!"]);
}

#[test]
fn a_ban_closes_an_observer_and_refuses_its_login() {
    let mut room = Room::new();
    let root = observing_admin(&mut room, "root");
    room.register("eve", "correct horse");
    let eve = room.connect_as(Presence::Observer);
    room.ask(eve, "login", right("eve"));
    room.heard(eve);
    room.ask(root, "ban", dict("who", "Eve"));
    assert_eq!(
        room.heard(eve),
        [r#"notice message="You are banned!" reason="banned""#, "(closed)"]
    );
    let again = room.connect_as(Presence::Observer);
    room.ask(again, "login", right("eve"));
    assert_eq!(room.heard(again), ["login error: You are banned!"]);
    room.ask(again, "shutdown", Dict::new());
    assert_eq!(room.heard(again), ["shutdown error: Not allowed!"]);
}
