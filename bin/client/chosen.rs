//! The rooms of the configuration, which the client joins after the first login.

use crate::protocol::LOBBY;

/// The rooms of the configuration.
#[derive(Debug, Default)]
pub(crate) struct Chosen {
    /// The rooms to join, in this order.
    to_join: Vec<String>,
    /// The rooms that do not become the current one when the client enters them.
    behind: Vec<String>,
}

impl Chosen {
    /// The rooms in the order of the file. A person is in the lobby after each login, so it is not joined; but
    /// if it is the first, it stays the current room.
    pub(crate) fn new(rooms: Vec<String>) -> Chosen {
        let is_lobby = |room: &String| room.eq_ignore_ascii_case(LOBBY);
        let stays_in_lobby = rooms.first().is_some_and(is_lobby);
        let mut to_join: Vec<String> = Vec::new();
        for room in rooms.into_iter().filter(|room| !is_lobby(room)) {
            if !to_join.iter().any(|other| other.eq_ignore_ascii_case(&room)) {
                to_join.push(room);
            }
        }
        // The first comes last, so that it becomes the current one.
        to_join.reverse();
        let behind = if stays_in_lobby { to_join.clone() } else { Vec::new() };
        Chosen { to_join, behind }
    }

    /// Takes the rooms, to join them in this order.
    pub(crate) fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.to_join)
    }

    /// Whether the room does not become the current one. It is asked once, when the server has let the client in
    /// or has refused that: a later `/join` makes the room the current one.
    pub(crate) fn takes_behind(&mut self, room: &str) -> bool {
        let before = self.behind.len();
        self.behind.retain(|other| !other.eq_ignore_ascii_case(room));
        self.behind.len() < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(rooms: &[&str]) -> Chosen {
        Chosen::new(rooms.iter().map(|&room| room.to_owned()).collect())
    }

    #[test]
    fn the_first_room_comes_last_and_the_lobby_and_repetitions_do_not_count() {
        assert_eq!(chosen(&["tea", "work", "Tea"]).to_join, ["work", "tea"]);
        assert_eq!(chosen(&["tea", "Lobby"]).to_join, ["tea"]);
        assert!(chosen(&["lobby"]).to_join.is_empty());
        assert!(!chosen(&["tea", "lobby"]).takes_behind("tea"));
    }

    #[test]
    fn the_other_rooms_stay_behind_the_lobby_once() {
        let mut chosen = chosen(&["LOBBY", "Tea", "work"]);
        assert_eq!(chosen.to_join, ["work", "Tea"]);
        assert!(chosen.takes_behind("tea") && !chosen.takes_behind("tea"));
        assert!(!chosen.takes_behind("cake") && chosen.takes_behind("work"));
    }
}
