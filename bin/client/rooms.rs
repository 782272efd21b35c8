//! Rooms: the current one, the joined ones, and the known ones.

use std::collections::BTreeSet;

use crate::protocol::LOBBY;
use crate::sanitize::is_word;

/// The most rooms that the client remembers.
const KNOWN: usize = 20_000;

/// The most rooms whose order the client remembers.
const VISITED: usize = 100;

/// A room as the client shows it in every place: `#tea`.
pub(crate) fn shown(room: &str) -> String {
    format!("#{room}")
}

/// The name of a room that a person wrote, perhaps as the client shows it.
pub(crate) fn written(room: &str) -> &str {
    room.strip_prefix('#').unwrap_or(room)
}

/// Rooms. Their names are in lower case, as the server writes them.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    /// The rooms in the order in which they were current for the last time. The last one is the current one; without any,
    /// it is the lobby.
    visited: Vec<String>,
    /// The rooms that the client is a member of; empty before the login.
    joined: BTreeSet<String>,
    /// The rooms for completion.
    known: BTreeSet<String>,
}

impl Rooms {
    /// The current room: messages go there.
    pub(crate) fn current(&self) -> &str {
        self.visited.last().map_or(LOBBY, String::as_str)
    }

    /// The current room, or `None` if it is the lobby.
    pub(crate) fn outside_lobby(&self) -> Option<&str> {
        Some(self.current()).filter(|room| *room != LOBBY)
    }

    /// The current room if the client shows rooms: it does so while the person is in others than the
    /// lobby.
    pub(crate) fn tag(&self) -> Option<&str> {
        self.joined.iter().any(|room| room != LOBBY).then(|| self.current())
    }

    /// All known rooms, for completion.
    pub(crate) fn known(&self) -> impl Iterator<Item = &String> {
        self.known.iter()
    }

    /// The joined room of this name, in any letter case.
    pub(crate) fn joined(&self, name: &str) -> Option<&str> {
        self.joined.get(&name.to_ascii_lowercase()).map(String::as_str)
    }

    /// The joined rooms except the lobby.
    pub(crate) fn joined_others(&self) -> Vec<String> {
        self.joined.iter().filter(|room| *room != LOBBY).cloned().collect()
    }

    /// Remembers a room. Ignores a name that is not a plain word.
    pub(crate) fn learn(&mut self, room: &str) {
        if is_word(room) && self.known.len() < KNOWN {
            self.known.insert(room.to_owned());
        }
    }

    /// Replaces the known rooms by these and the joined ones.
    pub(crate) fn learn_all<'a>(&mut self, rooms: impl Iterator<Item = &'a str>) {
        self.known = self.joined.clone();
        rooms.for_each(|room| self.learn(room));
    }

    /// Resets the rooms after a login: the person is in the lobby.
    pub(crate) fn log_in(&mut self) {
        *self = Rooms::default();
        self.enter(LOBBY);
    }

    /// Records that the person entered a room, which becomes the current one.
    pub(crate) fn enter(&mut self, room: &str) {
        self.enter_behind(room);
        self.switch_to(room);
    }

    /// Records that the client entered a room for the person, who stays where they are.
    pub(crate) fn enter_behind(&mut self, room: &str) {
        self.learn(room);
        if self.joined.len() < KNOWN {
            self.joined.insert(room.to_owned());
        }
    }

    /// Makes a joined room the current one.
    pub(crate) fn switch_to(&mut self, room: &str) {
        self.visited.retain(|visited| visited != room);
        if self.visited.len() >= VISITED {
            self.visited.remove(0);
        }
        self.visited.push(room.to_owned());
    }

    /// Records that the person left a room. If it was the current one, the one before it becomes current.
    pub(crate) fn leave(&mut self, room: &str) {
        self.joined.remove(room);
        self.visited.retain(|visited| visited != room);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entering_a_room_makes_it_current_and_leaving_it_returns_to_the_one_before() {
        let mut rooms = Rooms::default();
        assert_eq!((rooms.current(), rooms.joined("lobby")), (LOBBY, None));
        rooms.log_in();
        rooms.enter("tea");
        rooms.enter("cake");
        assert_eq!((rooms.current(), rooms.joined("TEA")), ("cake", Some("tea")));
        rooms.leave("tea");
        assert_eq!((rooms.current(), rooms.joined("tea")), ("cake", None));
        rooms.leave("cake");
        assert_eq!((rooms.current(), rooms.outside_lobby()), (LOBBY, None));
        assert_eq!(rooms.tag(), None);
        rooms.enter("tea");
        assert_eq!(rooms.tag(), Some("tea"));
        rooms.switch_to(LOBBY);
        assert_eq!((rooms.current(), rooms.joined("tea")), (LOBBY, Some("tea")));
        assert_eq!(rooms.tag(), Some(LOBBY));
        rooms.switch_to("tea");
        rooms.enter("tae");
        rooms.leave("tae");
        assert_eq!(rooms.current(), "tea", "a mistyped room leads back");
        rooms.enter_behind("cake");
        rooms.leave("tea");
        assert_eq!(rooms.current(), LOBBY, "nobody was in the room that the client entered");
    }

    #[test]
    fn a_list_of_rooms_replaces_the_known_rooms_except_the_joined_ones() {
        let mut rooms = Rooms::default();
        rooms.log_in();
        rooms.enter("tea");
        rooms.learn("gone");
        rooms.learn_all(["lobby", "cake", "e\u{1b}vil"].into_iter());
        assert_eq!(rooms.known().collect::<Vec<_>>(), ["cake", "lobby", "tea"]);
    }
}
