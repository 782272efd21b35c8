//! One peer: connected, and perhaps logged in.

use parse::{Arrival, Presence};

use crate::Moment;
use crate::passwords::Hash;
use crate::people::Name;

/// What the chat knows of a peer.
#[derive(Debug)]
pub(crate) struct Session {
    /// Where it came in.
    pub(crate) arrival: Arrival,
    /// When it did.
    pub(crate) since: Moment,
    /// The name it is in under.
    pub(crate) name: Option<Name>,
    /// The account whose password it gave. That is its name, too, unless it only looks on.
    pub(crate) proof: Option<Proof>,
    /// The rooms it is in besides the lobby, in the order in which it came in.
    pub(crate) rooms: Vec<Name>,
    /// When it has to have a name; of interest only while it has none.
    pub(crate) login_by: Option<Moment>,
    /// How many frames in a row were unreadable.
    pub(crate) unreadable: u32,
    /// The peer has sent something. Until then it may be a health check, which is logged at debug only.
    pub(crate) has_spoken: bool,
    /// It has been hung up on: whatever else it asked for in the meantime is too late.
    pub(crate) closing: bool,
}

/// What shows that somebody is who it says.
#[derive(Debug)]
pub(crate) struct Proof {
    /// The account, as its name is written.
    pub(crate) account: Name,
    /// What was kept of its password, when that was given.
    pub(crate) hash: Hash,
}

impl Session {
    pub(crate) fn new(arrival: Arrival, since: Moment) -> Session {
        Session {
            arrival,
            since,
            name: None,
            proof: None,
            rooms: Vec::new(),
            login_by: None,
            unreadable: 0,
            has_spoken: false,
            closing: false,
        }
    }

    /// Whether it only looks on: it is never in, whoever it may prove to be.
    pub(crate) fn is_observer(&self) -> bool {
        self.arrival.presence == Presence::Observer
    }
}
