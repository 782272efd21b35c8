//! The messages that were missed during an absence, by their ids.
//!
//! Ids count up, so the last id that was seen in a room divides its messages: all later ones were
//! missed. They come in pages, the latest page first.

use std::collections::{BTreeMap, BTreeSet};

use app::Limits;
use parse::{Dict, Value};

use crate::protocol::{LOBBY, OFFLINE, ROOM, TO, USERNAME};

/// The most missed messages of a room that the client gets.
const MOST: usize = 1000;

/// The room of a message.
pub(crate) fn room(message: &Dict) -> &str {
    message.optional_string(ROOM).ok().flatten().unwrap_or(LOBBY)
}

fn id(message: &Dict) -> Option<u64> {
    message.optional_whole_number("id").ok().flatten()
}

/// The last messages that were seen.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    /// The last message of each room: its id and its time.
    rooms: BTreeMap<String, (u64, String)>,
    /// The largest id of a message, also of a whisper.
    last: u64,
}

impl Seen {
    /// Notes that a message was seen. A whisper belongs to no room.
    pub(crate) fn note(&mut self, message: &Dict) {
        self.last = self.last.max(id(message).unwrap_or_default());
        let Some(id) = id(message).filter(|_| !message.contains(TO)) else { return };
        let last = self.rooms.entry(room(message).to_owned()).or_default();
        if id >= last.0 {
            *last = (id, time(message).to_owned());
        }
    }

    /// Notes a message that has just arrived. If its id is small, the server has lost its messages and counts from 1
    /// again, unless it kept this one for the person.
    pub(crate) fn note_new(&mut self, message: &Dict) {
        let is_kept = message.get(OFFLINE) == Some(&Value::Bool(true));
        if let Some(id) = id(message).filter(|_| !is_kept) {
            self.last = self.last.min(id);
        }
        self.note(message);
    }

    /// Whether the message has a larger id than all that were seen. A server sends messages in the order of their ids,
    /// so this one was not.
    pub(crate) fn is_later(&self, message: &Dict) -> bool {
        id(message).is_some_and(|id| id > self.last)
    }

    /// Whether the page has the last message that was seen in the room.
    pub(crate) fn reaches(&self, room: &str, page: &[Dict]) -> bool {
        let Some((last, last_time)) = self.rooms.get(room) else { return false };
        page.iter().any(|message| id(message) == Some(*last) && time(message) == last_time)
    }

    /// The id of the first message of a page after which nothing tells what was before it: the page begins later than the
    /// last message that was seen in the room, or nothing was seen there and the page has as many messages as a server
    /// sends by default.
    pub(crate) fn gap_before(&self, room: &str, page: &[Dict]) -> Option<u64> {
        let first = page.first().and_then(id)?;
        let has_gap = match self.rooms.get(room) {
            Some((last, _)) => first > *last,
            None => page.len() >= Limits::default().backlog.messages,
        };
        has_gap.then_some(first)
    }

    /// The last id that was seen in the room before this page; 0 if there is none.
    ///
    /// A server that has lost its messages counts from 1 again. Then the page has a message with an
    /// old id and a new time, and nothing of it was seen.
    pub(crate) fn last_before(&mut self, room: &str, page: &[Dict]) -> u64 {
        let Some((last, last_time)) = self.rooms.get(room) else { return 0 };
        let is_new = |message: &Dict| time(message) > last_time.as_str();
        if page.iter().any(|message| id(message).is_some_and(|id| id <= *last) && is_new(message)) {
            self.rooms.remove(room);
            return 0;
        }
        *last
    }

    /// The messages of a room's backlog that were not seen, and whispers, which belong to no room.
    pub(crate) fn unseen(&mut self, room: &str, mut backlog: Vec<Dict>) -> Vec<Dict> {
        let since = self.last_before(room, &backlog);
        backlog.retain(|message| message.contains(TO) || id(message).is_none_or(|id| id > since));
        backlog
    }
}

/// The time of a message: RFC 3339 in UTC with milliseconds, so later ones compare as greater.
fn time(message: &Dict) -> &str {
    message.optional_string("timestamp").ok().flatten().unwrap_or_default()
}

/// The messages of an absence, of all rooms.
#[derive(Debug, Default)]
pub(crate) struct Missed {
    messages: BTreeMap<u64, Dict>,
    /// Messages without an id, which cannot be ordered.
    others: Vec<Dict>,
    /// Of each room whose pages were too many: the first id that is here.
    pub(crate) left_out: BTreeMap<String, u64>,
    /// The rooms of which all missed messages are here: their pages reach the last message that was seen before.
    pub(crate) whole: BTreeSet<String>,
}

impl Missed {
    /// Adds a message that arrived in the meantime.
    pub(crate) fn add(&mut self, message: Dict) {
        match id(&message) {
            Some(id) => drop(self.messages.insert(id, message)),
            None => self.others.push(message),
        }
    }

    /// Adds a page of a room, of which the id `since` was the last one seen. `more` says whether
    /// older messages exist; `None` is unknown. Returns the id to ask before for the next page.
    pub(crate) fn add_page(
        &mut self,
        room: &str,
        since: u64,
        page: Vec<Dict>,
        more: Option<bool>,
    ) -> Option<u64> {
        let first = page.first().and_then(id);
        // The id before an older page: all of this one was missed.
        let before = first.filter(|first| *first > since && more != Some(false));
        for message in page {
            if id(&message).is_none_or(|id| id > since) {
                self.add(message);
            }
        }
        let count = self.messages.values().filter(|message| self::room(message) == room).count();
        if count >= MOST && before.is_some() {
            self.left_out.insert(room.to_owned(), before.unwrap_or_default());
            return None;
        }
        before
    }

    /// Removes one message with this text, which `me` sent to this room. Returns whether there was
    /// one.
    pub(crate) fn take_own(&mut self, me: &str, room: &str, text: &str) -> bool {
        let is_it = |message: &Dict| {
            message.string(USERNAME).is_ok_and(|name| name.eq_ignore_ascii_case(me))
                && message.string("message") == Ok(text)
                && self::room(message) == room
        };
        let found = self.messages.iter().find(|(_, message)| is_it(message)).map(|(id, _)| *id);
        found.is_some_and(|id| self.messages.remove(&id).is_some())
    }

    /// All messages, oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Dict> {
        self.others.iter().chain(self.messages.values())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(id: u64, text: &str) -> Dict {
        Dict::new().with("id", id).with("username", "bob").with("message", text)
    }

    fn page(ids: std::ops::RangeInclusive<u64>) -> Vec<Dict> {
        ids.map(|id| said(id, &format!("text{id}"))).collect()
    }

    fn ids(missed: &Missed) -> Vec<u64> {
        missed.all().filter_map(id).collect()
    }

    #[test]
    fn a_message_is_later_than_all_that_were_seen_unless_the_server_counts_anew() {
        let mut seen = Seen::default();
        assert!(seen.is_later(&said(1, "a")));
        seen.note(&said(7, "from the backlog"));
        seen.note_new(&said(9, "psst").with(TO, "alice"));
        assert!(!seen.is_later(&said(9, "psst")) && seen.is_later(&said(10, "b")));
        assert!(!seen.is_later(&Dict::new()), "without an id nobody can know");
        seen.note_new(&said(3, "kept").with(TO, "alice").with(OFFLINE, true));
        assert!(!seen.is_later(&said(4, "c")));
        seen.note_new(&said(1, "after a loss of all messages"));
        assert!(seen.is_later(&said(2, "d")));
    }

    #[test]
    fn a_page_that_begins_later_than_what_was_seen_has_a_gap_before_it() {
        let mut seen = Seen::default();
        assert_eq!(seen.gap_before(LOBBY, &page(4..=52)), None);
        assert_eq!(seen.gap_before(LOBBY, &page(4..=53)), Some(4));
        seen.note(&said(4, "text4"));
        assert_eq!(seen.gap_before(LOBBY, &page(4..=53)), None);
        assert_eq!(seen.gap_before(LOBBY, &page(5..=7)), Some(5));
        assert_eq!(seen.gap_before(LOBBY, &[]), None);
        assert_eq!(seen.gap_before("tea", &page(5..=7)), None, "all that the room has");
    }

    #[test]
    fn pages_are_added_until_a_message_was_seen_before() {
        let mut missed = Missed::default();
        assert_eq!(missed.add_page(LOBBY, 3, page(8..=10), None), Some(8));
        assert_eq!(missed.add_page(LOBBY, 3, page(5..=7), Some(true)), Some(5));
        assert_eq!(missed.add_page(LOBBY, 3, page(2..=4), Some(true)), None);
        assert_eq!(ids(&missed), [4, 5, 6, 7, 8, 9, 10]);
    }

    #[test]
    fn an_empty_page_and_the_oldest_page_are_the_last_ones() {
        let mut missed = Missed::default();
        assert_eq!(missed.add_page(LOBBY, 0, Vec::new(), None), None);
        assert_eq!(missed.add_page(LOBBY, 0, page(1..=2), Some(false)), None);
        assert_eq!(ids(&missed), [1, 2]);
    }

    #[test]
    fn a_message_that_arrives_during_the_pages_is_there_once_and_in_its_place() {
        let mut missed = Missed::default();
        missed.add(said(12, "live"));
        missed.add(said(11, "live"));
        missed.add_page(LOBBY, 9, page(10..=11), Some(false));
        assert_eq!(ids(&missed), [10, 11, 12]);
    }

    #[test]
    fn the_pages_of_a_room_are_bounded() {
        let mut missed = Missed::default();
        let most = MOST as u64;
        assert_eq!(missed.add_page("tea", 0, vec![said(5000, "other room")], None), Some(5000));
        let next = missed.add_page(LOBBY, 0, page(2001..=2000 + most), Some(true));
        assert_eq!((next, missed.left_out.get(LOBBY)), (None, Some(&2001)));
        assert_eq!(missed.left_out.get("tea"), None);
    }

    #[test]
    fn an_own_message_is_found_once() {
        let mut missed = Missed::default();
        missed.add(said(4, "hello"));
        assert!(!missed.take_own("bob", "tea", "hello") && !missed.take_own("eve", LOBBY, "hello"));
        assert!(missed.take_own("BOB", LOBBY, "hello"));
        assert!(!missed.take_own("bob", LOBBY, "hello"));
    }

    #[test]
    fn the_last_id_of_a_room_is_seen_and_whispers_do_not_count() {
        let mut seen = Seen::default();
        seen.note(&said(7, "x"));
        seen.note(&said(5, "older"));
        seen.note(&said(8, "psst").with("to", "alice"));
        seen.note(&said(9, "in a room").with("room", "tea"));
        let mut last = |room| seen.last_before(room, &[]);
        assert_eq!((last(LOBBY), last("tea"), last("cake")), (7, 9, 0));
    }

    #[test]
    fn nothing_was_seen_of_a_server_that_counts_from_one_again() {
        let at = |id, time: &str| said(id, "x").with("timestamp", time);
        let mut seen = Seen::default();
        seen.note(&at(7, "2026-11-28T10:00:00.000Z"));
        let old = at(6, "2026-11-28T09:00:00.000Z");
        assert_eq!(seen.last_before(LOBBY, &[old, at(8, "2026-11-28T11:00:00.000Z")]), 7);
        assert_eq!(seen.last_before(LOBBY, &[at(1, "2026-11-28T11:00:00.000Z")]), 0);
    }

    #[test]
    fn a_page_reaches_the_last_message_that_was_seen_or_does_not() {
        let at = |id, time: &str| said(id, "x").with("timestamp", time);
        let mut seen = Seen::default();
        assert!(!seen.reaches(LOBBY, &[at(7, "10:00")]));
        seen.note(&at(7, "10:00"));
        assert!(seen.reaches(LOBBY, &[at(7, "10:00"), at(8, "11:00")]));
        assert!(!seen.reaches(LOBBY, &[at(7, "11:00")]), "another server's message");
        assert!(!seen.reaches(LOBBY, &[at(8, "11:00")]) && !seen.reaches("tea", &[at(7, "10:00")]));
    }
}
