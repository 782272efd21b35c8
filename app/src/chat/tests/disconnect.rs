//! The end of a connection.

use crate::testing::{Disk, Room, dict};
use parse::{CloseReason, Dict};
use std::io::ErrorKind;
use std::time::Duration;

#[test]
fn the_leave_says_whether_the_connection_broke() {
    for (reason, broken) in [
        (CloseReason::Finished, ""),
        (CloseReason::Asked, ""),
        (CloseReason::Unframed, ""),
        (CloseReason::Flooded, ""),
        (CloseReason::Broken(ErrorKind::ConnectionReset), " broken=true"),
        (CloseReason::Stalled, " broken=true"),
        (CloseReason::OutboxFull { limit: 1 }, " broken=true"),
        (CloseReason::Refused(ErrorKind::OutOfMemory), " broken=true"),
        (CloseReason::Bug, " broken=true"),
    ] {
        let mut room = Room::new();
        let (alice, bob) = (room.login("alice"), room.login("bob"));
        for peer in [alice, bob] {
            room.ask(peer, "join", dict("room", "tea"));
        }
        room.heard(alice);
        room.leave_because(bob, reason);
        let exited = r#"exited room="tea" username="bob" online=1"#.to_owned();
        let left = format!(r#"leave username="bob" online=1{broken}"#);
        assert_eq!(room.heard(alice), [exited, left], "{reason}");
    }
}

#[test]
fn a_departure_that_the_log_refuses_is_appended_again() {
    let disk = Disk::default();
    let mut room = Room::with(Box::new(disk.clone()));
    let (alice, bob, carol) = (room.login("alice"), room.login("bob"), room.login("carol"));
    room.heard_all();
    disk.fill();
    room.ask(alice, "join", dict("room", "tea"));
    assert_eq!(room.heard(alice), ["join error: The server is busy, try again!"]);
    room.leave(bob);
    room.leave_because(carol, CloseReason::Stalled);
    room.ask(alice, "names", Dict::new());
    assert_eq!(room.heard(alice), [r#"names names=["alice","bob","carol"]"#]);
    disk.release();
    assert_eq!(room.pass(Duration::from_secs(3600)), Duration::from_millis(100));
    room.deliver();
    let bob = r#"leave username="bob" online=2"#;
    let carol = r#"leave username="carol" online=1 broken=true"#;
    assert_eq!(room.heard(alice), [bob, carol]);
    assert!(room.pass(Duration::from_secs(3600)) > Duration::from_secs(1), "nothing is left");
}
