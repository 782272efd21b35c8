//! The thread `append`: joins the chat, and appends drafts to the log.
//!
//! Redis may answer late, or not at all. A draft that was not sent is refused immediately, so that its
//! sender can try again. A batch without an answer is sent again, with the same sequence numbers, until
//! Redis has said that it is in the log; the script skips those that are. A change of presence is
//! never refused: it waits for Redis.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::Duration;

use super::link::{Failure, Link};
use super::record::{Appended, Content};
use super::scripts::Scripts;
use super::{QUEUE, Report};
use crate::Refusal;
use crate::log::{Change, LogFigures, Probe};

/// The most drafts in one call. Redis does nothing else during it.
const BATCH: usize = 256;
/// The attempts to append the last drafts of a server that ends.
const LAST_ATTEMPTS: u32 = 3;

/// An order to the thread.
#[derive(Debug)]
pub(super) enum Order {
    /// Appends a draft. Its epoch is not known yet.
    Append(Appended),
    /// Looks at the [`Status`], and whether the server ends.
    Look,
    /// Answers whether Redis stores something now.
    Probe(Probe),
}

/// What the threads of a server know of each other.
#[derive(Debug, Default)]
pub(super) struct Status {
    /// The number under which this server has joined last.
    pub(super) epoch: AtomicU64,
    /// The number under which the chat is part of the log: drafts can be appended.
    pub(super) live: AtomicU64,
    /// The last number under which this server is no part of the chat any more.
    pub(super) over: AtomicU64,
    /// The sequence number of the last draft.
    pub(super) ordered: AtomicU64,
    /// The sequence number of the last draft that Redis has confirmed.
    pub(super) appended: AtomicU64,
    /// Drafts up to this sequence number were answered when the server was declared gone.
    pub(super) void: AtomicU64,
}

/// The thread.
pub(super) struct Appender {
    pub(super) link: Link,
    pub(super) scripts: Scripts,
    pub(super) token: String,
    pub(super) name: String,
    pub(super) lease: Duration,
    pub(super) orders: Receiver<Order>,
    pub(super) reports: SyncSender<Report>,
    pub(super) wake: Box<dyn Fn() + Send>,
    pub(super) status: Arc<Status>,
    /// The server ends: the thread appends the drafts, leaves the chat, and ends.
    pub(super) stop: Arc<AtomicBool>,
    /// Drafts that were not sent.
    pub(super) pending: VecDeque<Appended>,
    /// The batch whose answer was lost.
    pub(super) unsure: Vec<Appended>,
    /// The number of this server; 0 before it has joined.
    pub(super) epoch: u64,
    /// Whether Redis has said that this number is over.
    pub(super) is_stale: bool,
    pub(super) ending: bool,
    /// Probes that are not answered yet.
    pub(super) probes: Vec<Probe>,
    pub(super) figures: Arc<LogFigures>,
}

impl Appender {
    /// Runs until the end is ordered and all drafts are appended, or cannot be.
    pub(super) fn run(mut self) {
        let mut attempts = 0;
        loop {
            self.take_orders();
            self.drop_void();
            if self.must_join() {
                self.join();
            } else if self.may_append() {
                self.append();
            }
            self.answer_probes();
            if self.link.is_failing() || !self.may_append() {
                self.refuse_messages();
            }
            let is_done = self.pending.is_empty() && self.unsure.is_empty();
            if self.ending && (is_done || attempts == LAST_ATTEMPTS) {
                break;
            }
            let is_vain = self.link.is_failing() || !self.may_append();
            attempts += u32::from(self.ending && is_vain);
        }
        if self.epoch > 0 {
            let (scripts, epoch) = (&self.scripts, self.epoch);
            // Without it, the others wait for the end of the lease.
            let _ = self.link.call(|redis| scripts.leave(epoch, redis));
        }
    }

    /// Whether this server must join the chat.
    fn must_join(&self) -> bool {
        self.epoch == 0 || self.status.over.load(Ordering::Acquire) >= self.epoch
    }

    /// Whether drafts can be appended.
    fn may_append(&self) -> bool {
        let live = self.status.live.load(Ordering::Acquire);
        !self.must_join() && live == self.epoch && !self.is_stale
    }

    /// Whether there is something to do without an order.
    fn has_work(&self) -> bool {
        let has_drafts = !self.pending.is_empty() || !self.unsure.is_empty();
        self.ending || self.must_join() || (self.may_append() && has_drafts)
    }

    /// Takes the orders that are there, and waits for one if there is nothing to do.
    fn take_orders(&mut self) {
        let first = if !self.has_work() {
            self.orders.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else if self.link.is_failing() {
            self.orders.recv_timeout(self.link.wait())
        } else {
            Err(RecvTimeoutError::Timeout)
        };
        self.ending |= matches!(first, Err(RecvTimeoutError::Disconnected));
        for order in first.ok().into_iter().chain(self.orders.try_iter().take(QUEUE)) {
            match order {
                Order::Append(draft) => self.pending.push_back(draft),
                Order::Look => {}
                Order::Probe(probe) => self.probes.push(probe),
            }
        }
        self.ending |= self.stop.load(Ordering::Acquire);
    }

    /// Drops the drafts that were answered when this server was declared gone.
    fn drop_void(&mut self) {
        let void = self.status.void.load(Ordering::Acquire);
        self.pending.retain(|draft| draft.sequence > void);
        self.unsure.retain(|draft| draft.sequence > void);
    }

    fn join(&mut self) {
        let Appender { scripts, token, name, epoch, lease, .. } = self;
        let lease = u64::try_from(lease.as_millis()).unwrap_or(u64::MAX);
        let is_first = *epoch == 0;
        let joined = self.link.call(|redis| scripts.join(token, name, is_first, lease, redis));
        match joined {
            Ok(0) => {
                let failed = format!("another server has joined the chat as {name}");
                let _ = self.reports.send(Report::Failed(failed));
                (self.wake)();
                self.ending = true;
            }
            Ok(epoch) => {
                tracing::info!(server = epoch, name = self.name, "joined the chat");
                (self.epoch, self.is_stale) = (epoch, false);
                self.status.epoch.store(epoch, Ordering::Release);
            }
            Err(_) => {}
        }
    }

    /// Appends a batch: the one whose answer was lost, or the next one.
    fn append(&mut self) {
        let is_again = !self.unsure.is_empty();
        let mut batch = std::mem::take(&mut self.unsure);
        if !is_again {
            batch = self.pending.drain(..self.pending.len().min(BATCH)).collect();
        }
        if batch.is_empty() {
            return;
        }
        let epoch = self.epoch;
        batch.iter_mut().for_each(|draft| draft.epoch = epoch);
        let scripts = &self.scripts;
        let link = &mut self.link;
        let appended =
            self.figures.commit(|| link.call(|redis| scripts.append(epoch, &batch, redis)));
        if appended.is_err() {
            self.figures.count_failure();
        }
        match appended {
            Ok(true) => {
                let last = batch.last().map_or(0, |draft| draft.sequence);
                self.status.appended.store(last, Ordering::Release);
            }
            // The chat answers these drafts when it reads that this server is gone.
            Ok(false) => self.is_stale = true,
            Err(Failure::Unknown(_)) => self.unsure = batch,
            Err(_) if is_again => self.unsure = batch,
            Err(_) => {
                self.pending = batch.into_iter().chain(self.pending.drain(..)).collect();
            }
        }
    }

    /// Answers the probes, after a call that Redis has to store on its disk: it renews the lease.
    fn answer_probes(&mut self) {
        if self.probes.is_empty() {
            return;
        }
        let answer = if self.may_append() {
            let lease = u64::try_from(self.lease.as_millis()).unwrap_or(u64::MAX);
            let Appender { link, scripts, epoch, .. } = self;
            let renewed = link.call(|redis| scripts.renew(*epoch, lease, redis));
            renewed.map_err(|failure| failure.to_string())
        } else {
            Err("this server is not part of the chat now".to_owned())
        };
        for probe in self.probes.drain(..) {
            probe.answer(answer.clone());
        }
    }

    /// Refuses drafts that wait in vain: messages while Redis does not answer, and in any case those
    /// that are too many.
    fn refuse_messages(&mut self) {
        let is_failing = self.link.is_failing();
        let (mut refused, mut kept) = (Vec::new(), 0);
        self.pending.retain(|draft| {
            let is_presence = matches!(draft.content, Content::Change(Change::Presence(_)));
            if is_failing && !is_presence {
                refused.push((draft.sequence, Refusal::NotKept));
                return false;
            }
            if kept == QUEUE && !is_presence {
                refused.push((draft.sequence, Refusal::Busy));
                return false;
            }
            kept += 1;
            true
        });
        if !refused.is_empty() {
            let _ = self.reports.send(Report::Refused(refused));
            (self.wake)();
        }
    }
}
