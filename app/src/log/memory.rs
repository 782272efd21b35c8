//! A log that keeps the latest messages in memory, and forgets them with the process.

use std::collections::VecDeque;

use super::{Draft, Entry, Log};
use crate::{Message, Page, PageSize};

/// Hands every message back at once.
#[derive(Debug)]
pub struct Memory {
    /// What was said to everybody and handed back, oldest first; at most `keep`.
    messages: VecDeque<Message>,
    keep: usize,
    /// Appended and not handed back yet.
    waiting: VecDeque<Entry>,
    last: u64,
}

impl Memory {
    /// An empty log that remembers the last `keep` messages.
    pub fn new(keep: usize) -> Memory {
        Memory { messages: VecDeque::new(), keep, waiting: VecDeque::new(), last: 0 }
    }
}

impl Log for Memory {
    fn append(&mut self, draft: Draft) {
        let Draft { username, to, text, timestamp, origin } = draft;
        self.last += 1;
        let message = Message { id: self.last, username, to, text, timestamp };
        self.waiting.push_back(Entry { message, origin });
    }

    fn next(&mut self) -> Option<Entry> {
        let entry = self.waiting.pop_front()?;
        // A whisper is nobody else's business, so it is not kept.
        if entry.message.to.is_none() {
            self.messages.push_back(entry.message.clone());
            while self.messages.len() > self.keep {
                self.messages.pop_front();
            }
        }
        Some(entry)
    }

    fn page(&self, before: Option<u64>, size: PageSize) -> Page {
        // Ids grow, so the messages before one are a prefix.
        let end = match before {
            Some(id) => self.messages.partition_point(|message| message.id < id),
            None => self.messages.len(),
        };
        Page::take(self.messages.range(..end).rev(), size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Origin, Timestamp};
    use parse::Peer;

    fn draft(text: &str, to: Option<&str>) -> Draft {
        Draft {
            username: "alice".to_owned(),
            to: to.map(str::to_owned),
            text: text.to_owned(),
            timestamp: Timestamp::UNIX_EPOCH,
            origin: Origin { peer: Peer::new(1), to: None, tag: None },
        }
    }

    fn texts(page: &Page) -> Vec<&str> {
        page.messages.iter().map(|message| message.text.as_str()).collect()
    }

    const ALL: PageSize = PageSize { messages: 100, bytes: 100_000 };

    #[test]
    fn entries_come_back_in_order_with_growing_ids() {
        let mut log = Memory::new(10);
        log.append(draft("a", None));
        log.append(draft("b", Some("bob")));
        assert!(log.page(None, ALL).messages.is_empty(), "nothing before it is handed back");
        let ids: Vec<u64> =
            std::iter::from_fn(|| log.next()).map(|entry| entry.message.id).collect();
        assert_eq!(ids, [1, 2]);
    }

    #[test]
    fn it_keeps_the_latest_and_no_whispers() {
        let mut log = Memory::new(3);
        for (text, to) in
            [("a", None), ("b", None), ("psst", Some("bob")), ("c", None), ("d", None)]
        {
            log.append(draft(text, to));
            log.next();
        }
        assert_eq!(texts(&log.page(None, ALL)), ["b", "c", "d"]);
        assert_eq!(texts(&log.page(Some(4), ALL)), ["b"]);
        assert_eq!(texts(&log.page(Some(1), ALL)), [""; 0]);
        assert_eq!(texts(&log.page(Some(u64::MAX), ALL)), ["b", "c", "d"]);
    }
}
