//! A log in memory. It is gone when the process ends.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::retention::Calendar;
use super::{Account, Change, Draft, Effect, Entry, Log, may_keep};
use crate::rooms::LOBBY;
use crate::{
    Act, Audited, Message, Moment, Now, Page, PageSize, Refusal, Retention, Sanctions, Timestamp,
};

/// The most acts of administrators that the log remembers.
const MOST_ACTS: usize = 1000;

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
    sanctions: Arc<Sanctions>,
    /// The latest acts of administrators, oldest first.
    audit: VecDeque<Audited>,
    /// The id of the last of them.
    last_act: u64,
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
            Change::Administer { by, act } => {
                let effect = self.administer(&by, &act, timestamp)?;
                self.note(by, &act, timestamp);
                Ok(effect)
            }
            Change::Presence(change) => Ok(Effect::Presence(change)),
        }
    }

    /// Carries out an act.
    fn administer(&mut self, by: &Arc<str>, act: &Act, at: Timestamp) -> Result<Effect, Refusal> {
        let effect = match act {
            Act::Impose(measure, who, terms) => {
                let exists = self.sanctions.get(*measure, who, at).is_some();
                if exists && terms.is_empty() {
                    return Err(measure.already());
                }
                let (measure, who) = (*measure, who.clone());
                Effect::Sanctioned { measure, who, sanction: terms.begin(by, at) }
            }
            Act::Lift(measure, who) => {
                let exists = self.sanctions.get(*measure, who, at).is_some();
                let lifted = Effect::Lifted { measure: *measure, who: who.clone() };
                exists.then_some(lifted).ok_or(measure.absent())?
            }
            Act::Remove(id) => Effect::Removed(self.forget(*id).ok_or(Refusal::NoSuchMessage)?),
            act => Effect::Administered(act.clone()),
        };
        Arc::make_mut(&mut self.sanctions).follow(&effect);
        Ok(effect)
    }

    /// Adds an act to the audit.
    fn note(&mut self, who: Arc<str>, act: &Act, at: Timestamp) {
        if self.audit.len() == MOST_ACTS {
            self.audit.pop_front();
        }
        self.last_act += 1;
        self.audit.push_back(Audited { id: self.last_act, at, who, what: act.to_string() });
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

    /// Deletes the message with this id, and returns it.
    #[expect(clippy::expect_used, reason = "`order` contains only messages that are in `rooms`")]
    fn forget(&mut self, id: u64) -> Option<Message> {
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
        Some(message)
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

    fn sanctions(&self) -> Arc<Sanctions> {
        Arc::clone(&self.sanctions)
    }

    fn audit(
        &self,
        who: Option<&str>,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<Audited>, Refusal> {
        let wanted = self.audit.iter().rev().filter(|act| {
            before.is_none_or(|before| act.id < before)
                && who.is_none_or(|who| act.who.eq_ignore_ascii_case(who))
        });
        let mut acts: Vec<Audited> = wanted.take(most).cloned().collect();
        acts.reverse();
        Ok(acts)
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
