//! The end of a connection.

use crate::testing::{Room, dict};
use parse::CloseReason;
use std::io::ErrorKind;

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
