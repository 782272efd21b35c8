//! A log that a test can make slow, broken or full.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use super::reader::readable_hash;
use crate::log::{Account, Change, Draft, Effect, Entry, Log};
use crate::{Audited, Memory, Message, Moment, Now, Page, PageSize, Refusal, Sanctions, Timestamp};

/// A log that a test can make slow, broken or full. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk(Rc<RefCell<Spinning>>);

#[derive(Debug, Default)]
struct Spinning {
    log: Memory,
    waiting: VecDeque<Draft>,
    changed: VecDeque<(Arc<str>, Option<Account>)>,
    /// Messages of earlier sessions, oldest first.
    earlier: Vec<Message>,
    mood: Mood,
}

#[derive(Debug, Default, PartialEq)]
enum Mood {
    #[default]
    Works,
    Holds,
    Fails,
    IsFull,
    IsUnreadable,
}

impl Disk {
    /// Commits nothing until it is released.
    pub(crate) fn hold(&self) {
        self.0.borrow_mut().mood = Mood::Holds;
    }

    /// Commits everything.
    pub(crate) fn release(&self) {
        self.0.borrow_mut().mood = Mood::Works;
    }

    /// Fails every write.
    pub(crate) fn fail(&self) {
        self.0.borrow_mut().mood = Mood::Fails;
    }

    /// Refuses every draft.
    pub(crate) fn fill(&self) {
        self.0.borrow_mut().mood = Mood::IsFull;
    }

    /// Fails to read messages.
    pub(crate) fn hide(&self) {
        self.0.borrow_mut().mood = Mood::IsUnreadable;
    }

    /// Adds a message of an earlier session to the lobby.
    pub(crate) fn remember(&self, username: &str, text: &str) {
        let earlier = &mut self.0.borrow_mut().earlier;
        earlier.push(Message {
            id: earlier.len() as u64 + 1,
            username: username.into(),
            room: "lobby".into(),
            to: None,
            text: text.to_owned(),
            action: false,
            offline: false,
            timestamp: Timestamp::UNIX_EPOCH,
        });
    }

    /// Changes the password of an account, makes it, or removes it, as another process does.
    pub(crate) fn change_account(&self, username: &str, password: Option<&str>) {
        let disk = &mut *self.0.borrow_mut();
        let before = disk.log.account(username).unwrap();
        let account = password.map(|password| Account {
            username: before.map_or_else(|| username.into(), |account| account.username),
            hash: readable_hash(password),
            admin: false,
        });
        disk.log.change_account(username, account.clone());
        disk.changed.push_back((username.into(), account));
    }

    /// Reports an account as changed, though it is the same.
    pub(crate) fn tell_account(&self, username: &str) {
        let disk = &mut *self.0.borrow_mut();
        let account = disk.log.account(username).unwrap();
        disk.changed.push_back((username.into(), account));
    }

    /// The number of drafts that are in flight.
    pub(crate) fn waiting(&self) -> usize {
        self.0.borrow().waiting.len()
    }

    /// The acts of administrators among them.
    pub(crate) fn waiting_acts(&self) -> Vec<String> {
        let act = |draft: &Draft| match &draft.change {
            Change::Administer { by, act } => Some(format!("{by}: {act}")),
            _ => None,
        };
        self.0.borrow().waiting.iter().filter_map(act).collect()
    }
}

impl Log for Disk {
    fn append(&mut self, draft: Draft) -> Result<(), Refusal> {
        let mut disk = self.0.borrow_mut();
        if disk.mood == Mood::IsFull {
            return Err(Refusal::Busy);
        }
        disk.waiting.push_back(draft);
        Ok(())
    }

    fn next(&mut self) -> Option<Entry> {
        let disk = &mut *self.0.borrow_mut();
        if disk.mood == Mood::Holds {
            return None;
        }
        if let Some((username, account)) = disk.changed.pop_front() {
            let outcome = Ok(Effect::AccountChanged { username, account });
            return Some(Entry { outcome, origin: None });
        }
        let draft = disk.waiting.pop_front()?;
        if disk.mood == Mood::Fails {
            return Some(Entry { outcome: Err(Refusal::NotKept), origin: draft.origin });
        }
        disk.log.append(draft).unwrap();
        disk.log.next()
    }

    fn page(&self, room: &str, before: Option<u64>, size: PageSize) -> Result<Page, Refusal> {
        let disk = self.0.borrow();
        if disk.mood == Mood::IsUnreadable {
            return Err(Refusal::NotRead);
        }
        if !disk.earlier.is_empty() {
            let before = disk.earlier.len().saturating_sub(size.messages);
            let messages = disk.earlier.iter().skip(before).cloned().collect();
            return Ok(Page { messages, more: before > 0 });
        }
        disk.log.page(room, before, size)
    }

    fn kept(&self, username: &str) -> Result<Vec<Message>, Refusal> {
        self.0.borrow().log.kept(username)
    }

    fn account(&self, username: &str) -> Result<Option<Account>, Refusal> {
        self.0.borrow().log.account(username)
    }

    fn sanctions(&self) -> Arc<Sanctions> {
        self.0.borrow().log.sanctions()
    }

    fn audit(
        &self,
        who: Option<&str>,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<Audited>, Refusal> {
        self.0.borrow().log.audit(who, before, most)
    }

    fn expire(&mut self, now: Now) -> Option<Moment> {
        self.0.borrow_mut().log.expire(now)
    }
}
