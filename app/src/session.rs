//! One peer: its connection, and the name, account and rooms that it has.

use std::net::IpAddr;
use std::sync::Arc;

use parse::{Arrival, Presence};

use crate::figures::{Counted, Standing};
use crate::log::Departure;
use crate::passwords::Hash;
use crate::people::Name;
use crate::unconfirmed::Unconfirmed;
use crate::{Figures, Moment};

/// One connected peer.
#[derive(Debug)]
pub(crate) struct Session {
    /// The address, the listener and the dialect of the connection.
    pub(crate) arrival: Arrival,
    /// The moment at which the peer connected.
    pub(crate) since: Moment,
    /// The name under which the peer is logged in.
    pub(crate) name: Option<Name>,
    /// Why the log has a request of the peer for a name, until the log hands it back.
    pub(crate) arriving: Option<Arriving>,
    /// The account whose password the peer gave. The name is the same, except for an observer, who
    /// has no name.
    pub(crate) proof: Option<Proof>,
    /// The rooms besides the lobby, in the order in which the peer joined them.
    pub(crate) rooms: Vec<Name>,
    /// What ends the session, and the reason, if that is known before the session ends. The next
    /// departure takes it.
    pub(crate) departure: Option<(Departure, Option<String>)>,
    /// The latest whispers to the peer, if its client gave a secret.
    pub(crate) unconfirmed: Unconfirmed,
    /// The client of this peer logs in again over another connection, so it has lost this one.
    pub(crate) superseded: bool,
    /// Number of unreadable frames since the last readable one.
    pub(crate) unreadable: u32,
    /// The peer has sent a frame. A peer that has not may be a health check, so its connection is
    /// logged at debug level only.
    pub(crate) has_spoken: bool,
    /// The chat has closed the connection. Later requests are ignored.
    pub(crate) closing: bool,
    /// Counts the peer in the figures.
    pub(crate) counted: Counted,
}

/// Why a peer asks for a name, and so what its answer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Arriving {
    /// A login of a guest.
    Guest,
    /// A login with a password.
    Owner {
        /// The hash of the password that the peer gave.
        hash: Hash,
        /// Whether a peer that is logged in under the name is logged out.
        replaces: bool,
    },
    /// A registration of this name with a login, and the hash of its password. The account exists by now.
    Registration(Name, Hash),
    /// The connection of an anonymous peer.
    Welcome,
}

impl Arriving {
    /// The hash of the password that the peer gave; `None` for a guest. It stays on this server: no other
    /// one needs it to know who is here.
    pub(crate) fn hash(&self) -> Option<&Hash> {
        match self {
            Arriving::Owner { hash, .. } | Arriving::Registration(_, hash) => Some(hash),
            Arriving::Guest | Arriving::Welcome => None,
        }
    }
}

/// Evidence that a peer gave the password of an account.
#[derive(Debug)]
pub(crate) struct Proof {
    /// The name of the account.
    pub(crate) account: Name,
    /// The hash of the password at that time.
    pub(crate) hash: Hash,
    /// Whether the account was that of an administrator when the peer was last told.
    pub(crate) admin: bool,
}

impl Session {
    pub(crate) fn new(arrival: Arrival, since: Moment) -> Session {
        Session {
            arrival,
            since,
            name: None,
            arriving: None,
            proof: None,
            rooms: Vec::new(),
            departure: None,
            unconfirmed: Unconfirmed::default(),
            superseded: false,
            unreadable: 0,
            has_spoken: false,
            closing: false,
            counted: Counted::default(),
        }
    }

    /// Counts the peer under the dialect and the standing that it has now.
    pub(crate) fn count(&mut self, figures: &Arc<Figures>) {
        let standing = match (self.closing, self.name.is_some()) {
            (true, _) => Standing::Closing,
            (false, true) => Standing::Person,
            (false, false) if self.is_observer() => Standing::Observer,
            (false, false) => Standing::New,
        };
        self.counted.set(figures, self.arrival.dialect, standing);
    }

    /// The address of the peer, without its port.
    pub(crate) fn address(&self) -> IpAddr {
        self.arrival.address.ip()
    }

    /// Whether the peer only observes. An observer has no name, even after a login.
    pub(crate) fn is_observer(&self) -> bool {
        self.arrival.presence == Presence::Observer
    }

    /// Whether the peer is logged in under this name, in any case.
    pub(crate) fn is_named(&self, username: &str) -> bool {
        self.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(username))
    }
}
