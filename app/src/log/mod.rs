//! The log: it stores messages, accounts, bans and the audit, and decides their order.
//!
//! A command does not deliver a message. It appends a [`Draft`]. The log commits the draft, which
//! may mean to write it to a disk or to agree with another server. Then it hands it back as an
//! [`Entry`], and the chat delivers the message. So no peer sees a message before the log has
//! committed it, and all peers see messages in the order of the log. The same is true of
//! everything else that must survive the process: accounts, bans and the audit. Who is here
//! ([`PresenceChange`]) goes through the log, too, and is ordered and not stored.
//!
//! Several servers may share a log. Then they are one chat, because each of them decides by the
//! entries of the log only. (Accounts and bans are read, and a server may read them earlier than
//! another one. So only the server of a peer looks at them.) A log of several servers names the peers of another server by
//! [`peer_of`](crate::peer_of): in a [`PresenceChange`], and in the [`Origin`] of an entry, which has
//! no tag there.
//!
//! The chat may read the log at any time. Of messages it finds only those that the log has handed
//! back; of accounts and bans it finds what is committed.
//!
//! ```
//! use app::{Change, Draft, Effect, Log, Memory, Retention, Timestamp};
//!
//! let mut log = Memory::new(Retention::default());
//! let (username, room) = ("alice".into(), "lobby".into());
//! let text = "hello".to_owned();
//! let change = Change::Say { username, room, to: None, text, action: false };
//! log.append(Draft { change, timestamp: Timestamp::UNIX_EPOCH, origin: None })?;
//!
//! let Some(Ok(Effect::Said(message))) = log.next().map(|entry| entry.outcome) else {
//!     panic!("no message");
//! };
//! assert_eq!((message.id, message.text.as_str()), (1, "hello"));
//! # Ok::<(), app::Refusal>(())
//! ```

#[cfg(test)]
mod contract;
mod figures;
mod memory;
mod ordered;
mod presence;
mod probe;
mod retention;
mod shared;
mod sqlite;

use std::borrow::Cow;
use std::sync::Arc;

use parse::{Peer, Value};

use crate::passwords::Hash;
use crate::{
    Act, Audited, Measure, Message, Moment, Now, Page, PageSize, Refusal, Sanction, Sanctions,
    Subject, Timestamp,
};

pub use figures::LogFigures;
pub use memory::Memory;
pub use ordered::Ordered;
pub use presence::{Departure, PresenceChange, Present};
pub use probe::Probe;
pub use retention::Retention;
pub use shared::{Address, Shared, SharedAccounts, SharedError, Sharing};
pub use sqlite::{
    AccountError, Accounts, BackedUp, BackupError, DataError, Listed, Sqlite, back_up,
};

/// A change that the log has not committed yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The change.
    pub change: Change,
    /// The time of the request, on the wall clock.
    pub timestamp: Timestamp,
    /// The request to answer; `None` if no peer waits for an answer.
    pub origin: Option<Origin>,
}

/// The most whispers that a log keeps for one person who is not here.
pub const MOST_KEPT: usize = 50;

/// The most bytes of their texts. All of them are sent at once after a login, so they stay far below
/// the high-water mark of an outbox (128 KiB).
const MOST_KEPT_BYTES: usize = 16 * 1024;

/// Whether a log may keep one more whisper for a person, for whom it keeps `count` with this number of
/// bytes.
fn may_keep(count: usize, bytes: usize, text: &str) -> bool {
    count < MOST_KEPT && bytes + text.len() <= MOST_KEPT_BYTES
}

/// A change.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A message.
    Say {
        /// The sender.
        username: Arc<str>,
        /// The room.
        room: Arc<str>,
        /// The receiver of a whisper; `None` if the message is for the whole room.
        to: Option<Arc<str>>,
        /// The text.
        text: String,
        /// Whether the text says what the sender does.
        action: bool,
    },
    /// A whisper that is kept until the receiver logs in.
    Keep {
        /// The sender.
        username: Arc<str>,
        /// The account of the receiver.
        to: Arc<str>,
        /// The text.
        text: String,
        /// Whether the text says what the sender does.
        action: bool,
    },
    /// The delivery of all whispers that are kept for an account, up to an id.
    Deliver {
        /// The account of the receiver.
        to: Arc<str>,
        /// The id of the last whisper that was delivered.
        until: u64,
    },
    /// A new account.
    Register(Account),
    /// Another password for an account.
    Password {
        /// The name of the account.
        username: Arc<str>,
        /// The hash that the account must still have.
        old: Hash,
        /// The hash of the new password.
        new: Hash,
    },
    /// What the owner of the chat has made of an account.
    Own {
        /// The name of the account.
        username: Arc<str>,
        /// The account; `None` if it is removed.
        account: Option<Account>,
        /// What the owner did, for the audit.
        what: String,
    },
    /// An act of an administrator.
    Administer {
        /// The account of the administrator.
        by: Arc<str>,
        /// The act.
        act: Act,
    },
    /// A change of presence.
    Presence(PresenceChange),
}

/// The request behind a draft. The log hands it back with the entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// The peer that sent the request.
    pub peer: Peer,
    /// The receiver of a whisper.
    pub to: Option<Peer>,
    /// The name of the request.
    pub request: Cow<'static, str>,
    /// The tag of the request.
    pub tag: Option<Value>,
}

/// The outcome of a draft.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The effect, or the reason why there is none.
    pub outcome: Result<Effect, Refusal>,
    /// The request to answer, from the draft.
    pub origin: Option<Origin>,
}

/// A change that the log has committed.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// A message.
    Said(Message),
    /// Kept whispers will not be delivered again.
    Delivered {
        /// The account of the receiver.
        to: Arc<str>,
        /// The id of the last whisper that was delivered.
        until: u64,
    },
    /// A new account.
    Registered(Account),
    /// An account was changed: by the request in the origin, or by another process.
    AccountChanged {
        /// The name of the account.
        username: Arc<str>,
        /// The account as it is now; `None` if it was removed.
        account: Option<Account>,
    },
    /// A message was deleted.
    Removed(Message),
    /// An act of an administrator that is none of the others.
    Administered(Act),
    /// A subject is banned or muted.
    Sanctioned {
        /// What the subject loses.
        measure: Measure,
        /// The name or the range.
        who: Subject,
        /// The sanction.
        sanction: Sanction,
    },
    /// A subject is not banned or muted any more.
    Lifted {
        /// What the subject gets back.
        measure: Measure,
        /// The name or the range.
        who: Subject,
    },
    /// A change of presence. The chat has not granted it yet.
    Presence(PresenceChange),
    /// A server with this number has joined the chat. Each other server appends a
    /// [`Roll`](PresenceChange::Roll) for it.
    ServerJoined(u64),
    /// The server with this number is gone, and so are all people there.
    ServerGone(u64),
    /// The other servers have declared this server gone, so all its people have left the chat. After
    /// this, the log joins the chat again, as another server. It hands back the
    /// [`Roll`](PresenceChange::Roll)s of the others before anything else.
    Separated,
}

/// A name with a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name, in the case in which it was registered.
    pub username: Arc<str>,
    /// The hash of the password.
    pub hash: Hash,
    /// Whether it is the account of an administrator.
    pub admin: bool,
}

/// A store for changes that decides their order.
pub trait Log {
    /// Appends a draft. Never blocks. [`next`](Log::next) returns the draft later.
    ///
    /// # Errors
    /// Returns an error if too many drafts wait. Then `next` does not return this one. A log may
    /// take a [change of presence](Change::Presence) in spite of that.
    fn append(&mut self, draft: Draft) -> Result<(), Refusal>;

    /// Returns the next draft that is done, in log order, or a change by another process. Returns
    /// `None` if there is none yet.
    fn next(&mut self) -> Option<Entry>;

    /// Returns the latest messages of a room that fit into a page, or the latest before the message
    /// with the id `before`. It contains only messages that [`next`](Log::next) has returned, and
    /// no whispers.
    ///
    /// # Errors
    /// Returns an error if the log cannot be read.
    fn page(&self, room: &str, before: Option<u64>, size: PageSize) -> Result<Page, Refusal>;

    /// Returns the whispers that are kept for an account, oldest first, at most [`MOST_KEPT`]. Like a
    /// page, they contain only messages that [`next`](Log::next) has returned.
    ///
    /// # Errors
    /// Returns an error if the log cannot be read.
    fn kept(&self, username: &str) -> Result<Vec<Message>, Refusal>;

    /// Returns the account with this name, in any case.
    ///
    /// # Errors
    /// Returns an error if the log cannot be read.
    fn account(&self, username: &str) -> Result<Option<Account>, Refusal>;

    /// Returns the bans and mutes as of the last entry that [`next`](Log::next) has returned.
    fn sanctions(&self) -> Arc<Sanctions>;

    /// Returns the latest acts in the audit, oldest first: before the row with the id `before`, and of
    /// this administrator in any case, where given. Returns at most `most` of them.
    ///
    /// # Errors
    /// Returns an error if the log cannot be read.
    fn audit(
        &self,
        who: Option<&str>,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<Audited>, Refusal>;

    /// Deletes messages that are too old or too many. Returns the moment at which there may be more
    /// to delete. Never blocks, and may be called at any time.
    fn expire(&mut self, now: Now) -> Option<Moment>;

    /// Answers whether a message could be committed now. Never blocks: the answer may come later, from
    /// another thread.
    fn probe(&mut self, probe: Probe) {
        probe.answer(Ok(()));
    }

    /// Returns the counters of the log.
    fn figures(&self) -> Arc<LogFigures> {
        Arc::default()
    }

    /// Returns the name of a server of this chat; the number 0 is this server. Returns `None` if the
    /// log does not know that server, or is not for several servers.
    fn server_name(&self, server: u64) -> Option<Arc<str>> {
        let _ = server;
        None
    }
}
