//! Messages, and pages of them.

use std::sync::Arc;

use parse::{Dict, Value};

use crate::Timestamp;
use crate::rooms::LOBBY;

/// A message that the log has committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Number of the message. Ids start at 1, grow, and are never used twice.
    pub id: u64,
    /// The sender.
    pub username: Arc<str>,
    /// The room.
    pub room: Arc<str>,
    /// The receiver of a whisper. `None` if the message is for the whole room.
    pub to: Option<Arc<str>>,
    /// The text.
    pub text: String,
    /// Whether the text says what the sender does, as in `* alice waves`.
    pub action: bool,
    /// Whether the receiver of a whisper was not here, so that it was kept for them.
    pub offline: bool,
    /// The time of the request.
    pub timestamp: Timestamp,
}

impl Message {
    /// Returns the body of a `message` response: `id`, `room` unless that is the lobby, `username`,
    /// `to` for a whisper, `message`, `action` and `offline` if they are true, `timestamp`
    /// (RFC 3339, UTC, milliseconds).
    pub fn to_dict(&self) -> Dict {
        let mut dict = Dict::new().with("id", self.id);
        if *self.room != *LOBBY {
            dict.insert("room", &*self.room);
        }
        dict.insert("username", &*self.username);
        if let Some(to) = &self.to {
            dict.insert("to", &**to);
        }
        dict.insert("message", self.text.as_str());
        if self.action {
            dict.insert("action", true);
        }
        if self.offline {
            dict.insert("offline", true);
        }
        dict.with("timestamp", format!("{:.3}", self.timestamp))
    }

    /// Returns about how many bytes the message has in an answer.
    fn size(&self) -> usize {
        // Keys, punctuation, id and timestamp.
        const AROUND: usize = 110;
        self.text.len() + self.username.len() + self.room.len() + AROUND
    }
}

/// Limits of a page. One message always fits into the bytes; the number of messages may be 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize {
    /// The most messages.
    pub messages: usize,
    /// The most bytes of the answer, approximately.
    pub bytes: usize,
}

impl PageSize {
    /// Returns the same size with at most `messages` messages.
    #[must_use]
    pub fn at_most(self, messages: u64) -> PageSize {
        let messages = usize::try_from(messages).unwrap_or(usize::MAX);
        PageSize { messages: self.messages.min(messages), ..self }
    }
}

/// Consecutive messages of a room.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The messages, oldest first.
    pub messages: Vec<Message>,
    /// Whether there are messages before these.
    pub more: bool,
}

impl Page {
    /// Takes the newest messages, as many as fit, and puts the oldest of them first. A message with more
    /// bytes than a page fits if it is the only one in its page, unless a page may have no messages at
    /// all. `more` says that the iterator
    /// had another message.
    ///
    /// ```
    /// use app::{Message, Page, PageSize, Timestamp};
    ///
    /// let message = |id| Message {
    ///     id,
    ///     username: "alice".into(),
    ///     room: "lobby".into(),
    ///     to: None,
    ///     text: "hello".to_owned(),
    ///     action: false,
    ///     offline: false,
    ///     timestamp: Timestamp::UNIX_EPOCH,
    /// };
    /// let size = PageSize { messages: 2, bytes: 1000 };
    /// let page = Page::take([3, 2, 1].map(message).into_iter(), size);
    /// let ids: Vec<u64> = page.messages.iter().map(|message| message.id).collect();
    /// assert_eq!((ids, page.more), (vec![2, 3], true));
    /// ```
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

    /// Returns the messages as a list for an answer.
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
            action: false,
            offline: false,
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
        assert_eq!((ids(&page), page.more), (vec![], true), "a limit of 0 messages");
    }

    #[test]
    fn a_page_is_limited_in_bytes_but_has_at_least_one_message() {
        let all = messages(5, 1000);
        let page = Page::take(all.iter().rev().cloned(), PageSize { messages: 50, bytes: 2500 });
        assert_eq!((ids(&page), page.more), (vec![4, 5], true));
        let page = Page::take(all.iter().rev().cloned(), PageSize { messages: 50, bytes: 1 });
        assert_eq!((ids(&page), page.more), (vec![5], true));
        let two = 2 * all[0].size();
        for (bytes, want) in [(two, vec![4, 5]), (two - 1, vec![5])] {
            let page = Page::take(all.iter().rev().cloned(), PageSize { messages: 50, bytes });
            assert_eq!((ids(&page), page.more), (want, true));
        }
    }

    #[test]
    fn a_message_has_a_timestamp_in_milliseconds() {
        let message = &messages(1, 2)[0];
        assert_eq!(
            Value::from(message.to_dict()).to_string(),
            r#"{"id":1,"username":"a","message":"xx","timestamp":"1970-01-01T00:00:00.000Z"}"#
        );
    }
}
