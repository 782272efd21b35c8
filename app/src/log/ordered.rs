//! A log in which presence does not wait for the disk.
//!
//! Presence is ordered and not stored. So these changes stay out of the queue of the log below:
//! a full disk refuses no login, and a login with nothing in flight takes no detour. A change waits
//! only for the drafts that were appended before it, because the order counts: a person who says
//! goodbye and leaves is heard first.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Account, Change, Draft, Effect, Entry, Log, LogFigures, Probe};
use crate::{Audited, Message, Moment, Now, Page, PageSize, Refusal, Sanctions};

/// A log that orders presence itself, and everything else by another log, which a single server
/// uses.
///
/// ```
/// use app::{Change, Draft, Effect, Log, Memory, Ordered, PresenceChange, Retention, Timestamp};
/// use parse::Peer;
///
/// let mut log = Ordered::new(Memory::new(Retention::default()));
/// let change = Change::Presence(PresenceChange::Exit { peer: Peer::new(1), room: "tea".into() });
/// log.append(Draft { change, timestamp: Timestamp::UNIX_EPOCH, origin: None })?;
/// assert!(matches!(log.next().unwrap().outcome, Ok(Effect::Presence(_))));
/// # Ok::<(), app::Refusal>(())
/// ```
#[derive(Debug)]
pub struct Ordered<L> {
    log: L,
    /// The number of drafts that the log below has taken.
    appended: u64,
    /// The number of these drafts that it has handed back.
    returned: u64,
    /// The changes of presence that `next` has not returned yet, and the value of `appended` at
    /// the time of each.
    waiting: VecDeque<(u64, Entry)>,
    figures: Arc<LogFigures>,
}

impl<L: Log> Ordered<L> {
    /// Creates a log over another one, which nothing has been appended to.
    pub fn new(log: L) -> Ordered<L> {
        let figures = log.figures();
        Ordered { log, appended: 0, returned: 0, waiting: VecDeque::new(), figures }
    }
}

impl<L: Log> Log for Ordered<L> {
    fn append(&mut self, draft: Draft) -> Result<(), Refusal> {
        match draft {
            Draft { change: Change::Presence(change), origin, .. } => {
                let entry = Entry { outcome: Ok(Effect::Presence(change)), origin };
                self.waiting.push_back((self.appended, entry));
            }
            draft => {
                self.log.append(draft)?;
                self.appended += 1;
            }
        }
        Ok(())
    }

    fn next(&mut self) -> Option<Entry> {
        let returned = self.returned;
        if let Some((_, entry)) = self.waiting.pop_front_if(|(after, _)| *after <= returned) {
            return Some(entry);
        }
        let entry = self.log.next()?;
        // A change by another process has no draft.
        if entry.origin.is_some() || !matches!(entry.outcome, Ok(Effect::AccountChanged { .. })) {
            self.returned += 1;
            self.figures.take_entry();
        }
        Some(entry)
    }

    fn page(&self, room: &str, before: Option<u64>, size: PageSize) -> Result<Page, Refusal> {
        self.log.page(room, before, size)
    }

    fn kept(&self, username: &str) -> Result<Vec<Message>, Refusal> {
        self.log.kept(username)
    }

    fn account(&self, username: &str) -> Result<Option<Account>, Refusal> {
        self.log.account(username)
    }

    fn sanctions(&self) -> Arc<Sanctions> {
        self.log.sanctions()
    }

    fn audit(
        &self,
        who: Option<&str>,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<Audited>, Refusal> {
        self.log.audit(who, before, most)
    }

    fn expire(&mut self, now: Now) -> Option<Moment> {
        self.log.expire(now)
    }

    fn probe(&mut self, probe: Probe) {
        self.log.probe(probe);
    }

    fn figures(&self) -> Arc<LogFigures> {
        Arc::clone(&self.figures)
    }

    fn server_name(&self, server: u64) -> Option<Arc<str>> {
        self.log.server_name(server)
    }
}
