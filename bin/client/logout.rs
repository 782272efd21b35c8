//! A logout, and the next login of the same person, which enters the rooms of before again.

use parse::{Dict, Request};

use crate::conversation::{Conversation, Known};
use crate::left::Left;
use crate::protocol::{JOIN, ROOM};
use crate::rank::Rank;
use crate::rooms::{Rooms, shown};

impl Known {
    /// Forgets the login, and what depends on it.
    pub(crate) fn log_out(&mut self) {
        self.has_logged_out = true;
        if let Some(me) = self.me.take() {
            self.left = Left::new(me, &self.rooms);
        }
        self.login = None;
        self.replace_names([].into_iter());
        self.reunion.forget();
        self.rank = Rank::default();
        self.mute = None;
        self.rooms = Rooms::default();
    }
}

impl Conversation {
    /// After a login of `me`, enters the rooms of before the logout again. Returns the lines to show: another
    /// person, and a script, are no longer in them.
    pub(crate) fn enter_again(&self, me: &str) -> Vec<String> {
        let mut known = self.known();
        let is_back = self.style().terminal && known.left.is_of(me);
        let rooms = known.left.take();
        if rooms.is_empty() {
            return Vec::new();
        }
        if !is_back {
            known.left = Left::default();
            let rooms: Vec<String> = rooms.iter().map(|room| shown(room)).collect();
            return vec![self.style().event(&format!("you are no longer in {}", rooms.join(", ")))];
        }
        drop(known);
        for room in rooms {
            // If the connection is closed, the person will read that.
            let _ = self.ask(Request::new(JOIN, Dict::new().with(ROOM, room)));
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};

    use parse::Response;

    use super::*;
    use crate::conversation::testing::{DEADLINE, connected};
    use crate::protocol::LOBBY;

    /// A conversation of alice that has been in two rooms, and has logged out.
    fn after_logout(terminal: bool, current: &str) -> (impl BufRead, Conversation) {
        let (server, conversation, _receiver) = connected(terminal);
        let mut known = conversation.known();
        known.me = Some("alice".to_owned());
        known.rooms.log_in();
        known.rooms.enter("dev");
        known.rooms.enter("tea");
        known.rooms.switch_to(current);
        drop(known);
        conversation.receive(&Response::ok("logout", Dict::new()));
        assert_eq!(conversation.known().rooms.joined_others(), [""; 0]);
        server.set_read_timeout(Some(DEADLINE)).unwrap();
        (BufReader::new(server), conversation)
    }

    fn log_in(conversation: &Conversation, name: &str) -> Vec<String> {
        let messages: Vec<parse::Value> = Vec::new();
        let body = Dict::new().with("username", name).with("messages", messages);
        conversation.receive(&Response::ok("login", body))
    }

    #[test]
    fn the_same_person_is_in_the_rooms_again_and_in_the_current_one() {
        for current in ["dev", "tea", LOBBY] {
            let (server, conversation) = after_logout(true, current);
            assert_eq!(log_in(&conversation, "Alice"), ["* you are Alice"]);
            let joins = server.lines().map(Result::unwrap).filter(|line| line.contains("join"));
            let mut joins: Vec<String> = joins.take(2).collect();
            joins.sort();
            for (line, room) in joins.iter().zip(["dev", "tea"]) {
                assert!(line.contains(room), "{line}");
            }
            for room in ["dev", "tea"] {
                let messages: Vec<parse::Value> = Vec::new();
                let body = Dict::new().with(ROOM, room).with("online", 1u64);
                let lines =
                    conversation.receive(&Response::ok(JOIN, body.with("messages", messages)));
                let back = if room == current { "" } else { "back " };
                assert_eq!(lines, [format!("* you are {back}in #{room} (1 there)")]);
            }
            let known = conversation.known();
            assert_eq!(known.rooms.current(), current);
            assert_eq!(known.rooms.joined_others(), ["dev", "tea"]);
        }
    }

    #[test]
    fn another_person_and_a_script_are_told_that_they_are_in_the_rooms_no_longer() {
        for (terminal, name) in [(true, "bob"), (false, "alice")] {
            let (_server, conversation) = after_logout(terminal, "tea");
            let gone = "* you are no longer in #dev, #tea";
            assert_eq!(log_in(&conversation, name), [format!("* you are {name}"), gone.to_owned()]);
            assert_eq!(log_in(&conversation, name).len(), 1, "it is said once");
        }
    }
}
