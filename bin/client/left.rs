//! The rooms that a person was in before a logout.

use crate::protocol::LOBBY;
use crate::rooms::Rooms;

/// The rooms before a logout.
#[derive(Debug, Default)]
pub(crate) struct Left {
    /// The name of the person.
    me: String,
    /// The rooms except the lobby, such that the current one is the last.
    rooms: Vec<String>,
    /// Whether the lobby was the current room.
    was_in_lobby: bool,
    /// The rooms that the client enters again and that do not become the current one.
    entering: Vec<String>,
}

impl Left {
    /// Remembers the rooms of a person who logs out.
    pub(crate) fn new(me: String, rooms: &Rooms) -> Left {
        let current = rooms.current();
        let mut others = rooms.joined_others();
        others.sort_by_key(|room| room == current);
        Left { me, rooms: others, was_in_lobby: current == LOBBY, entering: Vec::new() }
    }

    /// The name of the person who logged out last, or was thrown out.
    pub(crate) fn name(&self) -> Option<&str> {
        Some(&*self.me).filter(|me| !me.is_empty())
    }

    /// Whether this person was in the rooms.
    pub(crate) fn is_of(&self, me: &str) -> bool {
        self.me.eq_ignore_ascii_case(me)
    }

    /// Takes the rooms, to enter them in this order.
    pub(crate) fn take(&mut self) -> Vec<String> {
        let rooms = std::mem::take(&mut self.rooms);
        let behind = rooms.len().saturating_sub(usize::from(!self.was_in_lobby));
        self.entering = rooms.iter().take(behind).cloned().collect();
        rooms
    }

    /// Whether the client enters this room again without making it the current one.
    pub(crate) fn takes_back(&mut self, room: &str) -> bool {
        let before = self.entering.len();
        self.entering.retain(|entering| entering != room);
        self.entering.len() < before
    }
}
