//! The thread `keep`: copies of the view in Redis, so that nobody has to read the whole log.
//!
//! Now and then one server stores its view in Redis, with the number of its last entry. Then the log
//! is trimmed to some way before that. A new server starts with the copy.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use redis::{Connection, ConnectionInfo, RedisError, cmd};

use super::link::connect;
use super::scripts::Keys;
use crate::log::DataError;
use crate::log::sqlite::{Copier, View};

/// Size of a chunk of a snapshot, in bytes.
const CHUNK: u64 = 4 * 1024 * 1024;
/// Idle time before the write-ahead log of the view is copied into the file.
const QUIET: Duration = Duration::from_millis(200);
/// Commits after which it is copied while the chat is never idle.
const COMMITS: u32 = 500;
/// How long an answer takes. Redis may have to write a chunk to its disk first.
const ANSWER: Duration = Duration::from_secs(10);
/// How long a server may need to store a snapshot, in milliseconds.
const STORING: u64 = 10 * 60 * 1000;

/// An order to the thread.
#[derive(Debug)]
pub(super) enum Upkeep {
    /// Entries were applied to the view.
    Applied,
    /// Stores a snapshot.
    Snapshot,
}

/// The thread.
pub(super) struct Keeper {
    pub(super) redis: ConnectionInfo,
    pub(super) keys: Keys,
    pub(super) copier: Copier,
    /// The file of the view.
    pub(super) view: PathBuf,
    /// The entries between two snapshots.
    pub(super) every: u64,
    pub(super) orders: Receiver<Upkeep>,
    /// The server ends, and does not wait for a snapshot.
    pub(super) stop: Arc<AtomicBool>,
}

/// Why a snapshot cannot be stored or loaded.
#[derive(Debug, thiserror::Error)]
pub(super) enum SnapshotError {
    #[error(transparent)]
    Redis(#[from] RedisError),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error("Redis no longer has all of the snapshot")]
    Incomplete,
}

impl Keeper {
    /// Runs until the queue of orders is closed.
    pub(super) fn run(self) {
        let mut commits = 0;
        loop {
            let order = if commits == 0 {
                self.orders.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                self.orders.recv_timeout(QUIET)
            };
            match order {
                Ok(Upkeep::Applied) if commits < COMMITS => commits += 1,
                Ok(Upkeep::Snapshot) => {
                    if let Err(error) = self.store() {
                        tracing::warn!(%error, "could not store a snapshot in Redis");
                    }
                }
                Ok(Upkeep::Applied) | Err(RecvTimeoutError::Timeout) => {
                    commits = 0;
                    if let Err(error) = self.copier.copy_log() {
                        tracing::warn!(%error, "could not copy the write-ahead log of the view");
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Stores a snapshot, unless another server does, or has just done.
    fn store(&self) -> Result<(), SnapshotError> {
        let mut redis = connect(&self.redis, ANSWER)?;
        let lock = self.keys.key("snapshot-lock");
        let taken: Option<String> =
            cmd("SET").arg(&lock).arg(1).arg("NX").arg("PX").arg(STORING).query(&mut redis)?;
        if taken.is_none() {
            return Ok(());
        }
        let copy = beside(&self.view, "-copy");
        let stored = self.store_copy(&copy, &mut redis);
        let _ = fs::remove_file(&copy);
        let _ = cmd("DEL").arg(&lock).query::<()>(&mut redis);
        stored
    }

    fn store_copy(&self, copy: &Path, redis: &mut Connection) -> Result<(), SnapshotError> {
        let _ = fs::remove_file(copy);
        // SQLite writes into the file that exists, which only the owner can read.
        drop(private(copy)?);
        let number = self.copier.copy(copy)?;
        let before = find(&self.keys, redis)?;
        if before.as_ref().is_some_and(|before| before.number + (self.every / 2).max(1) > number) {
            return Ok(());
        }
        let key = chunks(&self.keys, number);
        cmd("DEL").arg(&key).query::<()>(redis)?;
        let mut file = File::open(copy)?;
        let mut count = 0_u64;
        while !self.stop.load(Ordering::Acquire) {
            let mut chunk = Vec::new();
            Read::by_ref(&mut file).take(CHUNK).read_to_end(&mut chunk)?;
            if chunk.is_empty() {
                return self.finish(number, count, before, redis);
            }
            cmd("RPUSH").arg(&key).arg(chunk).query::<()>(redis)?;
            // If this server ends meanwhile, nobody needs the chunks.
            cmd("PEXPIRE").arg(&key).arg(STORING).query::<()>(redis)?;
            count += 1;
        }
        Ok(())
    }

    /// Makes the chunks the latest snapshot, and trims the log.
    fn finish(
        &self,
        number: u64,
        count: u64,
        before: Option<Snapshot>,
        redis: &mut Connection,
    ) -> Result<(), SnapshotError> {
        let key = chunks(&self.keys, number);
        let mut finish = redis::pipe();
        finish.atomic();
        finish.cmd("PERSIST").arg(&key);
        let meta = finish.cmd("HSET").arg(self.keys.meta());
        meta.arg("snapshot").arg(number).arg("chunks").arg(count);
        before.iter().for_each(|before| {
            finish.cmd("DEL").arg(chunks(&self.keys, before.number));
        });
        // Servers that are a little behind still find their next entry.
        let keep = number.saturating_sub(self.every);
        finish.cmd("XTRIM").arg(self.keys.log()).arg("MINID").arg(format!("{keep}-0"));
        finish.query::<()>(redis)?;
        tracing::info!(entry = number, chunks = count, "stored a snapshot in Redis");
        Ok(())
    }
}

/// A snapshot in Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Snapshot {
    /// The number of the last entry that it contains.
    pub(super) number: u64,
    chunks: u64,
}

/// Finds the latest snapshot.
pub(super) fn find(keys: &Keys, redis: &mut Connection) -> Result<Option<Snapshot>, RedisError> {
    let found: (Option<u64>, Option<u64>) =
        cmd("HMGET").arg(keys.meta()).arg("snapshot").arg("chunks").query(redis)?;
    Ok(found.0.zip(found.1).map(|(number, chunks)| Snapshot { number, chunks }))
}

/// Replaces a view by a snapshot. If a server stores another one meanwhile, it is that.
pub(super) fn load(
    view: View,
    mut snapshot: Snapshot,
    keys: &Keys,
    redis: &mut Connection,
) -> Result<View, SnapshotError> {
    let path = beside(view.path(), "-snapshot");
    while let Err(error) = fetch(&path, snapshot, keys, redis) {
        let latest = find(keys, redis)?.filter(|latest| *latest != snapshot);
        match (error, latest) {
            (SnapshotError::Incomplete, Some(latest)) => snapshot = latest,
            (error, _) => return Err(error),
        }
    }
    let view = view.replace(&path)?;
    if view.position() != snapshot.number {
        return Err(SnapshotError::Incomplete);
    }
    tracing::info!(entry = snapshot.number, "loaded the snapshot in Redis");
    Ok(view)
}

/// Writes a snapshot into a new file.
fn fetch(
    path: &Path,
    snapshot: Snapshot,
    keys: &Keys,
    redis: &mut Connection,
) -> Result<(), SnapshotError> {
    let _ = fs::remove_file(path);
    let mut file = private(path)?;
    for index in 0..snapshot.chunks {
        let key = chunks(keys, snapshot.number);
        let chunk: Option<Vec<u8>> = cmd("LINDEX").arg(key).arg(index).query(redis)?;
        file.write_all(&chunk.ok_or(SnapshotError::Incomplete)?)?;
    }
    file.sync_all()?;
    Ok(())
}

fn chunks(keys: &Keys, number: u64) -> String {
    keys.key(&format!("snapshot:{number}"))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(suffix);
    PathBuf::from(name)
}

/// Creates a file that only the owner can read.
fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}
