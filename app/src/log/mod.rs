//! The log: whatever is to last takes effect by being appended to it.
//!
//! A command does not deliver a message. It appends a [`Draft`], and the message is delivered
//! when the log hands it back as an [`Entry`]. So whatever a log has to do first (write it to a
//! disk, agree with another server) is done before anyone sees the message; and since everybody
//! is told in the order in which the log hands entries back, everybody sees the same order. The
//! same holds for everything else that must survive the process: an account, a ban, what an
//! administrator did.
//!
//! What the log holds can be looked at at once; only what it has handed back is to be seen.

#[cfg(test)]
mod contract;
mod memory;
mod retention;
mod sqlite;

use std::borrow::Cow;
use std::sync::Arc;

use parse::{Peer, Value};

use crate::passwords::Hash;
use crate::{Act, Ban, Message, Moment, Now, Page, PageSize, Refusal, Timestamp};

pub use memory::Memory;
pub use retention::Retention;
pub use sqlite::{AccountError, Accounts, DataError, Listed, Sqlite};

/// Something that has not taken effect yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// What is to take effect.
    pub change: Change,
    /// When it was asked for, by the wall clock.
    pub timestamp: Timestamp,
    /// Whom to answer; `None` where nobody waits for it.
    pub origin: Option<Origin>,
}

/// What can take effect.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Somebody says something.
    Say {
        /// Who says it.
        username: Arc<str>,
        /// In which room.
        room: Arc<str>,
        /// To whom alone, if not to everybody there.
        to: Option<Arc<str>>,
        /// What is said.
        text: String,
    },
    /// A name gets an account.
    Register(Account),
    /// An administrator does something.
    Administer {
        /// Who does it.
        by: Arc<str>,
        /// What.
        act: Act,
    },
}

/// Where a draft came from. A log keeps this beside it until it hands it back.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// Who asked.
    pub peer: Peer,
    /// The receiver, where it is a message for one alone.
    pub to: Option<Peer>,
    /// What was asked for.
    pub request: Cow<'static, str>,
    /// The tag of the request.
    pub tag: Option<Value>,
}

/// What became of a draft.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What took effect, or why nothing did.
    pub outcome: Result<Effect, Refusal>,
    /// Whom to answer; as it was in the draft.
    pub origin: Option<Origin>,
}

/// What took effect.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Somebody said this.
    Said(Message),
    /// This account was made.
    Registered(Account),
    /// An account was changed from outside: by another process, in the file.
    AccountChanged {
        /// Its name.
        username: Arc<str>,
        /// The account as it is now; `None` when it was removed.
        account: Option<Account>,
    },
    /// A message was taken back.
    Removed {
        /// Which one.
        id: u64,
        /// Where it had been said.
        room: Arc<str>,
    },
    /// An administrator did this, and it was not the removal of a message.
    Administered(Act),
}

/// A name with a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name, as it was written when it was registered.
    pub username: Arc<str>,
    /// What is kept of the password.
    pub hash: Hash,
    /// Whether it may administer the server.
    pub admin: bool,
}

/// Where everything that is to last goes, and comes back from.
pub trait Log {
    /// Takes something in. Never blocks; sooner or later it comes out of [`next`](Log::next).
    ///
    /// # Errors
    /// When too much is waiting already; then nothing comes out.
    fn append(&mut self, draft: Draft) -> Result<(), Refusal>;

    /// The next draft that is through, in log order, or a change from outside; `None` when there is
    /// none yet.
    fn next(&mut self) -> Option<Entry>;

    /// What was said to everybody in a room, before the message with the id `before` or up to
    /// now: the latest that fit into a page. Only what [`next`](Log::next) has handed back is in
    /// it.
    ///
    /// # Errors
    /// When it cannot be read.
    fn page(&self, room: &str, before: Option<u64>, size: PageSize) -> Result<Page, Refusal>;

    /// The account of this name, in whatever case.
    ///
    /// # Errors
    /// When it cannot be read.
    fn account(&self, username: &str) -> Result<Option<Account>, Refusal>;

    /// Whether there is this ban.
    ///
    /// # Errors
    /// When it cannot be read.
    fn is_banned(&self, ban: &Ban) -> Result<bool, Refusal>;

    /// Every ban, names first, each kind sorted.
    ///
    /// # Errors
    /// When it cannot be read.
    fn bans(&self) -> Result<Vec<Ban>, Refusal>;

    /// Forgets what is too old at this moment to be retained; gives the moment when there may be
    /// more. May be called as often as one likes; never blocks.
    fn expire(&mut self, now: Now) -> Option<Moment>;
}
