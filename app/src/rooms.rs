//! Rooms: the lobby, which contains every peer that is logged in, and rooms that peers join by
//! name.
//!
//! A room exists while it has a member. The log keeps its messages, so the next
//! member finds them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use parse::{Dict, Peer};

use crate::Refusal;
use crate::people::{self, Name, People};

/// The room that contains every peer that is logged in.
pub(crate) const LOBBY: &str = "lobby";

/// The lobby and the rooms that have a member.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    lobby: People,
    others: BTreeMap<Name, People>,
}

impl Rooms {
    /// The members of the lobby.
    pub(crate) fn lobby(&self) -> &People {
        &self.lobby
    }

    /// The members of the lobby, to be changed.
    pub(crate) fn lobby_mut(&mut self) -> &mut People {
        &mut self.lobby
    }

    /// The other rooms and their members, sorted by name.
    pub(crate) fn others(&self) -> impl Iterator<Item = (&Name, &People)> {
        self.others.iter()
    }

    /// The members of a room. Returns `None` if it has none.
    pub(crate) fn members(&mut self, room: &str) -> Option<&mut People> {
        if room == LOBBY { Some(&mut self.lobby) } else { self.others.get_mut(room) }
    }

    /// Adds a member to a room. Returns the shared copy of the name.
    ///
    /// # Errors
    /// Returns an error if a member has that name.
    pub(crate) fn enter(&mut self, room: &str, name: &str, peer: Peer) -> Result<Name, Refusal> {
        match self.members(room) {
            Some(members) => members.enter(name, peer),
            None => self.others.entry(room.into()).or_default().enter(name, peer),
        }
    }

    /// Removes a member from a room, and the room with its last member.
    pub(crate) fn leave(&mut self, room: &str, name: &str) {
        if room == LOBBY {
            self.lobby.leave(name);
        } else if let Entry::Occupied(mut members) = self.others.entry(room.into()) {
            members.get_mut().leave(name);
            if members.get().count() == 0 {
                members.remove();
            }
        }
    }
}

/// Returns the name of a room in lower case.
///
/// # Errors
/// Returns an error if the name is empty, longer than `limit`, or contains a character other than
/// `[A-Za-z0-9_]`.
pub(crate) fn read(room: &str, limit: usize) -> Result<Name, Refusal> {
    if !people::is_word(room, limit) {
        return Err(Refusal::InvalidRoom);
    }
    Ok(room.to_ascii_lowercase().into())
}

/// Returns a body that begins with the room, unless that is the lobby.
pub(crate) fn in_room(room: &str) -> Dict {
    if room == LOBBY { Dict::new() } else { Dict::new().with("room", room) }
}
