//! The files of an open database: the data file, its lock, and the two that SQLite keeps beside it.
//!
//! If another program deletes or replaces one of them, data can be lost. A deleted file is gone when
//! the process ends. Without the lock file a second server can start. If two programs use different
//! `-wal` or `-shm` files, they overwrite each other's data. So the writer checks before each commit
//! that all files are in place.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::lock;
use super::place::{Identity, Place};

/// Suffix of the write-ahead log.
const WAL: &str = "-wal";
/// Suffix of the index of the write-ahead log.
const SHM: &str = "-shm";

/// The files of an open database, as they were when it was opened.
#[derive(Debug, Clone)]
pub(super) struct Files {
    data: Watched,
    lock: Watched,
    wal: Watched,
    shm: Watched,
}

/// One file, and the file that had its name at the start; `None` if there was none.
#[derive(Debug, Clone)]
struct Watched {
    path: PathBuf,
    opened: Option<(u64, u64)>,
}

/// State of a file that existed at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    InPlace,
    Missing,
    Replaced,
}

/// A file that is no longer in place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Displaced {
    path: PathBuf,
    state: State,
}

impl fmt::Display for Displaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        let what = if self.state == State::Missing { "is missing" } else { "was replaced" };
        write!(f, "{path} {what}: put it back, or restart the server")
    }
}

impl Files {
    /// Records the files. SQLite has made its own when the database was read.
    pub(super) fn of(place: &Place) -> Files {
        let watch = |path: PathBuf| Watched { opened: number(&path).ok(), path };
        Files {
            data: watch(place.path().to_owned()),
            lock: watch(place.beside(lock::SUFFIX)),
            wal: watch(place.beside(WAL)),
            shm: watch(place.beside(SHM)),
        }
    }

    /// Path of the data file.
    pub(super) fn data(&self) -> &Path {
        &self.data.path
    }

    /// Returns the first file that is no longer in place.
    pub(super) fn displaced(&self) -> Option<Displaced> {
        [&self.data, &self.lock, &self.wal, &self.shm].into_iter().find_map(|file| {
            let state = file.state();
            let path = file.path.clone();
            (state != State::InPlace).then_some(Displaced { path, state })
        })
    }

    /// Whether this process may copy its write-ahead log into the data file.
    ///
    /// It may if all files are in place. It also may if the log was deleted and there is no other
    /// log: then this process has the only copy of the last messages. If there is another log or
    /// index, the copy would overwrite data of a second program.
    pub(super) fn may_copy(&self) -> bool {
        match (self.data.state(), self.wal.state(), self.shm.state()) {
            (State::InPlace, State::InPlace, State::InPlace) => true,
            (State::InPlace, State::Missing, shm) => shm != State::Replaced,
            _ => false,
        }
    }
}

impl Watched {
    fn state(&self) -> State {
        match (self.opened, number(&self.path)) {
            (None, _) => State::InPlace,
            (Some(opened), Ok(found)) if opened == found => State::InPlace,
            (Some(_), Ok(_)) => State::Replaced,
            (Some(_), Err(_)) => State::Missing,
        }
    }
}

fn number(path: &Path) -> io::Result<(u64, u64)> {
    Identity::of(path).map(|file| file.number)
}
