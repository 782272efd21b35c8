//! People without a session here.
//!
//! A person has no session here if they are on another server, or if their connection has ended and
//! the log has not handed their departure back yet. Then every server still counts them in.

use std::net::SocketAddr;
use std::sync::Arc;

use parse::Peer;

use super::Roster;
use crate::log::{Departure, Present};
use crate::people::Name;
use crate::rooms::{LOBBY, Rooms};
use crate::session::Session;
use crate::{Moment, Now, Refusal, Replies, Timestamp, is_elsewhere, server_of};

/// A person without a session here.
#[derive(Debug)]
pub(crate) struct Away {
    /// The name.
    pub(crate) name: Name,
    /// The rooms besides the lobby, in the order in which the person entered them.
    pub(crate) rooms: Vec<Name>,
    /// The address of the connection.
    pub(crate) address: SocketAddr,
    /// The name of its dialect.
    pub(crate) dialect: Arc<str>,
    /// The time at which the peer connected.
    pub(crate) since: Timestamp,
    /// Whether the others were told that the person is here.
    pub(crate) is_announced: bool,
}

/// The time at which a session began.
pub(crate) fn wall_of(since: Moment, now: Now) -> Timestamp {
    now.wall - now.monotonic.since(since)
}

impl Away {
    /// The person of a session that has ended. Returns `None` if it had no name.
    pub(super) fn of_session(session: &Session, now: Now) -> Option<Away> {
        Some(Away {
            name: session.name.clone()?,
            rooms: session.rooms.clone(),
            address: session.arrival.address,
            dialect: session.arrival.dialect.into(),
            since: wall_of(session.since, now),
            is_announced: true,
        })
    }

    fn present(&self, peer: Peer) -> Present {
        Present {
            peer,
            username: Name::clone(&self.name),
            rooms: self.rooms.clone(),
            address: self.address,
            dialect: Arc::clone(&self.dialect),
            since: self.since,
        }
    }
}

impl From<Present> for Away {
    fn from(present: Present) -> Away {
        let Present { peer: _, username, rooms, address, dialect, since } = present;
        Away { name: username, rooms, address, dialect, since, is_announced: true }
    }
}

/// People without a session here.
impl Roster {
    /// Whether a peer has a name, with a session here or without one.
    pub(crate) fn has_name(&self, peer: Peer) -> bool {
        let in_session = self.session(peer).is_some_and(|session| session.name.is_some());
        in_session || self.away.contains_key(&peer)
    }

    /// Adds a person who has no session here. Tells the others if the person is
    /// [announced](Away::is_announced).
    ///
    /// # Errors
    /// Returns an error if the peer has a name already, or if another peer has this name. Then nothing
    /// changes, and no peer is told.
    pub(crate) fn admit(
        &mut self,
        peer: Peer,
        person: Away,
        replies: &mut Replies,
    ) -> Result<(), Refusal> {
        if self.has_name(peer) {
            return Err(Refusal::AlreadyLoggedIn);
        }
        let name = self.rooms.enter(LOBBY, &person.name, peer)?;
        if person.is_announced {
            self.announce("join", LOBBY, &name, peer, replies);
        }
        for room in &person.rooms {
            self.rooms.enter(room, &name, peer)?;
        }
        self.away.insert(peer, person);
        Ok(())
    }

    /// Removes a person who has no session here. Tells the others if the person was announced.
    /// Returns whether there is such a person.
    pub(crate) fn depart(
        &mut self,
        peer: Peer,
        departure: Departure,
        reason: Option<String>,
        replies: &mut Replies,
    ) -> bool {
        let Some(Away { name, rooms, is_announced, .. }) = self.away.remove(&peer) else {
            return false;
        };
        if is_announced {
            self.leave_with(&name, peer, &rooms, departure, reason, replies);
        } else {
            self.rooms.leave(LOBBY, &name);
        }
        true
    }

    /// The people who are connected to other servers, in no particular order.
    pub(crate) fn elsewhere(&self) -> impl Iterator<Item = (Peer, &Away)> {
        self.away
            .iter()
            .map(|(peer, person)| (*peer, person))
            .filter(|(peer, _)| is_elsewhere(*peer))
    }

    /// Removes all people of another server. Tells the others that their connections broke.
    pub(crate) fn server_gone(&mut self, server: u64, replies: &mut Replies) {
        let there =
            self.elsewhere().map(|(peer, _)| peer).filter(|peer| server_of(*peer) == server);
        let mut there: Vec<Peer> = there.collect();
        there.sort_unstable();
        for peer in there {
            self.depart(peer, Departure::Broken, None, replies);
        }
    }

    /// The people of this server, sorted by their peers.
    pub(crate) fn roll(&self, now: Now) -> Vec<Present> {
        let of_session =
            |(peer, session)| Away::of_session(session, now).map(|person| person.present(peer));
        let ended = self.away.iter().filter(|(peer, _)| !is_elsewhere(**peer));
        let ended = ended.map(|(peer, person)| person.present(*peer));
        let mut roll: Vec<Present> = self.sessions().filter_map(of_session).chain(ended).collect();
        roll.sort_unstable_by_key(|person| person.peer);
        roll
    }

    /// Removes all people. Returns the peers whose sessions had a name or a proof.
    pub(crate) fn clear(&mut self) -> Vec<Peer> {
        self.away.clear();
        self.rooms = Rooms::default();
        let mut cleared = Vec::new();
        for (peer, session) in &mut self.sessions {
            let name = session.name.take();
            let proof = session.proof.take();
            session.rooms.clear();
            if name.is_some() || proof.is_some() {
                cleared.push(*peer);
            }
        }
        cleared.sort_unstable();
        cleared
    }
}
