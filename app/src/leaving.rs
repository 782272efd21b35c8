//! The end of a connection: whoever was in is out, and the others learn how that came.

use parse::{CloseReason, Peer};

use crate::{Chat, Replies};

/// How somebody goes out of the lobby.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parting {
    /// As somebody wanted it.
    InOrder,
    /// Because the connection did not last.
    Broken,
}

impl Parting {
    /// How a connection ended that is over for this reason.
    fn of(reason: CloseReason) -> Parting {
        match reason {
            // The peer hung up, or was hung up on for what it did and told so.
            CloseReason::Finished
            | CloseReason::Asked
            | CloseReason::Unframed
            | CloseReason::Flooded => Parting::InOrder,
            // The way between us gave out. A peer that does not read cannot be told from one whose
            // way did, and what it was sent last is lost, too.
            CloseReason::Broken(_) | CloseReason::Stalled | CloseReason::OutboxFull { .. } => {
                Parting::Broken
            }
            // We gave out: nobody wanted that. (One that is in under its address is so before there
            // is a thread for it.)
            CloseReason::Refused(_) | CloseReason::Bug => Parting::Broken,
        }
    }
}

impl Chat {
    /// A peer is gone.
    pub(crate) fn left(&mut self, peer: Peer, reason: CloseReason, replies: &mut Replies) {
        if let Some(session) = self.sessions.remove(&peer) {
            let name = session.name.as_deref();
            let address = session.arrival.address;
            if session.has_spoken {
                tracing::info!(%peer, %address, name, %reason, "disconnected");
            } else {
                tracing::debug!(%peer, %address, name, %reason, "disconnected without a word");
            }
            if let Some(name) = session.name {
                let parting = Parting::of(reason);
                self.leave_all(&name, peer, &session.rooms, parting, replies);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Room, dict};
    use parse::CloseReason;
    use std::io::ErrorKind;

    #[test]
    fn the_others_learn_whether_the_connection_broke() {
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
}
