//! The thread `keep`: copies of the view in Redis, which spare servers the whole log.
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

use redis::{Connection, ConnectionInfo, RedisError, RedisResult, Script, cmd};

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
    /// The secret of this server.
    pub(super) token: String,
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
        let (lock, owner) = (self.keys.key("snapshot-lock"), self.token.as_str());
        let taken: Option<String> =
            cmd("SET").arg(&lock).arg(owner).arg("NX").arg("PX").arg(STORING).query(&mut redis)?;
        if taken.is_none() {
            return Ok(());
        }
        let copy = beside(&self.view, "-copy");
        let stored = self.store_copy(&copy, owner, &mut redis);
        let _ = fs::remove_file(&copy);
        // Without the end, the lock and the chunks expire.
        let _ = self.call(END, &[owner], &mut redis);
        stored
    }

    fn store_copy(
        &self,
        copy: &Path,
        owner: &str,
        redis: &mut Connection,
    ) -> Result<(), SnapshotError> {
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
        let pushed = self.push(&key, copy, redis);
        if let Ok(Some(count)) = pushed
            && self.finish(number, count, owner, redis)?
        {
            tracing::info!(entry = number, chunks = count, "stored a snapshot in Redis");
            return Ok(());
        }
        // Redis may need the memory.
        let _ = cmd("DEL").arg(&key).query::<()>(redis);
        pushed.map(drop)
    }

    /// Stores the chunks of a file. Returns their number, or `None` if this server ends.
    pub(super) fn push(
        &self,
        key: &str,
        copy: &Path,
        redis: &mut Connection,
    ) -> Result<Option<u64>, SnapshotError> {
        let mut file = File::open(copy)?;
        let mut count = 0_u64;
        while !self.stop.load(Ordering::Acquire) {
            let mut chunk = Vec::new();
            Read::by_ref(&mut file).take(CHUNK).read_to_end(&mut chunk)?;
            if chunk.is_empty() {
                return Ok(Some(count));
            }
            let mut push = redis::pipe();
            push.atomic().cmd("RPUSH").arg(key).arg(chunk);
            // If this server ends before that, the chunks are not needed.
            push.cmd("PEXPIRE").arg(key).arg(STORING).query::<()>(redis)?;
            count += 1;
        }
        Ok(None)
    }

    /// Makes the chunks the latest snapshot, and trims the log. Returns false if the lock or a chunk has
    /// expired: this server stood still, and another one may have stored a snapshot meanwhile.
    pub(super) fn finish(
        &self,
        number: u64,
        count: u64,
        owner: &str,
        redis: &mut Connection,
    ) -> Result<bool, SnapshotError> {
        // Servers that are a little behind still find their next entry.
        let keep = number.saturating_sub(self.every);
        let [number, count, keep] = [number, count, keep].map(|number| number.to_string());
        Ok(self.call(FINISH, &[owner, &number, &count, &keep], redis)?)
    }

    fn call(&self, script: &str, args: &[&str], redis: &mut Connection) -> RedisResult<bool> {
        let script = Script::new(script);
        let mut call = script.prepare_invoke();
        for name in ["snapshot-lock", "meta", "log", "snapshot:"] {
            call.key(self.keys.key(name));
        }
        call.arg(args).invoke(redis)
    }
}

/// Makes the chunks the latest snapshot: the owner of the lock, the number of the snapshot, that of its
/// chunks, and that of the first entry to keep.
const FINISH: &str = "
local lock, meta, log, chunks = unpack(KEYS)
local owner, number, count, keep = unpack(ARGV)
if redis.call('GET', lock) ~= owner then return 0 end
if redis.call('LLEN', chunks .. number) ~= tonumber(count) then return 0 end
local before = redis.call('HGET', meta, 'snapshot')
redis.call('PERSIST', chunks .. number)
redis.call('HSET', meta, 'snapshot', number, 'chunks', count)
if before and before ~= number then redis.call('DEL', chunks .. before) end
redis.call('XTRIM', log, 'MINID', keep .. '-0')
return 1
";

/// Gives the lock back: its owner.
const END: &str = "
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
";

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

/// Replaces a view by a snapshot. If a server stores another one during this, it is that one.
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
