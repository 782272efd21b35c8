//! Peers that log in under the name of their address when they connect.

use crate::testing::{Disk, Room, dict};
use parse::{Dict, Presence};
use std::time::Duration;

#[test]
fn an_anonymous_peer_is_logged_in_under_its_address() {
    let mut room = Room::new();
    let alice = room.login("alice");
    room.ask(alice, "message", dict("message", "anybody here?"));
    room.heard(alice);
    let peer = room.connect_as(Presence::Anonymous);
    assert_eq!(room.heard(alice), [r#"join username="127_0_0_1_2" online=2"#]);
    assert_eq!(
        room.heard(peer),
        [r#"welcome username="127_0_0_1_2" online=2"#],
        "without earlier messages"
    );
    room.ask(peer, "login", dict("username", "bob"));
    assert_eq!(room.heard(peer), ["login error: Already logged in!"]);
    room.ask(peer, "names", Dict::new());
    assert_eq!(room.heard(peer), [r#"names names=["127_0_0_1_2","alice"]"#]);
    room.ask(peer, "message", dict("message", "I am"));
    for who in [alice, peer] {
        let said = room.heard(who);
        assert!(said[0].starts_with(r#"message id=2 username="127_0_0_1_2""#), "{said:?}");
    }
    room.ask(alice, "message", dict("message", "psst").with("to", "127_0_0_1_2"));
    assert_eq!(room.heard(peer).len(), 1);
    room.heard(alice);
    room.pass(Duration::from_secs(3600));
    assert_eq!(room.heard(peer), [""; 0], "it has no login deadline");
    room.leave(peer);
    assert_eq!(room.heard(alice), [r#"leave username="127_0_0_1_2" online=1"#]);
}

#[test]
fn the_name_of_an_address_may_be_longer_than_a_chosen_name() {
    let mut room = Room::new();
    let peer = room.arrive("[2001:db8::ffff:ffff:ffff:ffff]:65535", Presence::Anonymous);
    let name = "2001_db8_0_0_ffff_ffff_ffff_ffff_65535";
    assert_eq!(room.heard(peer), [format!("welcome username={name:?} online=1")]);
    let root = room.login_admin("root");
    room.ask(root, "ban", dict("who", name));
    assert_eq!(room.heard(root), [format!("ban who={name:?}")], "a ban accepts the long name");
}

#[test]
fn an_anonymous_peer_that_cannot_log_in_gets_an_error_and_is_closed() {
    let mut room = Room::new();
    let root = room.login_admin("root");
    let turned_away = |room: &mut Room, address: &str, why: &str| {
        let peer = room.arrive(address, Presence::Anonymous);
        assert_eq!(room.heard(peer), [why, "(closed)"]);
        room.leave(peer);
        assert_eq!(room.heard(root), [""; 0], "the others see nothing");
    };
    room.arrive("10.0.0.7:1", Presence::Anonymous);
    room.heard_all();
    turned_away(&mut room, "10.0.0.7:1", "welcome error: Name already taken!");
    room.ask(root, "ban", dict("who", "10_0_0_8_1"));
    room.heard_all();
    turned_away(&mut room, "10.0.0.8:1", "welcome error: You are banned!");
    room.ask(root, "ban", dict("who", "10.0.0.8"));
    room.heard_all();
    turned_away(&mut room, "10.0.0.8:1", "error error: You are banned!");
    room.limits().guests = false;
    turned_away(&mut room, "10.0.0.9:1", "welcome error: Not allowed!");
}

#[test]
fn an_anonymous_peer_that_logs_out_has_to_log_in() {
    let mut room = Room::new();
    let alice = room.login("alice");
    let peer = room.connect_as(Presence::Anonymous);
    room.heard_all();
    room.ask(peer, "logout", Dict::new());
    assert_eq!(room.heard(peer), [r#"logout username="127_0_0_1_2""#]);
    assert_eq!(room.heard(alice), [r#"leave username="127_0_0_1_2" online=1"#]);
    room.ask(peer, "login", dict("username", "127_0_0_1_2"));
    assert_eq!(
        room.heard(peer),
        ["login error: Name already taken!"],
        "the name of an address cannot be chosen"
    );
    room.pass(Duration::from_secs(60));
    assert_eq!(
        room.heard(peer),
        ["error error: No login in time! Connect again, and log in within 60 s.", "(closed)"]
    );
}

#[test]
fn the_requests_of_an_anonymous_peer_wait_for_its_name() {
    let disk = Disk::default();
    let mut room = Room::over(disk.clone());
    let root = room.login_admin("root");
    disk.hold();
    room.ask(root, "message", dict("message", "hello"));
    let peer = room.connect_as(Presence::Anonymous);
    room.ask(peer, "message", dict("message", "and hello"));
    room.finish(peer);
    assert!(room.heard(peer).is_empty() && room.is_busy());
    disk.release();
    room.deliver();
    let said = room.heard(peer);
    assert!(
        said[0].starts_with("welcome username=") && said[1].starts_with("message id=2"),
        "{said:?}"
    );
    assert_eq!(said[2..], ["(closed)"]);
    // A ban that comes before the name closes the connection, and its requests do not run.
    room.leave(peer);
    room.heard_all();
    disk.hold();
    room.ask(root, "ban", dict("who", "10_0_0_8_1"));
    let peer = room.arrive("10.0.0.8:1", Presence::Anonymous);
    room.ask(peer, "names", Dict::new());
    disk.release();
    room.deliver();
    assert_eq!(room.heard(peer), ["welcome error: You are banned!", "(closed)"]);
    assert_eq!(room.heard(root), [r#"ban who="10_0_0_8_1""#]);
}
