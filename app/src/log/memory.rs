//! A log in memory. It is gone when the process ends.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::retention::Calendar;
use super::{Account, Change, Draft, Effect, Entry, Log, may_keep};
use crate::rooms::LOBBY;
use crate::{Act, Ban, Message, Moment, Now, Page, PageSize, Refusal, Retention, Timestamp};

/// A log in memory. It commits each draft immediately.
#[derive(Debug, Default)]
pub struct Memory {
    retention: Retention,
    calendar: Calendar,
    /// The messages of each room, oldest first, without whispers.
    rooms: HashMap<Arc<str>, VecDeque<Message>>,
    /// The id and the room of each message in `rooms`, oldest first.
    order: VecDeque<(u64, Arc<str>)>,
    /// The timestamps of these messages, oldest first. Empty if the retention has no age.
    stamps: BTreeSet<(Timestamp, u64)>,
    /// The whispers that are kept, oldest first, by their receiver in lower case.
    kept: BTreeMap<String, VecDeque<Message>>,
    /// The accounts by their name in lower case.
    accounts: BTreeMap<String, Account>,
    bans: BTreeSet<Ban>,
    /// Drafts that `next` has not returned yet.
    waiting: VecDeque<Draft>,
    last: u64,
}

impl Memory {
    /// Creates an empty log.
    pub fn new(retention: Retention) -> Memory {
        Memory { retention, ..Memory::default() }
    }

    fn take_effect(&mut self, change: Change, timestamp: Timestamp) -> Result<Effect, Refusal> {
        match change {
            Change::Say { username, room, to, text, action } => {
                self.last += 1;
                let id = self.last;
                let offline = false;
                let message = Message { id, username, room, to, text, action, offline, timestamp };
                self.keep(&message);
                Ok(Effect::Said(message))
            }
            Change::Keep { username, to, text, action } => {
                let kept = self.kept.entry(to.to_ascii_lowercase()).or_default();
                let bytes = kept.iter().map(|message| message.text.len()).sum();
                if !may_keep(kept.len(), bytes, &text) {
                    return Err(Refusal::MailboxFull);
                }
                self.last += 1;
                let (id, room, to) = (self.last, LOBBY.into(), Some(to));
                let offline = true;
                let message = Message { id, username, room, to, text, action, offline, timestamp };
                kept.push_back(message.clone());
                Ok(Effect::Said(message))
            }
            Change::Deliver { to, until } => {
                if let Some(kept) = self.kept.get_mut(&to.to_ascii_lowercase()) {
                    kept.retain(|message| message.id > until);
                }
                Ok(Effect::Delivered { to, until })
            }
            Change::Register(account) => {
                let place = self.accounts.entry(account.username.to_ascii_lowercase());
                if matches!(place, std::collections::btree_map::Entry::Occupied(_)) {
                    return Err(Refusal::NameTaken);
                }
                place.or_insert_with(|| account.clone());
                Ok(Effect::Registered(account))
            }
            Change::Password { username, old, new } => {
                let account = self.accounts.get_mut(&username.to_ascii_lowercase());
                let account = account.filter(|account| account.hash == old);
                let account = account.ok_or(Refusal::WrongPassword)?;
                account.hash = new;
                let (username, account) = (account.username.clone(), Some(account.clone()));
                Ok(Effect::AccountChanged { username, account })
            }
            Change::Own { username, account, .. } => {
                let name = username.to_ascii_lowercase();
                match account.clone() {
                    Some(account) => drop(self.accounts.insert(name, account)),
                    None => {
                        // A later account with the name may be another person's.
                        self.kept.remove(&name);
                        self.accounts.remove(&name);
                    }
                }
                Ok(Effect::AccountChanged { username, account })
            }
            Change::Administer { act, .. } => self.administer(act),
            Change::Presence(change) => Ok(Effect::Presence(change)),
        }
    }

    /// Carries out an act. There is no audit, because it would end with the process.
    fn administer(&mut self, act: Act) -> Result<Effect, Refusal> {
        match &act {
            Act::Ban(ban) if !self.bans.insert(ban.clone()) => return Err(Refusal::BannedAlready),
            Act::Unban(ban) if !self.bans.remove(ban) => return Err(Refusal::NotBanned),
            Act::Remove(id) => {
                let room = self.forget(*id).ok_or(Refusal::NoSuchMessage)?;
                return Ok(Effect::Removed { id: *id, room });
            }
            _ => {}
        }
        Ok(Effect::Administered(act))
    }

    fn keep(&mut self, message: &Message) {
        // A whisper is private, so it is not stored.
        if message.to.is_none() {
            let room = Arc::clone(&message.room);
            self.order.push_back((message.id, Arc::clone(&room)));
            self.rooms.entry(room).or_default().push_back(message.clone());
            if self.retention.age.is_some() {
                self.stamps.insert((message.timestamp, message.id));
            }
            while self.retention.count.is_some_and(|most| self.order.len() > most)
                && let Some((id, _)) = self.order.front()
            {
                self.forget(*id);
            }
        }
    }

    /// Deletes the message with this id. Returns its room.
    #[expect(clippy::expect_used, reason = "`order` contains only messages that are in `rooms`")]
    fn forget(&mut self, id: u64) -> Option<Arc<str>> {
        let at = self.order.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        let (id, room) = self.order.remove(at)?;
        let messages = self.rooms.get_mut(&room).expect("the room of a message");
        // Messages are sorted, because ids grow.
        let at = messages.binary_search_by_key(&id, |message| message.id);
        let message = at.ok().and_then(|at| messages.remove(at)).expect("the message in its room");
        self.stamps.remove(&(message.timestamp, id));
        if messages.is_empty() {
            self.rooms.remove(&room);
        }
        Some(room)
    }
}

#[cfg(test)]
impl Memory {
    /// Changes an account as another process would.
    pub(crate) fn change_account(&mut self, username: &str, account: Option<Account>) {
        match account {
            Some(account) => self.accounts.insert(username.to_ascii_lowercase(), account),
            None => {
                self.kept.remove(&username.to_ascii_lowercase());
                self.accounts.remove(&username.to_ascii_lowercase())
            }
        };
    }
}

impl Log for Memory {
    fn append(&mut self, draft: Draft) -> Result<(), Refusal> {
        self.waiting.push_back(draft);
        Ok(())
    }

    fn next(&mut self) -> Option<Entry> {
        let Draft { change, timestamp, origin } = self.waiting.pop_front()?;
        Some(Entry { outcome: self.take_effect(change, timestamp), origin })
    }

    fn page(&self, room: &str, before: Option<u64>, size: PageSize) -> Result<Page, Refusal> {
        let Some(messages) = self.rooms.get(room) else { return Ok(Page::default()) };
        // Ids grow, so the messages before one are a prefix.
        let end = match before {
            Some(id) => messages.partition_point(|message| message.id < id),
            None => messages.len(),
        };
        Ok(Page::take(messages.range(..end).rev().cloned(), size))
    }

    fn kept(&self, username: &str) -> Result<Vec<Message>, Refusal> {
        let kept = self.kept.get(&username.to_ascii_lowercase());
        Ok(kept.map_or(Vec::new(), |kept| kept.iter().cloned().collect()))
    }

    fn account(&self, username: &str) -> Result<Option<Account>, Refusal> {
        Ok(self.accounts.get(&username.to_ascii_lowercase()).cloned())
    }

    fn is_banned(&self, ban: &Ban) -> Result<bool, Refusal> {
        Ok(self.bans.contains(ban))
    }

    fn bans(&self) -> Result<Vec<Ban>, Refusal> {
        Ok(self.bans.iter().cloned().collect())
    }

    fn expire(&mut self, now: Now) -> Option<Moment> {
        let date = self.calendar.date(now);
        let since = self.retention.since(date)?;
        self.kept.values_mut().for_each(|kept| kept.retain(|message| message.timestamp >= since));
        while let Some((stamp, id)) = self.stamps.first().copied() {
            if stamp >= since {
                let wait = stamp.duration_since(since).unsigned_abs();
                // A message is too old when its age is over the limit, not equal to it.
                return Some(now.monotonic.after(wait + Duration::from_millis(1)));
            }
            let forgotten = self.forget(id);
            assert!(forgotten.is_some(), "`stamps` contains only messages that are stored");
        }
        None
    }
}
