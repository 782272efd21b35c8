//! Sessions whose account changes while they are logged in.

use crate::testing::{Disk, Room, dict};
use parse::{Dict, Presence};

fn right(name: &str) -> Dict {
    dict("username", name).with("password", "correct horse")
}

/// A notice of the server, and the end of the connection.
fn ended(why: &str) -> [String; 2] {
    [format!("notice message={why:?}"), "(closed)".to_owned()]
}

#[test]
fn a_new_password_closes_only_the_sessions_of_the_old_password() {
    let disk = Disk::default();
    let mut room = Room::over(disk.clone());
    let root = room.login_admin("Root");
    let watching = room.connect_as(Presence::Observer);
    room.ask(watching, "login", right("root"));
    let bob = room.login("bob");
    room.heard_all();
    disk.change_account("root", Some("battery staple"));
    room.deliver();
    let want = ended("The password of this account was changed. Log in again.");
    assert_eq!(room.heard(root), want);
    assert_eq!(room.heard(watching), want);
    room.ask(root, "shutdown", Dict::new());
    room.ask(watching, "shutdown", Dict::new());
    assert_eq!((room.heard(root), room.heard(watching)), (vec![], vec![]));
    assert_eq!(room.heard(bob), [""; 0]);
    room.leave(root);
    room.heard_all();
    let again = room.connect();
    room.ask(again, "login", right("root"));
    assert_eq!(room.heard(again), ["login error: Wrong password!"]);
    room.ask(again, "login", dict("username", "root").with("password", "battery staple"));
    assert!(room.heard(again)[0].starts_with(r#"login username="Root""#));
    disk.change_account("root", Some("battery staple"));
    room.deliver();
    assert_eq!(room.heard(again), [""; 0], "it gave the current password");
}

#[test]
fn a_removed_account_closes_its_sessions_and_a_new_account_those_of_guests() {
    let disk = Disk::default();
    let mut room = Room::over(disk.clone());
    let root = room.login_admin("root");
    disk.change_account("root", None);
    room.deliver();
    assert_eq!(room.heard(root), ended("This account was removed."));
    let guest = room.login("Guest");
    disk.change_account("other", Some("correct horse"));
    room.deliver();
    assert_eq!(room.heard(guest), [""; 0]);
    disk.change_account("guest", Some("correct horse"));
    room.deliver();
    let made = "This name has an account now. Log in with its password, or take another name.";
    assert_eq!(room.heard(guest), ended(made));
}

#[test]
fn a_login_in_flight_with_the_old_password_is_refused() {
    let disk = Disk::default();
    let mut room = Room::over(disk.clone());
    room.register("alice", "correct horse");
    let alice = room.connect();
    for password in [Some("battery staple"), None] {
        room.passwords().slow = true;
        let old = if password.is_some() { "correct horse" } else { "battery staple" };
        room.ask(alice, "login", dict("username", "alice").with("password", old));
        disk.change_account("alice", password);
        room.deliver();
        room.passwords().slow = false;
        room.deliver();
        assert_eq!(room.heard(alice), ["login error: Wrong password!"]);
    }
}

#[test]
fn a_peer_that_registers_its_own_name_has_the_right_to_it() {
    let disk = Disk::default();
    let mut room = Room::over(disk.clone());
    let alice = room.login("Alice");
    room.ask(alice, "register", right("alice"));
    assert_eq!(room.heard(alice), [r#"register username="alice""#]);
    disk.tell_account("alice");
    room.deliver();
    assert_eq!(room.heard(alice), [""; 0]);
    disk.change_account("alice", None);
    room.deliver();
    assert_eq!(room.heard(alice), ended("This account was removed."));
}

#[test]
fn a_guest_that_takes_a_name_while_it_is_registered_loses_it() {
    let disk = Disk::default();
    let mut room = Room::over(disk.clone());
    let (alice, carol) = (room.connect(), room.login("carol"));
    disk.hold();
    // The login waits for this message, so the chat does not know of it at the registration.
    room.ask(carol, "message", dict("message", "hello"));
    let bob = room.asks_for("alice");
    room.ask(alice, "register", right("alice"));
    disk.release();
    room.deliver();
    let made = "This name has an account now. Log in with its password, or take another name.";
    let said = room.heard(bob);
    assert!(said[0].starts_with("login username="), "{said:?}");
    assert_eq!(said[1..], ended(made));
    assert_eq!(room.heard(alice), [r#"register username="alice""#]);
}

#[test]
fn a_guest_that_asks_for_a_name_after_its_registration_is_refused() {
    let disk = Disk::default();
    let mut room = Room::over(disk.clone());
    let alice = room.connect();
    disk.hold();
    room.ask(alice, "register", right("alice"));
    let bob = room.asks_for("alice");
    disk.release();
    room.deliver();
    assert_eq!(room.heard(alice), [r#"register username="alice""#]);
    assert_eq!(room.heard(bob), ["login error: Wrong password!"]);
    room.ask(bob, "login", dict("username", "bob"));
    assert_eq!(room.heard(bob), [r#"login username="bob" messages=[]"#]);
}
