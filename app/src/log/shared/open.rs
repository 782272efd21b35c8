//! The start of a server on a shared log.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use redis::{Connection, RedisResult, cmd};

use super::append::{Appender, Status};
use super::end::Threads;
use super::follow::Follow;
use super::lease::Lease;
use super::link::{Link, connect};
use super::read::Reader;
use super::scripts::{Keys, Scripts};
use super::snapshot::{self, Keeper};
use super::waiting::Waiting;
use super::{Address, QUEUE, REPORTS, Shared, SharedError};
use crate::Retention;
use crate::log::LogFigures;
use crate::log::retention::Schedule;
use crate::log::sqlite::{Copier, View};

/// How long an answer takes at the start.
const ANSWER: Duration = Duration::from_secs(10);
/// How long an answer to a thread takes, unless a lease is short.
const PATIENCE: Duration = Duration::from_secs(2);
/// The longest wait between attempts to connect.
const WAIT: Duration = Duration::from_secs(1);
/// The most orders that may wait for the thread `keep`.
const UPKEEP: usize = 4;

/// How a server takes part in a shared log.
#[derive(Debug, Clone)]
pub struct Sharing {
    /// The address of the log.
    pub address: Address,
    /// The file of the view; `None` for a file that is removed at the end.
    pub view: Option<PathBuf>,
    /// The name of this server. No two servers of a chat may have the same.
    pub name: Arc<str>,
    /// Whether Redis may lose confirmed entries.
    pub lossy: bool,
    /// The messages to keep. Every server of a chat deletes what one of them deletes.
    pub retention: Retention,
}

impl Shared {
    /// Opens the log, and starts its threads. They call `wake` when [`next`](crate::Log::next) has an
    /// entry. Drafts wait until this server is part of the chat. `fail` is called once, with the
    /// reason, if the log cannot be followed any further.
    ///
    /// # Errors
    /// Returns an error if Redis does not answer or may lose entries, or if the file of the view
    /// cannot be used.
    pub fn open(
        sharing: Sharing,
        wake: impl Fn() + Send + Clone + 'static,
        fail: impl Fn(String) + Send + 'static,
    ) -> Result<Shared, SharedError> {
        let Sharing { address, view, name, lossy, retention } = sharing;
        let snapshot_every = address.snapshots;
        let failed = |source| SharedError::Redis { address: address.to_string(), source };
        let keys = Keys::of(&address.chat);
        let mut redis = connect(&address.redis, ANSWER).map_err(failed)?;
        // Without its password, Redis answers nothing.
        cmd("PING").query::<()>(&mut redis).map_err(failed)?;
        if !lossy {
            check_durable(&address, &mut redis)?;
        }
        let log = name_log(&keys, &mut redis).map_err(failed)?;
        let token = random();
        let folder = if view.is_none() { Some(make_folder(&token)?) } else { None };
        let path = view.or_else(|| folder.as_ref().map(|folder| folder.join("view.db")));
        let view = open_view(&path.unwrap_or_default(), &log, &address, &mut redis)?;

        let (orders, queue) = sync_channel(QUEUE);
        let (reports, taken) = sync_channel(REPORTS);
        let (upkeep, kept) = sync_channel(UPKEEP);
        let (status, stop) = (Arc::new(Status::default()), Arc::new(AtomicBool::new(false)));
        let figures = Arc::<LogFigures>::default();
        let link = |purpose, patience| {
            Link::new(&address.redis, purpose, patience, WAIT.min(address.lease / 3))
        };
        let appender = Appender {
            link: link("to append", PATIENCE),
            scripts: Scripts::new(&keys),
            token: token.clone(),
            name: name.to_string(),
            lease: address.lease,
            orders: queue,
            reports: reports.clone(),
            wake: Box::new(wake.clone()),
            status: Arc::clone(&status),
            stop: Arc::clone(&stop),
            pending: VecDeque::new(),
            unsure: Vec::new(),
            epoch: 0,
            is_stale: false,
            ending: false,
            probes: Vec::new(),
            figures: Arc::clone(&figures),
        };
        let reader = Reader {
            link: link("to read", PATIENCE),
            keys: keys.clone(),
            log,
            token: token.clone(),
            reports,
            wake: Box::new(wake),
            status: Arc::clone(&status),
            stop: Arc::clone(&stop),
            last: view.position(),
            newest: Vec::new(),
            own: 0,
            is_checked: false,
            seen: 0,
            figures: Arc::clone(&figures),
        };
        let lease = Lease {
            link: link("to renew the lease", PATIENCE.min(address.lease / 3)),
            scripts: Scripts::new(&keys),
            length: address.lease,
            status: Arc::clone(&status),
            stop: Arc::clone(&stop),
        };
        let keeper = Keeper {
            redis: address.redis.clone(),
            keys,
            token: token.clone(),
            copier: Copier::open(view.path())?,
            view: view.path().to_owned(),
            every: snapshot_every,
            orders: kept,
            stop: Arc::clone(&stop),
        };
        let (running, ended) = sync_channel(0);
        let handles = vec![
            start("append", &running, move || appender.run())?,
            start("read", &running, move || reader.run())?,
            start("lease", &running, move || lease.run())?,
            start("keep", &running, move || keeper.run())?,
        ];
        let position = view.position();
        Ok(Shared {
            view,
            folder,
            name,
            follow: Follow::new(token),
            reports: Some(taken),
            orders,
            upkeep: Some(upkeep),
            status,
            stop,
            threads: Threads { handles, ended },
            fail: Box::new(fail),
            has_failed: false,
            records: VecDeque::new(),
            steps: VecDeque::new(),
            ready: VecDeque::new(),
            waiting: Waiting::new(Arc::clone(&figures)),
            sequence: 0,
            must_look: false,
            snapshot_every,
            committed: position,
            snapshot_at: position,
            schedule: Schedule::new(retention),
            figures,
        })
    }
}

/// Starts a thread, which holds a sender until it ends.
fn start(
    name: &str,
    running: &SyncSender<Infallible>,
    run: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    let running = running.clone();
    let run = move || {
        let _running = running;
        run();
    };
    thread::Builder::new().name(name.to_owned()).spawn(run)
}

/// The settings of a Redis that loses nothing, and throws no key away.
const DURABLE: [(&str, &str); 4] = [
    ("appendonly", "yes"),
    ("appendfsync", "always"),
    // With `yes`, Redis confirms before it syncs while it rewrites its file.
    ("no-appendfsync-on-rewrite", "no"),
    ("maxmemory-policy", "noeviction"),
];

/// Checks that Redis has everything on its disk before it confirms it, and keeps it.
fn check_durable(address: &Address, redis: &mut Connection) -> Result<(), SharedError> {
    let mut setting = |name: &str| -> RedisResult<Option<String>> {
        let found: HashMap<String, String> = cmd("CONFIG").arg("GET").arg(name).query(redis)?;
        Ok(found.get(name).cloned())
    };
    let lossy = |why: String| Err(SharedError::Lossy { address: address.to_string(), why });
    for (name, wanted) in DURABLE {
        match setting(name) {
            Ok(Some(found)) if found == wanted => {}
            Ok(Some(found)) => return lossy(format!("its {name} is {found}")),
            Ok(None) => return lossy(format!("it has no setting {name}")),
            Err(error) => return lossy(format!("it does not tell its settings ({error})")),
        }
    }
    Ok(())
}

/// Returns the random name of the log, which gets one if it is new.
fn name_log(keys: &Keys, redis: &mut Connection) -> RedisResult<String> {
    cmd("HSETNX").arg(keys.meta()).arg("chat").arg(random()).query::<()>(redis)?;
    cmd("HGET").arg(keys.meta()).arg("chat").query(redis)
}

/// A random text.
fn random() -> String {
    let number = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", number(), number())
}

/// Makes a folder for a view that is not kept.
fn make_folder(token: &str) -> io::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("strata-view-{token}"));
    fs::DirBuilder::new().mode(0o700).create(&folder)?;
    Ok(folder)
}

/// Opens the view, and replaces it by the snapshot in Redis if it is too far behind.
fn open_view(
    path: &Path,
    log: &str,
    address: &Address,
    redis: &mut Connection,
) -> Result<View, SharedError> {
    let failed = |source| SharedError::Redis { address: address.to_string(), source };
    let keys = Keys::of(&address.chat);
    let mut view = View::open(path)?;
    let file = view.path().display().to_string();
    match view.chat() {
        Some(chat) if chat != log => {
            return Err(SharedError::Other { file, address: address.to_string() });
        }
        Some(_) => {}
        None => view.claim(log)?,
    }
    let (found, first) = range(&keys, redis).map_err(failed)?;
    let known = view.position();
    if known > found {
        return Err(SharedError::Behind { address: address.to_string(), file, found, known });
    }
    let is_trimmed = first.map_or(found > known, |first| first > known + 1);
    match snapshot::find(&keys, redis).map_err(failed)? {
        Some(snapshot) if is_trimmed || snapshot.number > known + address.snapshots => {
            let loaded = snapshot::load(view, snapshot, &keys, redis);
            loaded.map_err(|error| SharedError::snapshot(address.to_string(), &error))
        }
        None if is_trimmed => Err(SharedError::Trimmed { address: address.to_string() }),
        _ => Ok(view),
    }
}

/// Returns the number of the last entry that the log ever had, and that of the first one that it has.
fn range(keys: &Keys, redis: &mut Connection) -> RedisResult<(u64, Option<u64>)> {
    let last: Option<u64> = cmd("HGET").arg(keys.meta()).arg("last").query(redis)?;
    let first: Vec<(String, Vec<String>)> =
        cmd("XRANGE").arg(keys.log()).arg("-").arg("+").arg("COUNT").arg(1).query(redis)?;
    let first = first.first().and_then(|(id, _)| id.strip_suffix("-0")?.parse().ok());
    Ok((last.unwrap_or(0), first))
}
