//! A log in one SQLite file. No peer sees a message that is not on the disk.
//!
//! The chat must not wait for the disk. So a separate thread, `data`, takes all drafts from the
//! queue, commits them as one batch (`writer.rs`), hands them back and wakes the chat. While it
//! waits for the disk, the next batch collects: the busier the chat, the larger the batches. Each
//! batch needs one sync.
//!
//! The chat reads on its own thread, over a second connection. SQLite's write-ahead log lets it
//! read while the other thread writes. A read returns at most a hundred rows, found by an index.

mod accounts;
mod backup;
mod changes;
mod file;
mod files;
mod forget;
mod lock;
mod place;
mod reader;
mod schema;
#[cfg(test)]
mod tests;
mod through;
mod trial;
mod view;
mod watch;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::retention::Schedule;
use super::{Account, Draft, Entry, Log, LogFigures, Probe, Retention};
use crate::log::Effect;
use crate::{Audited, Message, Moment, Now, Page, PageSize, Refusal, Sanctions};

pub use accounts::{AccountError, Accounts, Listed};
pub use backup::{BackedUp, BackupError, back_up};
pub use file::DataError;
use files::Files;
use lock::Lock;
use place::Place;
use through::Through;
pub(super) use view::{Copier, View};
use watch::Watch;
use writer::{Order, Writer};

/// The most drafts that may wait for the disk. At four kilobytes each that is 64 MiB.
const QUEUE: usize = 16 * 1024;
/// The most batches that may wait for the chat.
const BATCHES: usize = 64;

/// A log in a file.
#[derive(Debug)]
pub struct Sqlite {
    reader: Connection,
    /// `None` only during drop.
    channels: Option<(SyncSender<Order>, Receiver<Vec<Entry>>)>,
    thread: Option<JoinHandle<()>>,
    /// Entries of the last batch that `next` has not returned yet.
    through: Through,
    /// The largest id that `next` has returned.
    seen: u64,
    schedule: Schedule,
    files: Files,
    figures: Arc<LogFigures>,
    /// The lock on the file. Other processes may read and change accounts, but no other server may
    /// use the file.
    _lock: Lock,
}

impl Sqlite {
    /// Opens the file, and creates it and its folder if they do not exist, but no folder above it.
    /// Starts the `data` thread, which calls `wake` when [`next`](Log::next) has an entry.
    ///
    /// # Errors
    /// Returns an error if the file cannot be opened, is no data file of Strata, is in use by
    /// another server, or was written by a newer version. Then the file is not changed.
    pub fn open(
        path: &Path,
        retention: Retention,
        wake: impl Fn() + Send + 'static,
    ) -> Result<Sqlite, DataError> {
        let place = Place::find_or_make(path)?;
        let path = place.path();
        let connection = file::open_unshared(&place)?;
        let lock = lock::take(&place)?;
        let failed = |error| DataError::of(path, error);
        let reader = file::connect_to_read(&place).map_err(failed)?;
        let seen = schema::last_id(&reader).map_err(failed)?;
        let sanctions = reader::sanctions(&reader).map_err(failed)?;
        let uncopied = file::empty_log(&connection).unwrap_or_else(|error| {
            tracing::warn!(%error, "could not copy the write-ahead log into the data file");
            0
        });
        let watch = Watch::start(&connection).map_err(failed)?;
        let files = Files::of(&place);

        let (orders, queue) = mpsc::sync_channel(QUEUE);
        let (batches, through) = mpsc::sync_channel(BATCHES);
        let figures = Arc::<LogFigures>::default();
        let counted = Arc::clone(&figures);
        let writer = Writer::new(connection, seen, uncopied, watch, wake, files.clone(), counted);
        let thread = thread::Builder::new()
            .name("data".to_owned())
            .spawn(move || writer.run(&queue, &batches))
            .map_err(|source| DataError::Io { path: path.to_owned(), source })?;
        Ok(Sqlite {
            reader,
            channels: Some((orders, through)),
            thread: Some(thread),
            through: Through::new(sanctions),
            seen,
            schedule: Schedule::new(retention),
            files,
            figures,
            _lock: lock,
        })
    }

    fn order(&self, order: Order) -> Result<(), Refusal> {
        let (orders, _) = self.channels.as_ref().ok_or(Refusal::NotKept)?;
        orders.try_send(order).map_err(|error| match error {
            TrySendError::Full(_) => Refusal::Busy,
            TrySendError::Disconnected(_) => Refusal::NotKept,
        })
    }
}

impl Log for Sqlite {
    fn append(&mut self, draft: Draft) -> Result<(), Refusal> {
        self.schedule.count_draft();
        self.figures.count_draft();
        let ordered = self.order(Order::Write(draft));
        if ordered.is_err() {
            self.figures.take_drafts(1);
        }
        ordered
    }

    /// Returns the entries of a batch one at a time, then takes the next batch from the `data` thread.
    /// Never waits. The id of a message becomes `seen` when its entry is returned, so that a page does
    /// not contain the message before that.
    fn next(&mut self) -> Option<Entry> {
        if self.through.is_empty()
            && let Some((_, batches)) = &self.channels
        {
            self.through.extend(batches.try_recv().unwrap_or_default());
        }
        let entry = self.through.pop_front()?;
        if let Ok(Effect::Said(message)) = &entry.outcome {
            self.seen = message.id;
        }
        Some(entry)
    }

    fn page(&self, room: &str, before: Option<u64>, size: PageSize) -> Result<Page, Refusal> {
        let end = before.unwrap_or(u64::MAX).min(self.seen.saturating_add(1));
        reader::page(&self.reader, room, end, size).map_err(unreadable)
    }

    fn kept(&self, username: &str) -> Result<Vec<Message>, Refusal> {
        reader::kept(&self.reader, username, self.seen.saturating_add(1)).map_err(unreadable)
    }

    fn account(&self, username: &str) -> Result<Option<Account>, Refusal> {
        reader::account(&self.reader, username).map_err(unreadable)
    }

    fn sanctions(&self) -> Arc<Sanctions> {
        Arc::clone(&self.through.sanctions)
    }

    fn audit(
        &self,
        who: Option<&str>,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<Audited>, Refusal> {
        reader::audit(&self.reader, who, before, most).map_err(unreadable)
    }

    fn expire(&mut self, now: Now) -> Option<Moment> {
        if let Some(sweep) = self.schedule.due(now) {
            let is_ordered = self.order(Order::Sweep(sweep)).is_ok();
            self.schedule.ordered(is_ordered, now);
        }
        self.schedule.next()
    }

    fn probe(&mut self, probe: Probe) {
        let Some((orders, _)) = &self.channels else { return };
        match orders.try_send(Order::Probe(probe)) {
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
}

/// Logs why a read failed. The peer learns only that it failed.
fn unreadable(error: rusqlite::Error) -> Refusal {
    tracing::error!(%error, "could not read the data file");
    Refusal::NotRead
}

impl Drop for Sqlite {
    /// Waits until all drafts are on the disk.
    fn drop(&mut self) {
        // The writer ends when its queue is closed and empty.
        self.channels = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        // The last connection to close copies the write-ahead log into the file and deletes the log
        // by its name. By now that name may belong to the log of another program.
        if !self.files.may_copy() {
            let no_copy = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
            if let Err(error) = self.reader.set_db_config(no_copy, true) {
                tracing::warn!(%error, "could not prevent a copy of the write-ahead log into the data file");
            }
        }
    }
}
