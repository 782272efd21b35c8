//! The lines for the people who come and go, and for the messages that administrators remove.

use std::time::Instant;

use parse::{Dict, DictError};

use crate::bounded::shorten;
use crate::conversation::Conversation;
use crate::day;
use crate::joins::Move;
use crate::protocol::{LOBBY, ROOM, USERNAME};
use crate::rooms::shown;

/// The most characters of a removed message that its administrator sees.
const TEXT: usize = 60;

impl Conversation {
    pub(super) fn joined_or_left(&self, what: &str, body: &Dict) -> Result<Vec<String>, DictError> {
        let (name, online) = (body.string(USERNAME)?, body.whole_number("online")?);
        let reason = body.optional_string("reason")?;
        let comes = what == "join";
        let mut known = self.known();
        if comes {
            known.add_name(name);
        } else {
            known.remove_name(name);
        }
        drop(known);
        let departure = body.optional_string("departure")?;
        Ok(self.moved(Move { name, room: None, comes, online, departure, reason }))
    }

    pub(super) fn entered_or_exited(
        &self,
        what: &str,
        body: &Dict,
    ) -> Result<Vec<String>, DictError> {
        let (name, room) = (body.string(USERNAME)?, body.string(ROOM)?);
        let online = body.whole_number("online")?;
        self.known().rooms.learn(room);
        Ok(self.moved(Move {
            name,
            room: Some(room),
            comes: what == "entered",
            online,
            departure: None,
            reason: None,
        }))
    }

    /// The lines for a person who came or went.
    fn moved(&self, what: Move<'_>) -> Vec<String> {
        let (mut known, now) = (self.known(), Instant::now());
        let is_return = match what.room {
            None => known.reunion.is_return(what.name, what.comes, now),
            Some(_) => known.reunion.is_reentry(what.name, what.comes, now),
        };
        let is_expelled = what.expulsion().is_some();
        if !is_expelled && (is_return || known.ignored.contains(what.name)) {
            return vec![];
        }
        let texts = known.joins.show(what, now);
        texts.iter().map(|text| self.style().news(text)).collect()
    }

    /// The line for a message that an administrator removed: this person, if it is an answer to `remove`.
    pub(super) fn removed(&self, what: &str, body: &Dict) -> Result<Vec<String>, DictError> {
        let is_terminal = self.style().terminal;
        let names_lobby = is_terminal && self.known().rooms.tag().is_some();
        let room = match body.optional_string(ROOM)?.or(names_lobby.then_some(LOBBY)) {
            Some(room) => format!(" from {}", shown(room)),
            None => String::new(),
        };
        let sender = match body.optional_string(USERNAME)? {
            Some(sender) => format!(" of {sender}"),
            None => String::new(),
        };
        let said = body.optional_string("said")?.filter(|_| is_terminal);
        let said = said.and_then(day::local);
        let said = said.map_or(String::new(), |said| format!(" ({})", day::short(&said)));
        // Only the administrator gets the text.
        let text = body.optional_string("message")?.filter(|_| is_terminal);
        let text = text.map_or(String::new(), |text| {
            let words: Vec<&str> = text.split_whitespace().collect();
            format!(": {}", shorten(&words.join(" "), TEXT))
        });
        let id = body.whole_number("id")?;
        let text = format!("message #{id}{sender}{said} was removed{room}{text}");
        let style = self.style();
        Ok(vec![if what == "removed" { style.news(&text) } else { style.event(&text) }])
    }
}
