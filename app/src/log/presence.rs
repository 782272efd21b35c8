//! Who is here: the changes that log a peer in and out, and those of its rooms.
//!
//! A log orders these changes with all others, and need not store them.

use std::net::SocketAddr;
use std::sync::Arc;

use parse::Peer;

use crate::Timestamp;

/// A change of presence. The log decides its place in the order. Then the chat grants or refuses
/// it, by the names and rooms that it has granted before.
#[derive(Debug, Clone, PartialEq)]
pub enum PresenceChange {
    /// A peer takes a name.
    Arrive {
        /// The peer.
        peer: Peer,
        /// The name.
        username: Arc<str>,
        /// The address of the peer.
        address: SocketAddr,
        /// The name of its dialect.
        dialect: Arc<str>,
        /// The time at which it connected.
        since: Timestamp,
        /// Whether another peer that has the name is logged out. The peer has given the password of the name.
        replaces: bool,
    },
    /// A peer gives its name and its rooms back.
    Depart {
        /// The peer.
        peer: Peer,
        /// What ends its session.
        departure: Departure,
        /// Why it leaves, in its own words, or why an administrator made it leave.
        reason: Option<String>,
    },
    /// A person enters a room.
    Enter {
        /// The peer of the person.
        peer: Peer,
        /// The room.
        room: Arc<str>,
    },
    /// A person leaves a room.
    Exit {
        /// The peer of the person.
        peer: Peer,
        /// The room.
        room: Arc<str>,
    },
    /// The people of the server that appends this, for a server that has joined the chat. They are
    /// the people at the place of [`Effect::ServerJoined`](super::Effect) in the log. Only the
    /// newcomer hands it back, before every entry that follows that place. So the chat admits the
    /// people without a check.
    Roll {
        /// The number of the newcomer.
        newcomer: u64,
        /// The people.
        people: Vec<Present>,
    },
}

/// What ends the session of a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// The peer or the chat ended it.
    Orderly,
    /// The connection broke.
    Broken,
    /// An administrator kicked the peer.
    Kicked,
    /// An administrator banned the peer.
    Banned,
}

impl Departure {
    /// The act of an administrator that made the peer leave, as a `leave` names it.
    pub fn act(self) -> Option<&'static str> {
        match self {
            Departure::Kicked => Some("kicked"),
            Departure::Banned => Some("banned"),
            Departure::Orderly | Departure::Broken => None,
        }
    }

    /// The departure with this [act](Departure::act). Returns `None` if there is none.
    pub(super) fn of_act(act: &str) -> Option<Departure> {
        [Departure::Kicked, Departure::Banned].into_iter().find(|it| it.act() == Some(act))
    }
}

/// A person in a [`Roll`](PresenceChange::Roll).
#[derive(Debug, Clone, PartialEq)]
pub struct Present {
    /// The peer of the person.
    pub peer: Peer,
    /// The name.
    pub username: Arc<str>,
    /// The rooms besides the lobby, in the order in which the person entered them.
    pub rooms: Vec<Arc<str>>,
    /// The address of the peer.
    pub address: SocketAddr,
    /// The name of its dialect.
    pub dialect: Arc<str>,
    /// The time at which it connected.
    pub since: Timestamp,
}

impl PresenceChange {
    /// Replaces each peer, as a log does that hands back the change of another server.
    #[must_use]
    pub fn map_peers(mut self, map: impl Fn(Peer) -> Peer) -> PresenceChange {
        match &mut self {
            PresenceChange::Arrive { peer, .. }
            | PresenceChange::Depart { peer, .. }
            | PresenceChange::Enter { peer, .. }
            | PresenceChange::Exit { peer, .. } => *peer = map(*peer),
            PresenceChange::Roll { people, .. } => {
                people.iter_mut().for_each(|person| person.peer = map(person.peer));
            }
        }
        self
    }
}
