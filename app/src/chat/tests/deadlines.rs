//! Login deadlines.

use crate::testing::{Room, dict};
use parse::Dict;
use std::time::Duration;

#[test]
fn whoever_does_not_log_in_in_time_is_told_so_and_hung_up_on() {
    let mut room = Room::new();
    let (late, early) = (room.connect(), room.connect());
    assert_eq!(room.pass(Duration::from_secs(10)), Duration::from_secs(10));
    room.ask(early, "login", dict("username", "early"));
    room.ask(early, "logout", Dict::new());
    room.heard(early);
    assert_eq!(room.pass(Duration::from_secs(3600)), Duration::from_secs(50));
    assert_eq!(room.heard(late), ["error error: No login in time!", "(closed)"]);
    room.leave(late);
    assert_eq!(room.heard(early), [""; 0], "its minute began with the logout");
    assert_eq!(room.pass(Duration::from_secs(3600)), Duration::from_secs(10));
    assert_eq!(room.heard(early), ["error error: No login in time!", "(closed)"]);
}

#[test]
fn a_wall_clock_that_is_set_moves_no_deadline() {
    let mut room = Room::new();
    let root = room.login_admin("root");
    let stranger = room.connect();
    let guess = || dict("username", "root").with("password", "wrong horse");
    for _ in 0..6 {
        room.ask(stranger, "login", guess());
    }
    let waits = "login error: Too many wrong passwords, try again in 31 s!";
    assert_eq!(room.heard(stranger).last().unwrap(), waits);
    for wall in ["2031-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1969-01-01T00:00:00Z"] {
        room.set_wall(wall.parse().unwrap());
        assert_eq!(room.pass(Duration::ZERO), Duration::ZERO);
        room.ask(stranger, "login", guess());
        assert_eq!(room.heard(stranger), [waits], "{wall}");
    }
    room.ask(root, "connections", Dict::new());
    let heard = room.heard(root);
    assert!(heard[0].contains(r#""username":"root","dialect":"json","seconds":0"#), "{heard:?}");
    assert_eq!(room.pass(Duration::from_secs(59)), Duration::from_secs(59));
    assert_eq!(room.heard(stranger), [""; 0]);
    assert_eq!(room.pass(Duration::from_secs(3600)), Duration::from_secs(1));
    assert_eq!(room.heard(stranger), ["error error: No login in time!", "(closed)"]);
}

#[test]
fn nobody_is_late_because_the_process_stood_still() {
    let mut room = Room::new();
    let (answered, silent) = (room.connect(), room.connect());
    room.pass(Duration::from_secs(10));
    let young = room.connect();
    room.stand_still(Duration::from_secs(52));
    assert_eq!(room.pass(Duration::ZERO), Duration::ZERO);
    room.ask(answered, "login", dict("username", "answered"));
    room.heard(answered);
    assert_eq!(room.pass(Duration::from_secs(3600)), Duration::from_secs(5));
    assert_eq!(room.heard(silent), ["error error: No login in time!", "(closed)"]);
    assert_eq!(room.heard(answered), [""; 0]);
    assert_eq!(room.heard(young), [""; 0], "its minute is not over");
    assert_eq!(room.pass(Duration::from_secs(3600)), Duration::from_secs(3));
    assert_eq!(room.heard(young), ["error error: No login in time!", "(closed)"]);
}

#[test]
fn whoever_is_logged_in_may_say_nothing_for_as_long_as_it_likes() {
    let mut room = Room::new();
    let alice = room.login("alice");
    room.pass(Duration::from_secs(60));
    assert_eq!(room.pass(Duration::from_secs(1_000_000)), Duration::from_secs(1_000_000));
    assert_eq!(room.heard(alice), [""; 0]);
}
