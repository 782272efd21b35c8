//! One peer: connected, and perhaps logged in.

use parse::Arrival;

use crate::Timestamp;
use crate::people::Name;

/// What the chat knows of a peer.
#[derive(Debug)]
pub(crate) struct Session {
    /// Where it came in.
    pub(crate) arrival: Arrival,
    /// The name it is logged in under.
    pub(crate) name: Option<Name>,
    /// When it has to have a name; of interest only while it has none.
    pub(crate) login_by: Option<Timestamp>,
    /// How many frames in a row were unreadable.
    pub(crate) unreadable: u32,
    /// It has been hung up on: whatever else it asked for in the meantime is too late.
    pub(crate) closing: bool,
}

impl Session {
    pub(crate) fn new(arrival: Arrival) -> Session {
        Session { arrival, name: None, login_by: None, unreadable: 0, closing: false }
    }
}
