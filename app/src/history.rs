//! What was said before, a page at a time.

use std::sync::Arc;

use parse::{Dict, Value};

use crate::Timestamp;
use crate::rooms::LOBBY;

/// What somebody said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Counts up from 1; later messages have larger ones, and none is used twice.
    pub id: u64,
    /// Who said it.
    pub username: Arc<str>,
    /// In which room it was said.
    pub room: Arc<str>,
    /// To whom alone it was said, if it was not said to everybody there.
    pub to: Option<Arc<str>>,
    /// What was said.
    pub text: String,
    /// When it was said.
    pub timestamp: Timestamp,
}

impl Message {
    /// How the chat tells it: `id`, `room` unless that is the lobby, `username`, `to` where it
    /// has one, `message`, `timestamp` (RFC 3339, UTC, milliseconds).
    pub fn to_dict(&self) -> Dict {
        let mut dict = Dict::new().with("id", self.id);
        if *self.room != *LOBBY {
            dict.insert("room", &*self.room);
        }
        dict.insert("username", &*self.username);
        if let Some(to) = &self.to {
            dict.insert("to", &**to);
        }
        dict.with("message", self.text.as_str()).with("timestamp", format!("{:.3}", self.timestamp))
    }

    /// About how many bytes it takes in an answer.
    fn size(&self) -> usize {
        // The keys, the punctuation, the number and the time.
        const AROUND: usize = 110;
        self.text.len() + self.username.len() + self.room.len() + AROUND
    }
}

/// How much a page may hold. One message always fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize {
    /// The most messages.
    pub messages: usize,
    /// About the most bytes, as an answer.
    pub bytes: usize,
}

impl PageSize {
    /// The same in bytes, with at most `messages`.
    #[must_use]
    pub fn at_most(self, messages: u64) -> PageSize {
        let messages = usize::try_from(messages).unwrap_or(usize::MAX);
        PageSize { messages: self.messages.min(messages), ..self }
    }
}

/// Part of what was said, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The messages, oldest first.
    pub messages: Vec<Message>,
    /// There are messages before these.
    pub more: bool,
}

impl Page {
    /// The last messages of those that `newest_first` gives, as many as fit.
    pub fn take(newest_first: impl Iterator<Item = Message>, size: PageSize) -> Page {
        let mut page = Page::default();
        let mut bytes = 0;
        for message in newest_first {
            bytes += message.size();
            let full = page.messages.len() >= size.messages
                || (bytes > size.bytes && !page.messages.is_empty());
            if full {
                page.more = true;
                break;
            }
            page.messages.push(message);
        }
        page.messages.reverse();
        page
    }

    /// The messages as the chat tells them.
    pub fn to_list(&self) -> Value {
        self.messages.iter().map(|message| Value::from(message.to_dict())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(count: u64, length: usize) -> Vec<Message> {
        let message = |id| Message {
            id,
            username: "a".into(),
            room: LOBBY.into(),
            to: None,
            text: "x".repeat(length),
            timestamp: Timestamp::UNIX_EPOCH,
        };
        (1..=count).map(message).collect()
    }

    fn ids(page: &Page) -> Vec<u64> {
        page.messages.iter().map(|message| message.id).collect()
    }

    #[test]
    fn a_page_has_the_latest_messages_oldest_first() {
        let all = messages(5, 1);
        let size = PageSize { messages: 3, bytes: 10_000 };
        let page = Page::take(all.iter().rev().cloned(), size);
        assert_eq!((ids(&page), page.more), (vec![3, 4, 5], true));
        let page = Page::take(all.iter().rev().cloned(), PageSize { messages: 5, ..size });
        assert_eq!((ids(&page), page.more), (vec![1, 2, 3, 4, 5], false));
        let page = Page::take(all.iter().rev().cloned(), size.at_most(0));
        assert_eq!((ids(&page), page.more), (vec![], true));
    }

    #[test]
    fn a_page_is_bounded_in_bytes_but_never_stuck() {
        let all = messages(5, 1000);
        let page = Page::take(all.iter().rev().cloned(), PageSize { messages: 50, bytes: 2500 });
        assert_eq!((ids(&page), page.more), (vec![4, 5], true));
        let page = Page::take(all.iter().rev().cloned(), PageSize { messages: 50, bytes: 1 });
        assert_eq!((ids(&page), page.more), (vec![5], true));
    }

    #[test]
    fn a_message_is_told_with_a_timestamp_in_milliseconds() {
        let message = &messages(1, 2)[0];
        assert_eq!(
            Value::from(message.to_dict()).to_string(),
            r#"{"id":1,"username":"a","message":"xx","timestamp":"1970-01-01T00:00:00.000Z"}"#
        );
    }
}
