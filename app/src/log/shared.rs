//! A log in Redis that several servers share, so that they are one chat.
//!
//! The log is a stream in Redis, and the order of the stream decides. Each server has a [`View`] of it,
//! an SQLite file, for pages of history, accounts and bans. The chat applies each entry to its view
//! when it takes it, so what it reads is exactly what all servers know at that entry.
//!
//! | thread | work | in |
//! |---|---|---|
//! | `append` | joins the chat, and appends drafts in batches | `append.rs` |
//! | `read` | reads entries after the last one | `read.rs` |
//! | `lease` | renews the lease, and declares servers gone whose lease has run out | `lease.rs` |
//! | `keep` | stores snapshots of the view in Redis, and trims the stream | `snapshot.rs` |
//!
//! `scripts.rs` has the keys and the Lua scripts, `record.rs` the form of an entry, `follow.rs` what the
//! chat gets of each entry, `waiting.rs` the drafts on their way and their delay, and `end.rs` the end.

mod accounts;
mod address;
mod append;
mod end;
mod failure;
mod follow;
mod lease;
mod link;
mod open;
mod read;
mod record;
mod scripts;
mod snapshot;
#[cfg(test)]
pub(super) mod tests;
mod waiting;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError};

use super::retention::Schedule;
use super::sqlite::View;
use super::{
    Account, Change, Draft, Effect, Entry, Log, LogFigures, Origin, PresenceChange, Probe,
};
use crate::{Audited, Message, Moment, Now, Page, PageSize, Refusal, Sanctions, Timestamp};

pub use accounts::SharedAccounts;
pub use address::Address;
use append::{Order, Status};
use end::Threads;
pub use failure::SharedError;
use follow::{Follow, Step};
pub use open::Sharing;
use record::{Appended, Content, Record};
use snapshot::Upkeep;
use waiting::Waiting;

/// The most drafts that may wait for Redis.
const QUEUE: usize = 16 * 1024;
/// The most reports that may wait for the chat.
const REPORTS: usize = 64;
/// The entries between two commits of the view, while there are more.
const COMMIT_AFTER: u64 = 1000;

/// What a thread reports to the chat.
#[derive(Debug)]
enum Report {
    /// The next entries of the log.
    Records(Vec<Record>),
    /// Drafts that are not appended.
    Refused(Vec<(u64, Refusal)>),
    /// The log cannot be followed any further.
    Failed(String),
}

/// A log in Redis.
pub struct Shared {
    view: View,
    /// The folder of the view, if it is removed at the end.
    folder: Option<PathBuf>,
    name: Arc<str>,
    follow: Follow,
    /// `None` only during drop.
    reports: Option<Receiver<Report>>,
    orders: SyncSender<Order>,
    upkeep: Option<SyncSender<Upkeep>>,
    status: Arc<Status>,
    stop: Arc<AtomicBool>,
    threads: Threads,
    /// Ends the server: the log cannot be followed any further.
    fail: Box<dyn Fn(String) + Send>,
    has_failed: bool,
    /// Entries of the log that the chat has not taken.
    records: VecDeque<Record>,
    /// What to do with the entry that was taken last.
    steps: VecDeque<Step>,
    /// Entries that the chat has not taken.
    ready: VecDeque<Entry>,
    /// The drafts that are not in the log yet.
    waiting: Waiting,
    /// The sequence number of the last draft.
    sequence: u64,
    /// Whether the thread `append` has to look at the status.
    must_look: bool,
    snapshot_every: u64,
    /// The entry at which the view was committed last, and that of the last order for a snapshot.
    committed: u64,
    snapshot_at: u64,
    schedule: Schedule,
    figures: Arc<LogFigures>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Shared {
    /// Takes the next report of a thread. Returns false if there is none.
    fn take_report(&mut self) -> bool {
        let Some(Ok(report)) = self.reports.as_ref().map(Receiver::try_recv) else { return false };
        match report {
            Report::Records(records) => self.records.extend(records),
            Report::Refused(refused) => {
                for (sequence, refusal) in refused {
                    self.refuse(sequence, refusal);
                }
            }
            Report::Failed(why) => self.fail(why),
        }
        true
    }

    /// Hands a draft back that is not in the log.
    fn refuse(&mut self, sequence: u64, refusal: Refusal) {
        if let Some(origin) = self.waiting.refused(sequence) {
            self.ready.push_back(Entry { outcome: Err(refusal), origin });
        }
    }

    fn fail(&mut self, why: String) {
        self.has_failed = true;
        (self.fail)(why);
    }

    /// Does one step. Returns an entry if the chat gets one.
    fn step(&mut self, step: Step) -> rusqlite::Result<Option<Entry>> {
        let effect = match step {
            Step::HandBack(number, appended) => return self.hand_back(number, appended).map(Some),
            Step::Apply(number, appended) => {
                self.apply_only(number, appended)?;
                None
            }
            Step::Pass(number) => {
                self.view.pass(number)?;
                None
            }
            Step::Admit(people) => Some(Effect::Presence(people)),
            Step::Joined(server) => Some(Effect::ServerJoined(server)),
            Step::Gone(server) => Some(Effect::ServerGone(server)),
            Step::Separated => {
                tracing::warn!("the other servers have declared this one gone; joining again");
                for sequence in self.waiting.sequences() {
                    self.refuse(sequence, Refusal::NotKept);
                }
                self.status.void.store(self.sequence, Ordering::Release);
                self.ready.push_back(Entry { outcome: Ok(Effect::Separated), origin: None });
                None
            }
            Step::Live(server) => {
                self.status.live.store(server, Ordering::Release);
                self.must_look = true;
                None
            }
            Step::JoinAgain(server) => {
                self.status.over.store(server, Ordering::Release);
                self.must_look = true;
                None
            }
        };
        Ok(effect.map(|effect| Entry { outcome: Ok(effect), origin: None }))
    }

    /// Applies an entry that the chat gets.
    fn hand_back(&mut self, number: u64, appended: Appended) -> rusqlite::Result<Entry> {
        let Appended { epoch, sequence, timestamp, by, to, content } = appended;
        let Content::Change(change) = content else {
            self.view.pass(number)?;
            return Ok(Entry { outcome: Err(Refusal::NotKept), origin: None });
        };
        let origin = if epoch == self.follow.own() {
            self.waiting.back(sequence)
        } else {
            let request = "".into();
            by.map(|peer| Origin { peer, to, request, tag: None })
        };
        let draft = Draft { change, timestamp, origin: None };
        Ok(Entry { outcome: self.view.apply(number, &draft)?, origin })
    }

    /// Applies an entry that the chat does not get.
    fn apply_only(&mut self, number: u64, appended: Appended) -> rusqlite::Result<()> {
        let Appended { epoch, sequence, timestamp, content, .. } = appended;
        let is_own = epoch == self.follow.own();
        if is_own {
            self.waiting.back(sequence);
        }
        match content {
            Content::Sweep(sweep) => {
                let more = self.view.sweep(number, sweep)?;
                if more && is_own {
                    // If the queue is full, the next sweep goes on.
                    let _ = self.order(Content::Sweep(sweep), timestamp, None);
                }
            }
            Content::Change(Change::Presence(PresenceChange::Roll { .. })) => {
                self.view.pass(number)?;
            }
            Content::Change(change) => {
                let draft = Draft { change, timestamp, origin: None };
                let _ = self.view.apply(number, &draft)?;
            }
        }
        Ok(())
    }

    /// Commits the view, and orders a snapshot now and then.
    fn commit(&mut self) -> rusqlite::Result<()> {
        self.view.commit()?;
        let position = self.view.position();
        if position == self.committed {
            return Ok(());
        }
        self.committed = position;
        if let Some(upkeep) = &self.upkeep {
            // If the thread is busy, it does not need to be told.
            let _ = upkeep.try_send(Upkeep::Applied);
            if position >= self.snapshot_at + self.snapshot_every
                && upkeep.try_send(Upkeep::Snapshot).is_ok()
            {
                self.snapshot_at = position;
            }
        }
        Ok(())
    }

    /// Returns the next entry for the chat.
    fn advance(&mut self) -> rusqlite::Result<Option<Entry>> {
        loop {
            if let Some(entry) = self.ready.pop_front() {
                return Ok(Some(entry));
            }
            if let Some(step) = self.steps.pop_front() {
                let entry = self.step(step)?;
                self.ready.extend(entry);
            } else if let Some(record) = self.records.pop_front() {
                self.figures.take_entry();
                self.steps.extend(self.follow.take(record));
                if self.view.position() >= self.committed + COMMIT_AFTER {
                    self.commit()?;
                }
            } else if !self.take_report() || self.has_failed {
                self.commit()?;
                return Ok(None);
            }
        }
    }

    /// Gives a draft to the thread `append`.
    fn order(
        &mut self,
        content: Content,
        timestamp: Timestamp,
        origin: Option<&Origin>,
    ) -> Result<u64, Refusal> {
        let sequence = self.sequence + 1;
        let by = origin.map(|origin| origin.peer);
        let to = origin.and_then(|origin| origin.to);
        let draft = Appended { epoch: 0, sequence, timestamp, by, to, content };
        self.orders.try_send(Order::Append(draft)).map_err(|error| match error {
            TrySendError::Full(_) => Refusal::Busy,
            TrySendError::Disconnected(_) => Refusal::NotKept,
        })?;
        self.sequence = sequence;
        self.status.ordered.store(sequence, Ordering::Release);
        Ok(sequence)
    }
}

impl Log for Shared {
    fn append(&mut self, draft: Draft) -> Result<(), Refusal> {
        let Draft { change, timestamp, origin } = draft;
        let sequence = self.order(Content::Change(change), timestamp, origin.as_ref())?;
        self.waiting.insert(sequence, origin);
        self.schedule.count_draft();
        Ok(())
    }

    fn next(&mut self) -> Option<Entry> {
        if self.has_failed {
            return None;
        }
        let entry = self.advance().unwrap_or_else(|error| {
            let path = self.view.path().display();
            self.fail(format!("cannot write the data file {path}: {error}"));
            None
        });
        if self.must_look && entry.is_none() {
            // If the queue is full, the thread is awake.
            let _ = self.orders.try_send(Order::Look);
            self.must_look = false;
        }
        entry
    }

    fn page(&self, room: &str, before: Option<u64>, size: PageSize) -> Result<Page, Refusal> {
        self.view.page(room, before.unwrap_or(u64::MAX), size).map_err(unreadable)
    }

    fn kept(&self, username: &str) -> Result<Vec<Message>, Refusal> {
        self.view.kept(username).map_err(unreadable)
    }

    fn account(&self, username: &str) -> Result<Option<Account>, Refusal> {
        self.view.account(username).map_err(unreadable)
    }

    fn sanctions(&self) -> Arc<Sanctions> {
        self.view.sanctions()
    }

    fn audit(
        &self,
        who: Option<&str>,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<Audited>, Refusal> {
        self.view.audit(who, before, most).map_err(unreadable)
    }

    fn expire(&mut self, now: Now) -> Option<Moment> {
        if let Some(sweep) = self.schedule.due(now) {
            let is_needed = sweep.since.is_some() || sweep.count.is_some();
            let is_ordered =
                !is_needed || self.order(Content::Sweep(sweep), now.wall, None).is_ok();
            self.schedule.ordered(is_ordered, now);
        }
        self.schedule.next()
    }

    fn probe(&mut self, probe: Probe) {
        match self.orders.try_send(Order::Probe(probe)) {
            Err(TrySendError::Full(Order::Probe(probe))) => {
                probe.answer(Err("too many messages wait".to_owned()));
            }
            Err(TrySendError::Disconnected(Order::Probe(probe))) => {
                probe.answer(Err("its thread has ended".to_owned()));
            }
            _ => {}
        }
    }

    fn figures(&self) -> Arc<LogFigures> {
        Arc::clone(&self.figures)
    }

    fn server_name(&self, server: u64) -> Option<Arc<str>> {
        if server == 0 { Some(Arc::clone(&self.name)) } else { self.follow.name(server) }
    }
}

/// Logs why a read failed. The peer learns only that it failed.
fn unreadable(error: rusqlite::Error) -> Refusal {
    tracing::error!(%error, "could not read the data file");
    Refusal::NotRead
}
