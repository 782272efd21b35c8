//! Login deadlines.

use crate::testing::{Room, dict};
use parse::Dict;
use std::time::Duration;

#[test]
fn a_peer_that_misses_its_login_deadline_gets_an_error_and_is_closed() {
    let mut room = Room::new();
    let (late, early) = (room.connect(), room.connect());
    assert_eq!(room.pass(Duration::from_secs(10)), Duration::from_secs(10));
    room.ask(early, "login", dict("username", "early"));
    room.ask(early, "logout", Dict::new());
    room.heard(early);
    assert_eq!(room.pass(Duration::from_secs(3600)), Duration::from_secs(50));
    assert_eq!(
        room.heard(late),
        ["error error: No login in time! Connect again, and log in within 60 s.", "(closed)"]
    );
    room.leave(late);
    assert_eq!(room.heard(early), [""; 0], "the deadline started with the logout");
    assert_eq!(room.pass(Duration::from_secs(3600)), Duration::from_secs(10));
    assert_eq!(
        room.heard(early),
        ["error error: No login in time! Connect again, and log in within 60 s.", "(closed)"]
    );
}

#[test]
fn setting_the_wall_clock_moves_no_deadline() {
    let mut room = Room::new();
    let root = room.login_admin("root");
    let peer = room.connect();
    let guess = || dict("username", "root").with("password", "wrong horse");
    for _ in 0..6 {
        room.ask(peer, "login", guess());
    }
    let waits = "login error: Too many wrong passwords, try again in 31 s!";
    assert_eq!(room.heard(peer).last().unwrap(), waits);
    for wall in ["2031-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1969-01-01T00:00:00Z"] {
        room.set_wall(wall.parse().unwrap());
        assert_eq!(room.pass(Duration::ZERO), Duration::ZERO);
        room.ask(peer, "login", guess());
        assert_eq!(room.heard(peer), [waits], "{wall}");
    }
    room.ask(root, "connections", Dict::new());
    let heard = room.heard(root);
    assert!(heard[0].contains(r#""username":"root","dialect":"json","seconds":0"#), "{heard:?}");
    assert_eq!(room.pass(Duration::from_secs(59)), Duration::from_secs(59));
    assert_eq!(room.heard(peer), [""; 0]);
    assert_eq!(room.pass(Duration::from_secs(3600)), Duration::from_secs(1));
    assert_eq!(
        room.heard(peer),
        ["error error: No login in time! Connect again, and log in within 60 s.", "(closed)"]
    );
}

#[test]
fn login_deadlines_are_postponed_when_the_process_stood_still() {
    let mut room = Room::new();
    let (answered, silent) = (room.connect(), room.connect());
    room.pass(Duration::from_secs(10));
    let young = room.connect();
    room.stand_still(Duration::from_secs(52));
    assert_eq!(room.pass(Duration::ZERO), Duration::ZERO);
    room.ask(answered, "login", dict("username", "answered"));
    room.heard(answered);
    assert_eq!(room.pass(Duration::from_secs(3600)), Duration::from_secs(5));
    assert_eq!(
        room.heard(silent),
        ["error error: No login in time! Connect again, and log in within 60 s.", "(closed)"]
    );
    assert_eq!(room.heard(answered), [""; 0]);
    assert_eq!(room.heard(young), [""; 0], "its deadline is later");
    assert_eq!(room.pass(Duration::from_secs(3600)), Duration::from_secs(3));
    assert_eq!(
        room.heard(young),
        ["error error: No login in time! Connect again, and log in within 60 s.", "(closed)"]
    );
}

#[test]
fn a_peer_with_a_name_has_no_deadline_and_a_refused_one_keeps_it() {
    let mut room = Room::new();
    let root = room.login_admin("root");
    room.ask(root, "ban", dict("who", "eve"));
    let refused = ["eve", "alice"].map(|name| (room.connect(), name));
    let alice = room.login("alice");
    for (peer, name) in refused {
        room.ask(peer, "login", dict("username", name));
        let heard = room.heard(peer);
        assert!(heard[0].starts_with("login error: "), "{name}: {heard:?}");
    }
    room.pass(Duration::from_secs(60));
    for (peer, name) in refused {
        let late =
            ["error error: No login in time! Connect again, and log in within 60 s.", "(closed)"];
        assert_eq!(room.heard(peer), late, "{name}");
        room.leave(peer);
    }
    assert_eq!(room.pass(Duration::from_secs(1_000_000)), Duration::from_secs(1_000_000));
    assert_eq!(room.heard(alice), [""; 0]);
}
