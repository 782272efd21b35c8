//! The `data` thread: takes what has collected, commits it at once, hands it back.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use super::changes::commit;
use super::file;
use super::files::Files;
use super::forget::Forget;
use super::watch::Watch;
use crate::log::{Change, Draft, Effect, Entry};
use crate::{Refusal, Timestamp};

/// How many drafts one commit takes at most.
const BATCH: usize = 4096;
/// How many more batches are committed, if they are there already, before a batch is handed back.
/// What is handed back together is one write for each of its hearers, and with a thousand of them
/// that takes longer than a few commits do: handed back one by one, two halves of a crowd take
/// turns from then on, and half as much is said.
const TOGETHER: usize = 4;
/// After about so many pages the write-ahead log is copied into the file, when it is [`QUIET`]; and
/// after so many in any case: a log that starts over is synced sooner than one that grows. Left to
/// SQLite it would be done inside of a commit, and somebody would wait for it.
const CHECKPOINT: (usize, usize) = (500, 4000);
/// How many pages a commit writes, if it writes little: the ends of a table, of its two indices and
/// of the list of ids.
const PAGES: usize = 4;
/// Size of a page, in bytes.
const PAGE: usize = 4096;
/// Size of a row in the tables and the indices, in bytes, beside the text of a message.
const ROW: usize = 200;
/// How long there is nothing to do before there is time for that.
const QUIET: Duration = Duration::from_millis(200);
/// Wait for the write lock while the file can be written as a rule: another program (one that changes
/// an account, say) holds it for a moment. After a write that failed there is no wait, so that each
/// sender is told at once.
const LOCKED: Duration = Duration::from_millis(500);
/// How often it is looked whether another process has changed an account, while there is nothing
/// to do.
const LOOK: Duration = Duration::from_millis(500);

/// What is asked of the thread.
#[derive(Debug)]
pub(super) enum Order {
    /// Write this, and hand it back.
    Write(Draft),
    /// Forget what was said before a moment, and all but so many messages.
    Sweep { since: Option<Timestamp>, count: Option<usize> },
}

pub(super) struct Writer {
    connection: Connection,
    /// The id of the last message. It grows also when a message cannot be written: a disk that
    /// says no may have written it all the same.
    last: u64,
    /// What other processes do to the accounts.
    watch: Watch,
    /// That could not be seen the last time.
    blind: bool,
    /// Tells the chat that something is through.
    wake: Box<dyn Fn() + Send>,
    files: Files,
    /// Why the last batch could not be written, if it could not.
    failing: Option<String>,
    /// About how many pages were written since the last checkpoint.
    uncopied: usize,
    /// What is to be forgotten.
    forget: Forget,
}

impl Writer {
    /// A writer that calls `wake` when something is through, and writes only while all the `files` are
    /// in place. The write-ahead log has so many pages that are `uncopied`.
    pub(super) fn new(
        connection: Connection,
        last: u64,
        uncopied: usize,
        watch: Watch,
        wake: impl Fn() + Send + 'static,
        files: Files,
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
        }
    }

    /// The life of the thread: until nobody can append anything more, and all of it is written.
    pub(super) fn run(mut self, queue: &Receiver<Order>, batches: &SyncSender<Vec<Entry>>) {
        loop {
            let first = match queue.try_recv() {
                Ok(order) => order,
                // Now there is time for what nobody waits for. It need not be done at the end: the
                // next server goes on with it.
                Err(TryRecvError::Empty) if !self.forget.is_over() => {
                    self.forget_some();
                    continue;
                }
                Err(TryRecvError::Disconnected) => return,
                Err(TryRecvError::Empty) => match self.wait(queue, batches) {
                    Some(order) => order,
                    None => return,
                },
            };
            let mut first = Some(first);
            let mut through = Vec::new();
            for _ in 0..=TOGETHER {
                let drafts = self.take(first.take().into_iter().chain(queue.try_iter()));
                if drafts.is_empty() {
                    break;
                }
                self.uncopied += PAGES + drafts.iter().map(size).sum::<usize>() / PAGE;
                through.extend(self.write(drafts));
            }
            if !through.is_empty() {
                // When the chat is gone nobody is told, but all of it is still written.
                let _ = batches.send(through);
                (self.wake)();
                // A little each time: where there is never nothing to do, it is done all the same.
                self.forget_some();
            }
            self.checkpoint_after(CHECKPOINT.1);
            self.tell_changes(batches);
        }
    }

    /// Tells the chat which accounts another process has changed.
    fn tell_changes(&mut self, batches: &SyncSender<Vec<Entry>>) {
        match self.watch.changed(&self.connection) {
            Ok(entries) => {
                self.blind = false;
                if !entries.is_empty() {
                    let _ = batches.send(entries);
                    (self.wake)();
                }
            }
            Err(error) if !self.blind => {
                self.blind = true;
                tracing::warn!(%error, "cannot see whether accounts have changed; trying again");
            }
            Err(_) => {}
        }
    }

    /// Waits for the next order; looks what others do to the file now and then, and copies the
    /// write-ahead log into the file when it is quiet for a while. `None` when there will be no
    /// order any more.
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

    /// What is to be written next; the other orders are carried out.
    fn take(&mut self, orders: impl Iterator<Item = Order>) -> Vec<Draft> {
        let drafts = orders.take(BATCH).filter_map(|order| match order {
            Order::Write(draft) => Some(draft),
            Order::Sweep { since, count } => {
                self.forget = Forget::find(&self.connection, since, count);
                None
            }
        });
        let drafts: Vec<Draft> = drafts.collect();
        drafts
    }

    /// Writes them all, or none.
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

    fn commit(&mut self, drafts: &[Draft]) -> rusqlite::Result<Vec<Result<Effect, Refusal>>> {
        let wait = if self.failing.is_none() { LOCKED } else { Duration::ZERO };
        self.connection.busy_timeout(wait)?;
        commit(&mut self.connection, &mut self.last, drafts)
    }

    /// Says why a write failed.
    fn reason(&self, error: &rusqlite::Error) -> String {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy) => {
                format!("another program has locked {} for writing", self.files.data().display())
            }
            _ => error.to_string(),
        }
    }

    /// Notes how the last write went; says so in the log when that has changed.
    fn note(&mut self, failed: Option<&String>) {
        match failed {
            None if self.failing.is_some() => {
                let file = self.files.data().display();
                tracing::info!(%file, "the data can be written again");
            }
            Some(error) if self.failing.as_ref() != Some(error) => {
                tracing::error!(%error, "the data cannot be written; whoever says something is told so");
                if self.files.displaced().is_some() {
                    // If the write-ahead log was deleted, this process has the only copy of it.
                    self.copy();
                }
            }
            _ => {}
        }
        self.failing = failed.cloned();
    }

    /// Copies the write-ahead log into the file, if so much has collected.
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
            // Another program reads it; the next quiet moment is soon enough to try again.
            Ok(left) => self.uncopied = left.min(CHECKPOINT.0),
            Err(error) => {
                tracing::warn!(%error, "the write-ahead log cannot be copied into the file");
            }
        }
    }

    /// Forgets some of what is to be forgotten.
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
    let text = if let Change::Say { text, .. } = &draft.change { text.len() } else { 0 };
    ROW + text
}
