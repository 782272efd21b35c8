//! `/search`: finds earlier messages of the current room with a text.
//!
//! A server does not search, so the client asks for the history, page by page, the latest page first.

use parse::{Dict, Request, Value};

use crate::conversation::{Conversation, Known};
use crate::protocol::{HISTORY, LIMIT, LOBBY, MESSAGE, ROOM};
use crate::rooms::shown;

/// The most messages that one search reads.
const MOST: usize = 5000;
/// A search that has found so many messages asks for no further page.
const ENOUGH: usize = 50;
/// The messages of a page, if the server tells no limit.
const PAGE: u64 = 100;

/// What a search has found so far, the latest message first.
#[derive(Debug, Default)]
struct Found {
    /// The number of messages that it has read.
    read: usize,
    messages: Vec<Dict>,
    /// Whether there are earlier messages that it has not read.
    more: bool,
}

impl Conversation {
    /// Searches the history of the current room for a text, in any letter case. Returns the lines to show. `stops`
    /// waits for an answer, and returns whether the person wants no more.
    pub(crate) fn look_up(&self, text: &str, stops: impl Fn() -> bool) -> Vec<String> {
        let searchable = self.known().searchable();
        let (room, limit) = match searchable {
            Ok(searchable) => searchable,
            Err(why) => return vec![self.mistake(why)],
        };
        let mut found = Found::default();
        let mut before = None;
        loop {
            let mut arguments = Dict::new().with(LIMIT, limit);
            before.into_iter().for_each(|before: u64| arguments.insert("before", before));
            if room != LOBBY {
                arguments.insert(ROOM, &*room);
            }
            self.known().page = None;
            self.ask_own_with(Request::new(HISTORY, arguments));
            let stopped = stops();
            let answer = self.known().page.take();
            let page = match answer {
                Some(Ok(page)) => page,
                Some(Err(why)) => return vec![self.mistake(&format!("cannot search: {why}"))],
                None if stopped => break,
                None => return vec![self.mistake("the search has no answer from the server")],
            };
            match found.add(&page, text) {
                Some(next) if !stopped && found.read < MOST && found.messages.len() < ENOUGH => {
                    before = Some(next);
                }
                _ => break,
            }
        }
        self.found(&found, text, &room)
    }

    /// The lines for what a search has found, the latest message last.
    fn found(&self, found: &Found, text: &str, room: &str) -> Vec<String> {
        let style = self.style();
        let heeded = self.heeded(&found.messages);
        let messages = heeded.iter().rev().filter_map(|message| {
            let message = self.placed(message);
            let known = self.known();
            style.numbered(&message, known.me.as_deref(), &known.palette).ok()
        });
        let mut lines: Vec<String> = messages.collect();
        let which = if found.more { "the last" } else { "all" };
        let rest = if found.more { "; earlier ones were not searched" } else { "" };
        let (count, read) = (lines.len(), found.read);
        let room = shown(room);
        let told = format!("{count} of {which} {read} messages in {room} have {text:?}{rest}");
        lines.push(style.event(&told));
        lines
    }
}

impl Known {
    /// The current room and the messages of a page, if its history can be searched now.
    ///
    /// # Errors
    /// The reason why it cannot.
    fn searchable(&self) -> Result<(String, u64), &'static str> {
        if self.me.is_none() {
            return Err("only people who are logged in can search: /login NAME");
        }
        if self.closed || self.returning.is_some() {
            return Err("without a connection nothing can be searched");
        }
        if self.catalogue.find(HISTORY).is_none() {
            return Err("this server has no history to search");
        }
        Ok((self.rooms.current().to_owned(), self.limits.history.unwrap_or(PAGE)))
    }
}

impl Found {
    /// Adds the messages of a page that have the text. Returns the id before which the next page ends.
    fn add(&mut self, page: &Dict, text: &str) -> Option<u64> {
        let messages = page.dicts("messages").unwrap_or_default();
        let first = messages.first().and_then(|first| first.whole_number("id").ok());
        self.read += messages.len();
        self.more = page.get("more") == Some(&Value::Bool(true));
        let text = text.to_lowercase();
        let has_text = |message: &Dict| {
            message.string(MESSAGE).is_ok_and(|it| it.to_lowercase().contains(&text))
        };
        self.messages.extend(messages.into_iter().rev().filter(has_text));
        first.filter(|_| self.more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(ids: std::ops::Range<u64>, more: bool) -> Dict {
        let message = |id: u64| {
            let text = format!("Tea number {id}");
            Value::from(Dict::new().with("id", id).with("username", "bob").with(MESSAGE, text))
        };
        let messages: Vec<Value> = ids.map(message).collect();
        Dict::new().with("messages", messages).with("more", more)
    }

    #[test]
    fn pages_are_read_backwards_and_their_messages_compared_in_any_letter_case() {
        let mut found = Found::default();
        assert_eq!(found.add(&page(20..30, true), "tEA NUMBER 2"), Some(20));
        assert_eq!((found.read, found.messages.len(), found.more), (10, 10, true));
        assert_eq!(found.add(&page(1..20, false), "number 2"), None);
        assert_eq!((found.read, found.messages.len(), found.more), (29, 11, false));
        let ids = found.messages.iter().map(|message| message.whole_number("id").unwrap());
        assert!(ids.rev().is_sorted());
    }

    #[test]
    fn an_answer_of_another_form_ends_the_search() {
        for answer in [Dict::new(), page(0..0, true), Dict::new().with("messages", 3)] {
            assert_eq!(Found::default().add(&answer, "tea"), None);
        }
    }
}
