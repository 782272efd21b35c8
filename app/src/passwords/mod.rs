//! Passwords: their hashes, and the threads that compute them.
//!
//! A hash takes a long time, so that an attacker cannot try many passwords. The chat does not wait
//! for it. It submits [`Work`] together with a [`Job`], which names the request. Later it gets the
//! job back with a [`JobResult`]. The `Debug` output of these types contains no password and no hash,
//! so that none reaches a log line by accident.

mod pool;
mod queue;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use parse::{Peer, Value};

use crate::Refusal;
use crate::throttle::Attempt;

pub use pool::{Pool, hash};

/// The number of characters in a new password.
pub const LENGTH: std::ops::RangeInclusive<usize> = 8..=128;

/// Checks the length of a new password.
///
/// # Errors
/// Returns an error if it is shorter or longer than [`LENGTH`].
///
/// ```
/// use app::{Refusal, passwords};
///
/// assert_eq!(passwords::check("correct horse"), Ok(()));
/// assert_eq!(passwords::check("horse"), Err(Refusal::BadPassword));
/// ```
pub fn check(password: &str) -> Result<(), Refusal> {
    if LENGTH.contains(&password.chars().count()) { Ok(()) } else { Err(Refusal::BadPassword) }
}

/// Work on a password.
pub enum Work {
    /// Compares a password with a hash. Without a hash the result is wrong after the same time, so
    /// that the time does not reveal whether a name is registered.
    Check {
        /// The password that the client sent.
        password: String,
        /// The hash of the right password.
        hash: Option<Hash>,
    },
    /// Hashes a new password.
    Hash {
        /// The new password.
        password: String,
    },
    /// Hashes a new password if the old one is right.
    Change {
        /// The old password that the client sent.
        old: String,
        /// The hash of the right one.
        hash: Hash,
        /// The new password.
        new: String,
    },
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Work::Check { .. } => "Check",
            Work::Hash { .. } => "Hash",
            Work::Change { .. } => "Change",
        })
    }
}

/// The hash of a password, as a PHC string. Its `Debug` output does not contain it.
#[derive(Clone, PartialEq, Eq)]
pub struct Hash(pub Arc<str>);

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hash")
    }
}

/// The request behind some work.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The peer that sent the request.
    pub peer: Peer,
    /// The address of the peer.
    pub address: IpAddr,
    /// The name of the account, in the case in which it was registered.
    pub username: Arc<str>,
    /// The name of the request.
    pub request: &'static str,
    /// The tag of the request.
    pub tag: Option<Value>,
    /// The hash of the account at the time of the request.
    pub hash: Option<Hash>,
    /// Whether a login logs out the peer that has the name.
    pub replaces: bool,
    /// The try that a login counts as.
    pub attempt: Option<Attempt>,
}

/// The result of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobResult {
    /// The password is right.
    Right,
    /// The password is wrong.
    Wrong,
    /// The hash of a new password.
    Hash(Hash),
    /// The work could not be done.
    Failed,
}

/// A worker for passwords.
pub trait Passwords {
    /// Submits work. Never blocks. [`next`](Passwords::next) returns the job later.
    ///
    /// # Errors
    /// Returns an error if too much work waits. Then `next` does not return this job.
    fn submit(&mut self, work: Work, job: Job) -> Result<(), Refusal>;

    /// Returns the next job that is done, or `None` if there is none yet.
    fn next(&mut self) -> Option<(Job, JobResult)>;
}
