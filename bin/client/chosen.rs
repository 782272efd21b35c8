//! The rooms of the configuration, which the client joins after the first login.

use std::collections::BTreeSet;

use crate::protocol::LOBBY;

/// The most kept whispers that are counted. A server keeps fewer for one person.
const KEPT: usize = 1000;

/// The rooms of the configuration.
#[derive(Debug, Default)]
pub(crate) struct Chosen {
    /// The rooms to join, in this order.
    to_join: Vec<String>,
    /// The rooms that do not become the current one when the client enters them.
    behind: Vec<String>,
    /// The senders of kept whispers that came while the client enters rooms.
    kept: Vec<String>,
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
        Chosen { to_join, behind, kept: Vec::new() }
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

impl Chosen {
    /// A whisper that the server has kept came while the client enters rooms: their messages follow it.
    pub(crate) fn note_kept(&mut self, who: &str) {
        if self.kept.len() < KEPT {
            self.kept.push(who.to_owned());
        }
    }

    /// Takes the text about the kept whispers, when the client has entered the last room; `None` without any.
    pub(crate) fn take_kept(&mut self) -> Option<String> {
        let kept = std::mem::take(&mut self.kept);
        let what = match kept.len() {
            0 => return None,
            1 => "a whisper".to_owned(),
            count => format!("{count} whispers"),
        };
        let people: BTreeSet<String> = kept.into_iter().collect();
        let people: Vec<String> = people.into_iter().collect();
        Some(format!("above: {what} while you were away, from {}", people.join(", ")))
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
    fn kept_whispers_are_told_once() {
        let mut chosen = chosen(&["tea"]);
        assert_eq!(chosen.take_kept(), None);
        chosen.note_kept("bob");
        let one = "above: a whisper while you were away, from bob";
        assert_eq!((chosen.take_kept().as_deref(), chosen.take_kept()), (Some(one), None));
        ["bob", "al", "bob"].iter().for_each(|who| chosen.note_kept(who));
        let three = "above: 3 whispers while you were away, from al, bob";
        assert_eq!(chosen.take_kept().as_deref(), Some(three));
    }

    #[test]
    fn the_other_rooms_stay_behind_the_lobby_once() {
        let mut chosen = chosen(&["LOBBY", "Tea", "work"]);
        assert_eq!(chosen.to_join, ["work", "Tea"]);
        assert!(chosen.takes_behind("tea") && !chosen.takes_behind("tea"));
        assert!(!chosen.takes_behind("cake") && chosen.takes_behind("work"));
    }
}
