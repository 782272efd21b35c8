//! The file: opened only if it is ours, and served by one server only.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::schema;

/// How long a write waits for another process (somebody changes an account) to finish its own.
const BUSY: Duration = Duration::from_secs(5);
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

/// Opens the file for writing, made and migrated where that is needed.
pub(super) fn open_or_make(path: &Path) -> Result<Connection, DataError> {
    make(path).map_err(|source| DataError::Io { path: path.to_owned(), source })?;
    open(path)
}

/// Opens a file that exists for writing, migrated where that is needed.
pub(super) fn open(path: &Path) -> Result<Connection, DataError> {
    let failed = |error| DataError::of(path, error);
    let identity = Identity::of(path);
    let identity = identity.map_err(|source| DataError::Io { path: path.to_owned(), source })?;
    if identity.names > 1 {
        // What SQLite keeps beside a file it finds by its name, and so does our lock.
        return Err(DataError::ManyNames { path: path.to_owned() });
    }
    let mut connection = connect(path).map_err(failed)?;
    // All of it at one moment: another process may be about to make it what it is to be.
    let reading = connection.transaction().map_err(failed)?;
    let found = version(&reading, path)?;
    drop(reading);
    if found < schema::VERSION {
        // Not under the feet of a server. (None runs on a file that has nothing in it.)
        let _lock = (found > 0).then(|| lock(path)).transpose()?;
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

/// Which file it is that has a name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Identity {
    pub(super) number: (u64, u64),
    /// How many names it has.
    names: u64,
}

impl Identity {
    #[cfg(unix)]
    pub(super) fn of(path: &Path) -> io::Result<Identity> {
        use std::os::unix::fs::MetadataExt;
        let file = fs::metadata(path)?;
        Ok(Identity { number: (file.dev(), file.ino()), names: file.nlink() })
    }

    /// Elsewhere a file that is open cannot be taken away.
    #[cfg(not(unix))]
    pub(super) fn of(path: &Path) -> io::Result<Identity> {
        fs::metadata(path).map(|_| Identity { number: (0, 0), names: 1 })
    }
}

/// A connection to a file that exists.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    // Without URIs: a file may be called anything.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    // A checkpoint is not for a commit to wait for; whoever writes much makes its own.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    // A commit is on the disk when it returns, also if the machine loses its power then.
    connection.pragma_update(None, "synchronous", "full")?;
    // What was taken back is gone, and not only forgotten.
    connection.pragma_update(None, "secure_delete", true)?;
    Ok(connection)
}

/// A connection for the chat's own thread, which only looks things up.
pub(super) fn connect_to_read(path: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(path)?;
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

/// Makes the file if it is not there, with its folder. Both are for their owner alone: there are
/// hashes of passwords in it.
fn make(path: &Path) -> io::Result<()> {
    let mut folder = fs::DirBuilder::new();
    let mut file = OpenOptions::new();
    file.append(true).create(true);
    #[cfg(unix)]
    {
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        folder.recursive(true).create(parent)?;
    }
    file.open(path).map(drop)
}

/// Locks the file for a server: a file beside it, because SQLite has locks of its own on the file
/// itself. The system gives it back when the process ends, in whatever way.
pub(super) fn lock(path: &Path) -> Result<File, DataError> {
    // By whatever name or link it is called.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut beside = path.clone().into_os_string();
    beside.push("-lock");
    let beside = PathBuf::from(beside);
    let failed = |source| DataError::Io { path: beside.clone(), source };
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&beside)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            let holder = holder.trim();
            let holder =
                if holder.is_empty() { String::new() } else { format!(" (process {holder})") };
            return Err(DataError::InUse { path: path.clone(), holder });
        }
        Err(TryLockError::Error(source)) => return Err(failed(source)),
    }
    // Who holds it is said for people; that it cannot be said (a full disk) is no reason to stop.
    let _ = file.set_len(0);
    let _ = writeln!(file, "{}", std::process::id());
    Ok(file)
}
