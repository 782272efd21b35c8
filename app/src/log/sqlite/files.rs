//! The files of an open database: the data file, its lock, and the two that SQLite keeps beside it.
//!
//! What a process writes into a file that was deleted is gone when the process ends. Without the lock
//! file a second server can start. With another `-wal` or `-shm` than other programs have, two
//! programs write at once. So the writer looks before each commit whether all of them are in place.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::lock;
use super::place::{Identity, Place};

/// The end of the name of the write-ahead log.
const WAL: &str = "-wal";
/// The end of the name of its index.
const SHM: &str = "-shm";

/// The files of an open database, as they were when it was opened.
#[derive(Debug, Clone)]
pub(super) struct Files {
    data: Watched,
    lock: Watched,
    wal: Watched,
    shm: Watched,
}

/// One file, and which one had its name at first; `None` if none had.
#[derive(Debug, Clone)]
struct Watched {
    path: PathBuf,
    opened: Option<(u64, u64)>,
}

/// State of a file that was there at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    InPlace,
    Missing,
    Replaced,
}

/// A file that is not in place any more.
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
    /// Notes which files there are. The database has been read, so SQLite has made its own.
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

    /// Returns the first file that is not in place any more.
    pub(super) fn displaced(&self) -> Option<Displaced> {
        [&self.data, &self.lock, &self.wal, &self.shm].into_iter().find_map(|file| {
            let state = file.state();
            let path = file.path.clone();
            (state != State::InPlace).then_some(Displaced { path, state })
        })
    }

    /// Whether what this process has in the write-ahead log may be copied into the data file.
    ///
    /// It may if all are in place. It may also if the log was deleted and nobody has made another:
    /// then this process has the only copy of the last messages. Beside another log or another index
    /// it would overwrite what a second program wrote.
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
