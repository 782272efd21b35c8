//! A backup: a checked copy of a data file, also while a server uses the file.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::DataError;
use super::file;
use super::place::Place;

/// What a backup contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackedUp {
    /// The number of messages, whispers included.
    pub messages: u64,
    /// The number of accounts.
    pub accounts: u64,
}

/// The reason why there is no backup. An incomplete copy is deleted.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The data file cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The data file is the view of a shared chat.
    #[error(
        "{} is the view of a shared chat, which a server makes from Redis: back up Redis",
        path.display()
    )]
    View {
        /// The file.
        path: PathBuf,
    },
    /// A file has the name of the backup already.
    #[error("{} exists already; nothing was changed in it", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The system returned an error.
    #[error("cannot write the backup {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The error.
        source: io::Error,
    },
    /// SQLite returned an error.
    #[error("cannot copy {} to {}: {source}", from.display(), to.display())]
    Sqlite {
        /// The data file.
        from: PathBuf,
        /// The backup.
        to: PathBuf,
        /// The error.
        source: rusqlite::Error,
    },
    /// Another program prevented the copy.
    #[error("cannot copy {}: another program has locked it", from.display())]
    Locked {
        /// The data file.
        from: PathBuf,
    },
    /// The copy is damaged, because the data file is.
    #[error("{} is damaged: {what}", from.display())]
    Damaged {
        /// The data file.
        from: PathBuf,
        /// What SQLite found.
        what: String,
    },
}

/// Copies a data file as it is at one moment. The server that uses it goes on, and nothing is changed in
/// it. Only the owner can read the copy, as it contains hashes of passwords. The copy gets its name
/// when it is complete, checked and on the disk.
///
/// # Errors
/// Returns an error if a file has the name of the copy already, if the data file cannot be used or is
/// damaged, or if the copy cannot be written.
pub fn back_up(data: &Path, to: &Path) -> Result<BackedUp, BackupError> {
    let failed = |source| BackupError::Io { path: to.to_owned(), source };
    let place = Place::find(data)?;
    if fs::symlink_metadata(to).is_ok() {
        return Err(BackupError::Exists { path: to.to_owned() });
    }
    let source = file::connect_to_copy(&place).map_err(|error| match error {
        DataError::Shared { path } => BackupError::View { path },
        error => BackupError::Data(error),
    })?;
    let partial = partial(to);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial);
    let file = file.map_err(failed)?;
    let copied = copy(&source, place.path(), &partial).and_then(|copied| {
        file.sync_all().and_then(|()| name(&partial, to)).map_err(failed_or_exists(to))?;
        Ok(copied)
    });
    // A complete copy has its own name by now.
    let removed = fs::remove_file(&partial);
    let copied = copied?;
    removed.map_err(failed)?;
    folder_of(to).and_then(|folder| folder.sync_all()).map_err(failed)?;
    Ok(copied)
}

/// The name of the copy while it is incomplete.
fn partial(to: &Path) -> PathBuf {
    let mut name = to.to_owned().into_os_string();
    name.push(format!(".{}.partial", std::process::id()));
    PathBuf::from(name)
}

/// Copies all pages, checks the copy, and returns what it contains.
fn copy(source: &Connection, from: &Path, to: &Path) -> Result<BackedUp, BackupError> {
    let failed = |source| {
        let (from, to) = (from.to_owned(), to.to_owned());
        BackupError::Sqlite { from, to, source }
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut target = Connection::open_with_flags(to, flags).map_err(failed)?;
    // All pages in one step: in several, a backup begins again whenever the server commits something.
    let step = Backup::new(source, &mut target).and_then(|backup| backup.step(-1));
    if step.map_err(failed)? != StepResult::Done {
        return Err(BackupError::Locked { from: from.to_owned() });
    }
    // The copy is one file. A server that uses it makes its own write-ahead log.
    target.pragma_update(None, "journal_mode", "delete").map_err(failed)?;
    let check: String =
        target.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(failed)?;
    if check != "ok" {
        return Err(BackupError::Damaged { from: from.to_owned(), what: check });
    }
    let count = |table: &str| {
        target.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
    };
    let messages = count("messages").map_err(failed)?;
    let accounts = count("accounts").map_err(failed)?;
    target.close().map_err(|(_, error)| failed(error))?;
    Ok(BackedUp { messages, accounts })
}

/// Gives the complete copy its name. A link replaces no file that has the name by now.
fn name(partial: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(partial, to)
}

fn failed_or_exists(to: &Path) -> impl Fn(io::Error) -> BackupError {
    |source| match source.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists { path: to.to_owned() },
        _ => BackupError::Io { path: to.to_owned(), source },
    }
}

/// Opens the folder of a file.
fn folder_of(file: &Path) -> io::Result<File> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))
}
