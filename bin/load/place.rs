//! The place of the data of a measured server, and the time of a sync there.

use std::convert::Infallible;
use std::ffi::OsString;
use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Instant;

use tempfile::TempDir;

use crate::failure::Failure;
use crate::histogram::Histogram;

/// The argument that makes the server keep its data in memory.
const MEMORY: &str = ":memory:";

/// The number of syncs that are measured.
const SYNCS: usize = 100;

/// The bytes that are written before each sync: a page of a database, as for one saved message.
const PAGE: [u8; 4096] = [0; 4096];

/// The place of the data of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// In memory.
    Memory,
    /// In a file in a new folder inside this one.
    Folder(PathBuf),
}

impl FromStr for Place {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Place, Infallible> {
        Ok(if text == MEMORY { Place::Memory } else { Place::Folder(text.into()) })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Memory => f.write_str(MEMORY),
            Place::Folder(folder) => folder.display().fmt(f),
        }
    }
}

impl Place {
    /// The argument of `--data` for one server, and the folder that must exist until the server ends.
    pub(crate) fn occupy(&self) -> Result<(OsString, Option<TempDir>), Failure> {
        let Place::Folder(folder) = self else { return Ok((MEMORY.into(), None)) };
        let own = temporary(folder).map_err(|error| cannot("make a folder in", folder, &error))?;
        Ok((own.path().join("server.db").into(), Some(own)))
    }

    /// The name of a subject with its data here. It is the name of the engine if the data is in memory.
    pub(crate) fn name(&self, engine: &str) -> String {
        match self {
            Place::Memory => engine.to_owned(),
            Place::Folder(_) => format!("{engine} {self}"),
        }
    }

    /// Measures appending a page to a file here and syncing it. Returns an empty histogram for memory.
    pub(crate) fn sync(&self) -> Result<Histogram, Failure> {
        match self {
            Place::Memory => Ok(Histogram::new()),
            Place::Folder(folder) => {
                sync(folder).map_err(|error| cannot("sync a file in", folder, &error))
            }
        }
    }
}

fn sync(folder: &Path) -> io::Result<Histogram> {
    let own = temporary(folder)?;
    let mut file = OpenOptions::new().create(true).append(true).open(own.path().join("file"))?;
    let mut took = Histogram::new();
    for _ in 0..SYNCS {
        let began = Instant::now();
        file.write_all(&PAGE)?;
        file.sync_data()?;
        took.record(began.elapsed().as_nanos() as u64);
    }
    Ok(took)
}

/// Creates a folder that is deleted when the returned value is dropped.
fn temporary(folder: &Path) -> io::Result<TempDir> {
    tempfile::Builder::new().prefix("load-").tempdir_in(folder)
}

fn cannot(what: &str, folder: &Path, error: &io::Error) -> Failure {
    Failure::Usage(format!("cannot {what} {}: {error}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_in_memory_or_on_disk() {
        let folder = tempfile::tempdir().unwrap();
        let place: Place = folder.path().to_str().unwrap().parse().unwrap();
        let (file, own) = place.occupy().unwrap();
        assert!(Path::new(&file).starts_with(folder.path()));
        assert_eq!(place.sync().unwrap().count(), SYNCS as u64);
        drop(own);
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            0,
            "the folder is empty again"
        );

        assert_eq!(Place::Memory.occupy().unwrap().0, ":memory:");
        assert_eq!(Place::Memory.sync().unwrap().count(), 0);
        assert_eq!(":memory:".parse(), Ok(Place::Memory));
        let message = Place::Folder("/nowhere".into()).occupy().unwrap_err().to_string();
        assert!(message.starts_with("cannot make a folder in /nowhere: "), "{message}");
    }
}
