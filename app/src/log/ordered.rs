//! A log that does not let who is here wait for the disk.
//!
//! Who is here is ordered and not stored. So these changes stay out of the queue of the log below:
//! a full disk refuses no login, and a login with nothing in flight takes no detour. A change waits
//! only for the drafts that were appended before it, because the order counts: a person who says
//! goodbye and leaves is heard first.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Account, Change, Draft, Effect, Entry, Log};
use crate::{Ban, Message, Moment, Now, Page, PageSize, Refusal};

/// A log that orders who is here by itself, and everything else by another log, which a single server
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
    /// The changes of who is here that `next` has not returned yet, and the value of `appended` at
    /// the time of each.
    waiting: VecDeque<(u64, Entry)>,
}

impl<L: Log> Ordered<L> {
    /// Creates a log over another one, which nothing has been appended to.
    pub fn new(log: L) -> Ordered<L> {
        Ordered { log, appended: 0, returned: 0, waiting: VecDeque::new() }
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

    fn is_banned(&self, ban: &Ban) -> Result<bool, Refusal> {
        self.log.is_banned(ban)
    }

    fn bans(&self) -> Result<Vec<Ban>, Refusal> {
        self.log.bans()
    }

    fn expire(&mut self, now: Now) -> Option<Moment> {
        self.log.expire(now)
    }

    fn server_name(&self, server: u64) -> Option<Arc<str>> {
        self.log.server_name(server)
    }
}

#[cfg(test)]
mod tests {
    use parse::Peer;

    use super::*;
    use crate::Timestamp;
    use crate::log::contract::say;
    use crate::log::{Change, PresenceChange};
    use crate::testing::Disk;

    /// What a log hands back: the text of a message, or a word.
    fn next(log: &mut Ordered<Disk>) -> Option<String> {
        Some(match log.next()?.outcome {
            Ok(Effect::Said(message)) => message.text,
            Ok(Effect::Presence(_)) => "presence".to_owned(),
            Ok(Effect::AccountChanged { .. }) => "account".to_owned(),
            Err(refusal) => refusal.code().to_owned(),
            other => panic!("{other:?}"),
        })
    }

    fn append(log: &mut Ordered<Disk>, change: Change) -> Result<(), Refusal> {
        log.append(Draft { change, timestamp: Timestamp::UNIX_EPOCH, origin: None })
    }

    fn presence() -> Change {
        Change::Presence(PresenceChange::Exit { peer: Peer::new(1), room: "tea".into() })
    }

    #[test]
    fn a_change_waits_for_the_drafts_before_it_and_not_for_other_processes() {
        let disk = Disk::default();
        let mut log = Ordered::new(disk.clone());
        disk.hold();
        append(&mut log, presence()).unwrap();
        assert_eq!(next(&mut log).as_deref(), Some("presence"), "nothing is in flight");
        append(&mut log, say("lobby", None, "a")).unwrap();
        append(&mut log, presence()).unwrap();
        append(&mut log, say("lobby", None, "b")).unwrap();
        disk.change_account("alice", Some("correct horse"));
        assert_eq!(next(&mut log), None);
        disk.release();
        for want in ["account", "a", "presence", "b"] {
            assert_eq!(next(&mut log).as_deref(), Some(want));
        }
        assert_eq!(next(&mut log), None);
    }

    #[test]
    fn a_draft_that_is_refused_or_fails_delays_no_change() {
        let disk = Disk::default();
        let mut log = Ordered::new(disk.clone());
        disk.fill();
        assert_eq!(append(&mut log, say("lobby", None, "a")), Err(Refusal::Busy));
        append(&mut log, presence()).unwrap();
        assert_eq!(next(&mut log).as_deref(), Some("presence"));
        disk.fail();
        append(&mut log, say("lobby", None, "a")).unwrap();
        append(&mut log, presence()).unwrap();
        assert_eq!(next(&mut log).as_deref(), Some("not-kept"));
        assert_eq!(next(&mut log).as_deref(), Some("presence"));
    }
}
