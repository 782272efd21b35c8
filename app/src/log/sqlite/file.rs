//! The file: opened only if it is ours.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::place::{Identity, Place};
use super::{lock, schema};

/// How long a write waits for another process (somebody changes an account) to finish its own.
const BUSY: Duration = Duration::from_secs(5);
/// Size to which SQLite cuts the write-ahead log when it starts over, in bytes: about what collects
/// between two checkpoints of a busy chat. A log that another program's long read made larger does not
/// stay so.
const LOG_SIZE: u32 = 16 * 1024 * 1024;
/// How long the chat's own thread waits to read. Who reads waits for nobody, but in the moment
/// when another process opens the file or closes it.
const BUSY_READING: Duration = Duration::from_millis(100);

/// Why a file of data cannot be used. It is as it was.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The system says no.
    #[error("cannot open the data file {}: {source}", path.display())]
    Io {
        /// Which file, or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// SQLite says no.
    #[error("cannot use the data file {}: {source}", path.display())]
    Sqlite {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// A folder, a FIFO or a device.
    #[error("{} is {kind}; the data file has to be a regular file", path.display())]
    NotAFile {
        /// Which file.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
    },
    /// The lock file cannot be used.
    #[error("cannot lock the data file with {}: {source}", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file has the name of the lock file and is something else.
    #[error("{} is no lock file of a server; nothing was changed in it", path.display())]
    NotALock {
        /// Which file.
        path: PathBuf,
    },
    /// It holds something else.
    #[error("{} is no database; nothing was changed in it", path.display())]
    NoDatabase {
        /// Which file.
        path: PathBuf,
    },
    /// It is somebody else's.
    #[error("{} is a database of another program; nothing was changed in it", path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
    },
    /// It was written by a newer version.
    #[error(
        "{} was written by a newer version of Strata (its schema is {found}, this one knows {known}); \
         nothing was changed in it",
        path.display()
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// The version of its schema.
        found: i64,
        /// The version that we know.
        known: i64,
    },
    /// It has other names, under which another server may use it.
    #[error("{} has several names (hard links); it can be used under one only", path.display())]
    ManyNames {
        /// Which file.
        path: PathBuf,
    },
    /// Another server runs on it.
    #[error("{} is in use by another server{holder}", path.display())]
    InUse {
        /// Which file.
        path: PathBuf,
        /// Which process, if it has said so.
        holder: String,
    },
}

impl DataError {
    pub(super) fn of(path: &Path, source: rusqlite::Error) -> DataError {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => DataError::NoDatabase { path },
            _ => DataError::Sqlite { path, source },
        }
    }
}

/// Opens a file for writing, migrated where that is needed.
pub(super) fn open(place: &Place) -> Result<Connection, DataError> {
    let path = place.path();
    let failed = |error| DataError::of(path, error);
    let identity = Identity::of(path);
    let identity = identity.map_err(|source| DataError::Io { path: path.to_owned(), source })?;
    if identity.names > 1 {
        // What SQLite keeps beside a file it finds by its name, and so does our lock.
        return Err(DataError::ManyNames { path: path.to_owned() });
    }
    let mut connection = connect(place).map_err(failed)?;
    // All of it at one moment: another process may be about to make it what it is to be.
    let reading = connection.transaction().map_err(failed)?;
    let found = version(&reading, path)?;
    drop(reading);
    if found < schema::VERSION {
        // Not under the feet of a server. (None runs on a file that has nothing in it.)
        let _lock = (found > 0).then(|| lock::take(place)).transpose()?;
        let behavior = TransactionBehavior::Immediate;
        let transaction = connection.transaction_with_behavior(behavior).map_err(failed)?;
        // Somebody may have been faster.
        let found = version(&transaction, path)?;
        schema::migrate(&transaction, schema::STEPS, found).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        tracing::info!(file = %path.display(), from = found, to = schema::VERSION, "migrated");
    }
    connection.pragma_update(None, "journal_mode", "wal").map_err(failed)?;
    Ok(connection)
}

/// A connection to a file that exists.
fn connect(place: &Place) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(place.path(), flags)?;
    connection.busy_timeout(BUSY)?;
    // A checkpoint is not for a commit to wait for; whoever writes much makes its own.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", LOG_SIZE)?;
    // A commit is on the disk when it returns, also if the machine loses its power then.
    connection.pragma_update(None, "synchronous", "full")?;
    // What was taken back is gone, and not only forgotten.
    connection.pragma_update(None, "secure_delete", true)?;
    Ok(connection)
}

/// Copies what an earlier server left in the write-ahead log into the file, and empties the log: a
/// server that is killed after each short run would make it longer each time. Returns how many pages
/// could not be copied, because another program reads them.
pub(super) fn empty_log(connection: &Connection) -> rusqlite::Result<usize> {
    connection.busy_timeout(BUSY_READING)?;
    checkpoint(connection, "TRUNCATE")
}

/// Copies the write-ahead log into the file, as far as other programs let it; waits for none. Returns
/// how many pages could not be copied.
pub(super) fn copy_log(connection: &Connection) -> rusqlite::Result<usize> {
    checkpoint(connection, "PASSIVE")
}

fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<usize> {
    let checkpoint = format!("PRAGMA wal_checkpoint({mode})");
    let (pages, copied): (i64, i64) =
        connection.query_row(&checkpoint, [], |row| Ok((row.get(1)?, row.get(2)?)))?;
    Ok(usize::try_from(pages - copied).unwrap_or(0))
}

/// A connection for the chat's own thread, which only looks things up.
pub(super) fn connect_to_read(place: &Place) -> rusqlite::Result<Connection> {
    let connection = connect(place)?;
    connection.busy_timeout(BUSY_READING)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Which version the file has; 0 if there is nothing in it yet.
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
