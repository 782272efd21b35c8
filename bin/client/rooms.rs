//! The rooms: which one the person is in, which ones it has joined, and which ones are known.

use std::collections::BTreeSet;

use crate::protocol::LOBBY;
use crate::sanitize::is_word;

/// The most rooms that are completed.
const KNOWN: usize = 20_000;

/// Rooms, as the server writes them: in lower case.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    /// Where what is typed is said; `None` is the lobby.
    current: Option<String>,
    /// Whose messages come; empty before the login.
    joined: BTreeSet<String>,
    /// What is completed.
    known: BTreeSet<String>,
}

impl Rooms {
    /// Where what is typed is said.
    pub(crate) fn current(&self) -> &str {
        self.current.as_deref().unwrap_or(LOBBY)
    }

    /// The same, where it is not the lobby.
    pub(crate) fn outside_lobby(&self) -> Option<&str> {
        self.current.as_deref()
    }

    /// Every room that is known, for completion.
    pub(crate) fn known(&self) -> impl Iterator<Item = &String> {
        self.known.iter()
    }

    /// The joined room that a person means by this.
    pub(crate) fn joined(&self, name: &str) -> Option<&str> {
        self.joined.get(&name.to_ascii_lowercase()).map(String::as_str)
    }

    /// There is a room of this name. What a terminal would obey is no room.
    pub(crate) fn learn(&mut self, room: &str) {
        if is_word(room) && self.known.len() < KNOWN {
            self.known.insert(room.to_owned());
        }
    }

    /// These are the rooms that there are.
    pub(crate) fn learn_all<'a>(&mut self, rooms: impl Iterator<Item = &'a str>) {
        self.known = self.joined.clone();
        rooms.for_each(|room| self.learn(room));
    }

    /// The person has come in, to the lobby.
    pub(crate) fn log_in(&mut self) {
        *self = Rooms::default();
        self.enter(LOBBY);
    }

    /// The person is in this room now, and goes on there.
    pub(crate) fn enter(&mut self, room: &str) {
        self.learn(room);
        if self.joined.len() < KNOWN {
            self.joined.insert(room.to_owned());
        }
        self.switch_to(room);
    }

    /// The person goes on in a room that it has joined.
    pub(crate) fn switch_to(&mut self, room: &str) {
        self.current = (room != LOBBY).then(|| room.to_owned());
    }

    /// The person is no longer in this room.
    pub(crate) fn leave(&mut self, room: &str) {
        self.joined.remove(room);
        if self.current() == room {
            self.current = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_enters_goes_on_there_and_back_in_the_lobby_after_leaving() {
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
        rooms.enter("tea");
        rooms.switch_to(LOBBY);
        assert_eq!((rooms.current(), rooms.joined("tea")), (LOBBY, Some("tea")));
    }

    #[test]
    fn what_is_listed_replaces_what_was_known_but_for_where_one_is() {
        let mut rooms = Rooms::default();
        rooms.log_in();
        rooms.enter("tea");
        rooms.learn("gone");
        rooms.learn_all(["lobby", "cake", "e\u{1b}vil"].into_iter());
        assert_eq!(rooms.known().collect::<Vec<_>>(), ["cake", "lobby", "tea"]);
    }
}
