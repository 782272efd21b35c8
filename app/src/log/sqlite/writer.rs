//! The `data` thread: it takes drafts from the queue, commits them as a batch, and hands them back.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use super::changes::commit;
use super::file;
use super::files::Files;
use super::forget::Forget;
use super::trial;
use super::watch::Watch;
use crate::Refusal;
use crate::log::retention::Sweep;
use crate::log::{Change, Draft, Effect, Entry, LogFigures, Probe};

/// The most drafts in one commit.
pub(super) const BATCH: usize = 4096;
/// The number of further batches that are committed, if they are ready, before a batch is handed
/// back. Entries that are handed back together need one write to each receiver. With a thousand
/// receivers, that takes longer than a few commits. If the batches were handed back one by one, the
/// senders would split into two halves that take turns, and the throughput would halve.
pub(super) const TOGETHER: usize = 4;
/// Pages after which the write-ahead log is copied into the file: the first number applies when it
/// is [`QUIET`], the second one always. A sync is faster if the log starts over than if it grows.
/// SQLite would copy it during a commit, and a sender would wait.
const CHECKPOINT: (usize, usize) = (500, 4000);
/// Pages that a small commit writes: the ends of a table, of its two indices and of the list of
/// ids.
const PAGES: usize = 4;
/// Size of a page, in bytes.
const PAGE: usize = 4096;
/// Size of a row in the tables and the indices without the text of a message, in bytes.
const ROW: usize = 200;
/// Idle time before the log is copied.
const QUIET: Duration = Duration::from_millis(200);
/// How long a commit waits for the write lock. Another program, such as `server account`, holds it
/// for a moment. After a failed write there is no wait, so that senders get the error immediately.
const LOCKED: Duration = Duration::from_millis(500);
/// Interval between looks for changes of other processes, while the thread is idle.
const LOOK: Duration = Duration::from_millis(500);

/// An order to the thread.
#[derive(Debug)]
pub(super) enum Order {
    /// Writes a draft, and hands it back.
    Write(Draft),
    /// Deletes messages.
    Sweep(Sweep),
    /// Answers whether a message could be committed.
    Probe(Probe),
}

pub(super) struct Writer {
    connection: Connection,
    /// The id of the last message. It also grows when a write fails, because the message may be on
    /// the disk in spite of the error.
    last: u64,
    /// Changes of other processes to accounts.
    watch: Watch,
    /// Whether the last look for changes failed.
    blind: bool,
    /// Wakes the chat.
    wake: Box<dyn Fn() + Send>,
    files: Files,
    /// The error of the last batch, if its write failed.
    failing: Option<String>,
    /// The approximate number of pages since the last checkpoint.
    uncopied: usize,
    /// The messages to delete.
    forget: Forget,
    /// Probes that are not answered yet.
    probes: Vec<Probe>,
    figures: Arc<LogFigures>,
}

impl Writer {
    /// Creates a writer that calls `wake` when it hands entries back, and writes only while all the
    /// `files` are in place. The write-ahead log has this number of `uncopied` pages.
    pub(super) fn new(
        connection: Connection,
        last: u64,
        uncopied: usize,
        watch: Watch,
        wake: impl Fn() + Send + 'static,
        files: Files,
        figures: Arc<LogFigures>,
    ) -> Writer {
        Writer {
            connection,
            last,
            watch,
            blind: false,
            wake: Box::new(wake),
            files,
            failing: None,
            uncopied,
            forget: Forget::default(),
            probes: Vec::new(),
            figures,
        }
    }

    /// Runs until the queue is closed and all drafts are written.
    pub(super) fn run(mut self, queue: &Receiver<Order>, batches: &SyncSender<Vec<Entry>>) {
        while let Some(first) = self.next_order(queue, batches) {
            let entries = self.commit_ready(first, queue);
            self.answer_probes(!entries.is_empty());
            if !entries.is_empty() {
                self.figures.count_entries(entries.len());
                self.hand_back(entries, batches);
                // A busy thread is never idle, so it also deletes a few messages after each batch.
                self.forget_some();
            }
            self.checkpoint_after(CHECKPOINT.1);
            self.tell_changes(batches);
        }
    }

    /// Returns the next order, and deletes old messages until there is one. Returns `None` if the queue
    /// is closed and empty.
    fn next_order(
        &mut self,
        queue: &Receiver<Order>,
        batches: &SyncSender<Vec<Entry>>,
    ) -> Option<Order> {
        loop {
            match queue.try_recv() {
                Ok(order) => return Some(order),
                // The thread is idle, so it can delete messages. It need not finish: the next server
                // continues.
                Err(TryRecvError::Empty) if !self.forget.is_over() => self.forget_some(),
                Err(TryRecvError::Empty) => return self.wait(queue, batches),
                Err(TryRecvError::Disconnected) => return None,
            }
        }
    }

    /// Commits all drafts that are ready, and returns their entries in the order of the queue. Never
    /// waits for an order.
    ///
    /// `first` and the orders in the queue are one batch, which has a single commit: [`take`](Writer::take)
    /// takes its drafts, and [`write`](Writer::write) writes them. Orders that arrive during the write are
    /// the next batch. At most [`TOGETHER`] batches follow the first one. A batch without a
    /// draft is the last one.
    fn commit_ready(&mut self, first: Order, queue: &Receiver<Order>) -> Vec<Entry> {
        let mut first = Some(first);
        let mut entries = Vec::new();
        for _ in 0..=TOGETHER {
            let drafts = self.take(first.take().into_iter().chain(queue.try_iter()));
            if drafts.is_empty() {
                break;
            }
            entries.extend(self.write(drafts));
        }
        entries
    }

    /// Hands entries to the chat, and wakes the chat so that it takes them. If the chat is gone, the
    /// entries are dropped; their drafts are on the disk in any case.
    fn hand_back(&self, entries: Vec<Entry>, batches: &SyncSender<Vec<Entry>>) {
        let _ = batches.send(entries);
        (self.wake)();
    }

    /// Hands the changes of other processes to the chat.
    fn tell_changes(&mut self, batches: &SyncSender<Vec<Entry>>) {
        match self.watch.changed(&self.connection) {
            Ok(entries) => {
                self.blind = false;
                if !entries.is_empty() {
                    self.hand_back(entries, batches);
                }
            }
            Err(error) if !self.blind => {
                self.blind = true;
                tracing::warn!(%error, "could not look for changed accounts; trying again");
            }
            Err(_) => {}
        }
    }

    /// Waits for the next order. While idle, looks for changes of other processes, and copies the
    /// write-ahead log into the file. Returns `None` if the queue is closed.
    fn wait(&mut self, queue: &Receiver<Order>, batches: &SyncSender<Vec<Entry>>) -> Option<Order> {
        let mut wait = if self.uncopied >= CHECKPOINT.0 { QUIET } else { LOOK };
        loop {
            match queue.recv_timeout(wait) {
                Ok(order) => return Some(order),
                Err(RecvTimeoutError::Timeout) => {
                    self.checkpoint_after(CHECKPOINT.0);
                    self.tell_changes(batches);
                    wait = LOOK;
                }
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Takes the drafts of the next batch from these orders, and carries out the other orders. A batch
    /// has at most [`BATCH`] orders; the others stay in the queue.
    fn take(&mut self, orders: impl Iterator<Item = Order>) -> Vec<Draft> {
        let drafts = orders.take(BATCH).filter_map(|order| match order {
            Order::Write(draft) => Some(draft),
            Order::Sweep(sweep) => {
                self.forget = Forget::find(&self.connection, sweep);
                None
            }
            Order::Probe(probe) => {
                self.probes.push(probe);
                None
            }
        });
        let drafts: Vec<Draft> = drafts.collect();
        self.figures.take_drafts(drafts.len());
        if !drafts.is_empty() {
            self.uncopied += PAGES + drafts.iter().map(size).sum::<usize>() / PAGE;
        }
        drafts
    }

    /// Writes all drafts of a batch, or none. Returns an entry for each draft, in the same order and with
    /// the origin of the draft.
    ///
    /// Nothing is written while one of the files is [displaced](Files::displaced). If nothing is written,
    /// for this or another reason, the outcome of every draft is [`Refusal::NotKept`]. In any case,
    /// [`note`](Writer::note) learns why nothing was written, or that the batch was written: from the
    /// text of the displaced file, or from the [`reason`](Writer::reason) of a failed commit.
    pub(super) fn write(&mut self, drafts: Vec<Draft>) -> Vec<Entry> {
        let written = match self.files.displaced() {
            None => self.commit(&drafts).map_err(|error| self.reason(&error)),
            Some(displaced) => Err(displaced.to_string()),
        };
        self.note(written.as_ref().err());
        let outcomes = written.unwrap_or_else(|_| vec![Err(Refusal::NotKept); drafts.len()]);
        let origins = drafts.into_iter().map(|draft| draft.origin);
        outcomes
            .into_iter()
            .zip(origins)
            .map(|(outcome, origin)| Entry { outcome, origin })
            .collect()
    }

    /// Commits drafts. Does not wait long for the write lock.
    fn commit(&mut self, drafts: &[Draft]) -> rusqlite::Result<Vec<Result<Effect, Refusal>>> {
        let wait = if self.failing.is_none() { LOCKED } else { Duration::ZERO };
        self.connection.busy_timeout(wait)?;
        let figures = Arc::clone(&self.figures);
        figures.commit(|| commit(&mut self.connection, &mut self.last, drafts))
    }

    /// Answers the probes. If the last batch was not written, or if there was none, a trial shows whether
    /// a message could be written now.
    fn answer_probes(&mut self, has_written: bool) {
        if self.probes.is_empty() {
            return;
        }
        let answer = if has_written && self.failing.is_none() { Ok(()) } else { self.try_out() };
        for probe in self.probes.drain(..) {
            probe.answer(answer.clone());
        }
    }

    /// Commits a transaction that writes as much as a long message does, and deletes it again.
    ///
    /// # Errors
    /// Returns the reason why nothing can be written.
    fn try_out(&mut self) -> Result<(), String> {
        if let Some(displaced) = self.files.displaced() {
            return Err(displaced.to_string());
        }
        self.uncopied += 2 * PAGES;
        let tried = self.connection.busy_timeout(LOCKED);
        let tried = tried.and_then(|()| trial::write(&mut self.connection));
        tried.map_err(|error| self.reason(&error))
    }

    /// Describes why a write failed.
    fn reason(&self, error: &rusqlite::Error) -> String {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy) => {
                format!("another program has locked {} for writing", self.files.data().display())
            }
            _ => error.to_string(),
        }
    }

    /// Records whether the last write failed. Logs when that changes.
    fn note(&mut self, failed: Option<&String>) {
        if failed.is_some() {
            self.figures.count_failure();
        }
        match failed {
            None if self.failing.is_some() => {
                let file = self.files.data().display();
                tracing::info!(%file, "the data can be written again");
            }
            Some(error) if self.failing.as_ref() != Some(error) => {
                tracing::error!(%error, "the data cannot be written; senders get an error");
                if self.files.displaced().is_some() {
                    // If the write-ahead log was deleted, this process has the only copy of it.
                    self.copy();
                }
            }
            _ => {}
        }
        self.failing = failed.cloned();
    }

    /// Copies the write-ahead log into the file if it has at least this many pages.
    fn checkpoint_after(&mut self, pages: usize) {
        if self.uncopied >= pages {
            self.copy();
        }
    }

    /// Copies the write-ahead log into the file.
    fn copy(&mut self) {
        self.uncopied = 0;
        if !self.files.may_copy() {
            return;
        }
        match file::copy_log(&self.connection) {
            // Another program reads the log. Try again when the thread is idle.
            Ok(left) => self.uncopied = left.min(CHECKPOINT.0),
            Err(error) => {
                tracing::warn!(%error, "could not copy the write-ahead log into the data file");
            }
        }
    }

    /// Deletes some of the old messages.
    fn forget_some(&mut self) {
        if self.files.displaced().is_some() {
            self.forget = Forget::default();
        }
        let count = self.forget.some(&self.connection);
        if count > 0 {
            self.uncopied += PAGES + count * ROW / PAGE;
        }
    }
}

/// Estimates how many bytes of pages a draft fills.
fn size(draft: &Draft) -> usize {
    let text = match &draft.change {
        Change::Say { text, .. } | Change::Keep { text, .. } => text.len(),
        _ => 0,
    };
    ROW + text
}
