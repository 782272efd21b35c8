//! Passwords: what is made of them is kept, and to make it takes a while on purpose.
//!
//! So the chat does not do it. It hands the work over with a note of what it is for (an
//! [`Job`]), goes on, and gets the result with the job back. Nothing here can be printed:
//! a password must not reach a log line by accident.

mod pool;
mod queue;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use parse::{Peer, Value};

use crate::Refusal;
use crate::throttle::Attempt;

pub use pool::{Pool, hash};

/// How many characters a new password has.
pub const LENGTH: std::ops::RangeInclusive<usize> = 8..=128;

/// Whether this can be a new password.
///
/// # Errors
/// When it is shorter or longer than [`LENGTH`].
pub fn check(password: &str) -> Result<(), Refusal> {
    if LENGTH.contains(&password.chars().count()) { Ok(()) } else { Err(Refusal::BadPassword) }
}

/// What is to be done with a password.
pub enum Work {
    /// See whether it is the one that this was made of. Without a hash it is wrong, after the
    /// same time: whether a name is registered is nobody's business.
    Check {
        /// What somebody says the password is.
        password: String,
        /// The hash of the right one.
        hash: Option<Hash>,
    },
    /// Make what can be kept of it.
    Hash {
        /// The new password.
        password: String,
    },
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Work::Check { .. } => "Check",
            Work::Hash { .. } => "Hash",
        })
    }
}

/// What is kept of a password: a PHC string, which cannot be printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Hash(pub Arc<str>);

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hash")
    }
}

/// What the chat wants to know it for.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Who asked.
    pub peer: Peer,
    /// From where.
    pub address: IpAddr,
    /// For which name, as it is to be shown.
    pub username: Arc<str>,
    /// What was asked for.
    pub request: &'static str,
    /// The tag of the request.
    pub tag: Option<Value>,
    /// What is kept of the password of that name, as it was when somebody asked.
    pub hash: Option<Hash>,
    /// The try that this is, where it is a login.
    pub attempt: Option<Attempt>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobResult {
    /// It is the right password.
    Right,
    /// It is not.
    Wrong,
    /// This can be kept of it.
    Hash(Hash),
    /// It could not be done: the password was not looked at.
    Failed,
}

/// Whoever does the work.
pub trait Passwords {
    /// Takes work in. Never blocks; sooner or later it comes out of [`next`](Passwords::next).
    ///
    /// # Errors
    /// When too much is waiting already; then nothing comes out.
    fn submit(&mut self, work: Work, job: Job) -> Result<(), Refusal>;

    /// The next result; `None` when there is none yet.
    fn next(&mut self) -> Option<(Job, JobResult)>;
}
