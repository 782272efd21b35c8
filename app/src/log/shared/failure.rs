//! Why a shared log cannot be used.

use std::io;

use redis::RedisError;

use super::snapshot::SnapshotError;
use crate::log::DataError;

/// The reason why a shared log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SharedError {
    /// It is no address of a shared log.
    #[error(
        "invalid address of a shared log: {0}; expected redis://HOST:PORT/DB?chat=NAME or \
         redis+unix:///PATH?chat=NAME"
    )]
    Address(String),
    /// Redis does not answer, or answers with an error.
    #[error("cannot use Redis at {address}: {source}")]
    Redis {
        /// Its address, without a password.
        address: String,
        /// The error.
        source: RedisError,
    },
    /// Redis may lose confirmed entries.
    #[error(
        "Redis at {address} may lose messages that people have seen: {why}; set appendonly yes, \
         appendfsync always, no-appendfsync-on-rewrite no and maxmemory-policy noeviction in Redis, \
         or accept the loss with --lossy-log"
    )]
    Lossy {
        /// The address of Redis.
        address: String,
        /// The known part of its settings.
        why: String,
    },
    /// The data file cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The data file shows another log.
    #[error(
        "{file} shows another log than the chat in Redis at {address}; nothing was changed in it"
    )]
    Other {
        /// The data file.
        file: String,
        /// The address of the log.
        address: String,
    },
    /// Redis has lost entries.
    #[error(
        "Redis at {address} has lost entries that {file} contains: it has {found} entries, the file \
         {known}; to go on without them, remove the file"
    )]
    Behind {
        /// The address of Redis.
        address: String,
        /// The data file.
        file: String,
        /// The number of entries in Redis.
        found: u64,
        /// The number of entries in the file.
        known: u64,
    },
    /// The beginning of the log is gone, and there is no snapshot.
    #[error("the log in Redis at {address} was trimmed, and there is no snapshot of it")]
    Trimmed {
        /// The address of Redis.
        address: String,
    },
    /// The snapshot in Redis cannot be used.
    #[error("cannot use the snapshot in Redis at {address}: {why}")]
    Snapshot {
        /// The address of Redis.
        address: String,
        /// The error.
        why: String,
    },
    /// The other servers do not answer, or the log cannot be followed.
    #[error("cannot take part in the chat at {address}: {why}")]
    Apart {
        /// The address of the log.
        address: String,
        /// What is known.
        why: String,
    },
    /// A thread or a folder cannot be made.
    #[error("cannot follow the shared log: {0}")]
    Io(#[from] io::Error),
}

impl SharedError {
    pub(super) fn snapshot(address: String, error: &SnapshotError) -> SharedError {
        SharedError::Snapshot { address, why: error.to_string() }
    }
}
