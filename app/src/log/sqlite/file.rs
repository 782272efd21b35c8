//! The data file. It is opened only if it belongs to Strata.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, TransactionBehavior};

use super::place::{Identity, Place};
use super::{lock, schema};

/// How long a write waits for a write of another process, such as `server account`.
const BUSY: Duration = Duration::from_secs(5);

/// Greatest number of attempts to switch to a write-ahead log while other connections open the file.
const WAL_TRIES: usize = 100;
/// Size to which SQLite cuts the write-ahead log when it starts over, in bytes: about as much as a
/// busy chat writes between two checkpoints. If a long read of another program makes the log larger,
/// it becomes smaller again.
const LOG_SIZE: u32 = 16 * 1024 * 1024;
/// How long a read on the thread of the chat waits. It has to wait only while another process opens
/// or closes the file.
const BUSY_READING: Duration = Duration::from_millis(100);

/// The reason why a data file cannot be used. The file is not changed.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The system returned an error.
    #[error("cannot open the data file {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The error.
        source: io::Error,
    },
    /// SQLite returned an error.
    #[error("cannot use the data file {}: {source}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// The error.
        source: rusqlite::Error,
    },
    /// The path names a folder, a FIFO or a device.
    #[error("{} is {kind}; the data file has to be a regular file", path.display())]
    NotAFile {
        /// The file.
        path: PathBuf,
        /// The kind of file.
        kind: &'static str,
    },
    /// The lock file cannot be used.
    #[error("cannot lock the data file with {}: {source}", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// The error.
        source: io::Error,
    },
    /// The file with the name of the lock file is not a lock file.
    #[error("{} is no lock file of a server; nothing was changed in it", path.display())]
    NotALock {
        /// The file.
        path: PathBuf,
    },
    /// The file is not a database.
    #[error("{} is no database; nothing was changed in it", path.display())]
    NoDatabase {
        /// The file.
        path: PathBuf,
    },
    /// The file is a database of another program.
    #[error("{} is a database of another program; nothing was changed in it", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a newer version.
    #[error(
        "{} was written by a newer version of Strata (its schema is {found}, this one knows {known}); \
         nothing was changed in it",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of its schema.
        found: i64,
        /// The version that this program knows.
        known: i64,
    },
    /// The file has other names. Another server may use it under one of them.
    #[error("{} has several names (hard links); it can be used under one only", path.display())]
    ManyNames {
        /// The file.
        path: PathBuf,
    },
    /// The file shows a chat of several servers.
    #[error(
        "{} belongs to a chat of several servers; use it with --shared, and nothing was changed in it",
        path.display()
    )]
    Shared {
        /// The file.
        path: PathBuf,
    },
    /// The file has data of a server that shared no log.
    #[error(
        "{} has data of a server without --shared; nothing was changed in it",
        path.display()
    )]
    NotShared {
        /// The file.
        path: PathBuf,
    },
    /// Another server uses the file.
    #[error("{} is in use by another server{holder}", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
        /// The process, if the lock file names it.
        holder: String,
    },
}

impl DataError {
    pub(in crate::log) fn of(path: &Path, source: rusqlite::Error) -> DataError {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => DataError::NoDatabase { path },
            _ => DataError::Sqlite { path, source },
        }
    }
}

/// Opens a file for writing, and migrates it if its version is older.
pub(super) fn open(place: &Place) -> Result<Connection, DataError> {
    let path = place.path();
    let failed = |error| DataError::of(path, error);
    let identity = Identity::of(path);
    let identity = identity.map_err(|source| DataError::Io { path: path.to_owned(), source })?;
    if identity.names > 1 {
        // SQLite and the lock find the other files by the name of this one.
        return Err(DataError::ManyNames { path: path.to_owned() });
    }
    let mut connection = connect(place).map_err(failed)?;
    // Read all of it in one transaction, because another process may migrate the file now.
    let reading = connection.transaction().map_err(failed)?;
    let found = version(&reading, path)?;
    drop(reading);
    if found < schema::VERSION {
        // Do not migrate a file that a server uses. (No server uses an empty file.)
        let _lock = (found > 0).then(|| lock::take(place)).transpose()?;
        let behavior = TransactionBehavior::Immediate;
        let transaction = connection.transaction_with_behavior(behavior).map_err(failed)?;
        // Another process may have migrated it since.
        let found = version(&transaction, path)?;
        schema::migrate(&transaction, schema::STEPS, found).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        tracing::info!(file = %path.display(), from = found, to = schema::VERSION, "migrated");
    }
    use_wal(&mut connection).map_err(failed)?;
    Ok(connection)
}

/// Switches the file to a write-ahead log, unless it has one. SQLite does not wait for other connections
/// here, so a connection that meets one waits in a transaction and tries again.
fn use_wal(connection: &mut Connection) -> rusqlite::Result<()> {
    for _ in 0..WAL_TRIES {
        match connection.pragma_update(None, "journal_mode", "wal") {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?.commit()?;
            }
            done => return done,
        }
    }
    connection.pragma_update(None, "journal_mode", "wal")
}

/// Opens a connection to a file that exists.
fn connect(place: &Place) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(place.path(), flags)?;
    connection.busy_timeout(BUSY)?;
    // A commit must not wait for a checkpoint. The writer makes checkpoints itself.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", LOG_SIZE)?;
    // When a commit returns, it survives a power cut.
    connection.pragma_update(None, "synchronous", "full")?;
    // Overwrite deleted messages on the disk.
    connection.pragma_update(None, "secure_delete", true)?;
    Ok(connection)
}

/// Copies the write-ahead log of an earlier server into the file, and empties the log. Otherwise a
/// server that is killed after each short run would make the log longer each time. Returns the number
/// of pages that could not be copied because another program reads them.
pub(super) fn empty_log(connection: &Connection) -> rusqlite::Result<usize> {
    connection.busy_timeout(BUSY_READING)?;
    checkpoint(connection, "TRUNCATE")
}

/// Copies the write-ahead log into the file, without a wait for other programs. Returns the number of
/// pages that could not be copied.
pub(super) fn copy_log(connection: &Connection) -> rusqlite::Result<usize> {
    checkpoint(connection, "PASSIVE")
}

fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<usize> {
    let checkpoint = format!("PRAGMA wal_checkpoint({mode})");
    let (pages, copied): (i64, i64) =
        connection.query_row(&checkpoint, [], |row| Ok((row.get(1)?, row.get(2)?)))?;
    Ok(usize::try_from(pages - copied).unwrap_or(0))
}

/// Opens a connection for the thread of the chat, which only reads.
pub(super) fn connect_to_read(place: &Place) -> rusqlite::Result<Connection> {
    let connection = connect(place)?;
    connection.busy_timeout(BUSY_READING)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Opens a connection for a copy of the file, which may be of an older version.
pub(super) fn connect_to_copy(place: &Place) -> Result<Connection, DataError> {
    let path = place.path();
    let connection = connect_to_read(place).map_err(|error| DataError::of(path, error))?;
    connection.busy_timeout(BUSY).map_err(|error| DataError::of(path, error))?;
    match version(&connection, path)? {
        0 => Err(DataError::NoDatabase { path: path.to_owned() }),
        // An older file has no place for a position.
        _ if position(&connection).is_ok_and(|position| position.is_some()) => {
            Err(DataError::Shared { path: path.to_owned() })
        }
        _ => Ok(connection),
    }
}

/// Returns the chat of several servers to which a file belongs, and the last entry that it contains.
pub(super) fn position(connection: &Connection) -> rusqlite::Result<Option<(String, u64)>> {
    let position = "SELECT chat, entry FROM position";
    connection.query_row(position, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

/// Opens the file of a server that shares no log.
pub(super) fn open_unshared(place: &Place) -> Result<Connection, DataError> {
    let connection = open(place)?;
    match position(&connection) {
        Ok(None) => Ok(connection),
        Ok(Some(_)) => Err(DataError::Shared { path: place.path().to_owned() }),
        Err(error) => Err(DataError::of(place.path(), error)),
    }
}

/// Returns the version of the file; 0 if it is empty.
fn version(connection: &Connection, path: &Path) -> Result<i64, DataError> {
    let failed = |error| DataError::of(path, error);
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get(0));
    let application: i64 = pragma("application_id").map_err(failed)?;
    let found: i64 = pragma("user_version").map_err(failed)?;
    let path = path.to_owned();
    if application == schema::APPLICATION {
        let known = schema::VERSION;
        return if found > known {
            Err(DataError::Newer { path, found, known })
        } else {
            Ok(found)
        };
    }
    let tables = "SELECT count(*) FROM sqlite_schema";
    let tables: i64 = connection.query_row(tables, [], |row| row.get(0)).map_err(failed)?;
    if application == 0 && found == 0 && tables == 0 {
        Ok(0)
    } else {
        Err(DataError::Foreign { path })
    }
}
