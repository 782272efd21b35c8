//! What a chat is: sessions, names, messages, commands, and the log of stored messages.
//!
//! This is the highest of Strata's three layers, and the one that you extend with commands. A
//! *peer* is one connection; a *person* is a peer with a name. Peers send requests, and the chat
//! answers them. The layer knows no socket, no thread of `net`, no bytes and no JSON.
//!
//! The chat is a state machine. Its main call, [`Chat::handle`], takes an event and the time of it,
//! and adds its replies to a list; [`Chat::deliver`] and [`Chat::tick`] do the same for work that
//! the log or the passwords have finished, and for deadlines. The chat sends nothing itself and
//! never asks for the time. So a unit test hands it events and reads the replies, with no socket
//! and no clock. `examples/chat.rs` does the same in fifty lines.
//!
//! To add a command, start in `commands/`: it has one file for each command, and the table of all
//! commands. Lab 11 in `handout/labs` walks you through it.
//!
//! | to find | read |
//! |---|---|
//! | the main loop: events from `parse`, replies to `parse` | `serve.rs` |
//! | how one event is handled | `chat.rs`, with `pipeline.rs`, the queue of one peer |
//! | what happens at connect, login and logout | `state.rs`, with `presence.rs`, which asks the log for a name |
//! | who is here: sessions, names, rooms, and what ends at a disconnect | `roster.rs`, with `session.rs`, `people.rs`, `rooms.rs` |
//! | login deadlines | `timers.rs` |
//! | passwords and their limits | `accounts.rs`, with `authentication.rs`, `throttle.rs`, `quota.rs`, `passwords/` |
//! | administrators, bans, mutes, kicks, the audit (who did what) | `moderation.rs`, with `act.rs`, `subject.rs`, `sanctions.rs`, `span.rs` |
//! | the operator changes the account of a peer that is logged in | `rights.rs` |
//! | how messages are stored | `log/`, with `history.rs` |
//! | the peers of other servers | `elsewhere.rs` |
//! | how a stored message is delivered | `effects.rs` |
//! | counters for the operator, and the questions of other threads | `figures.rs`, `inquiry.rs` |
//! | every error that a request can get | `refusal.rs` |

mod accounts;
mod act;
mod authentication;
mod chat;
pub mod commands;
mod effects;
mod elsewhere;
mod figures;
mod histogram;
mod history;
mod inquiry;
mod limits;
mod log;
mod moderation;
mod network;
mod now;
pub mod passwords;
mod pattern;
mod people;
mod pipeline;
mod presence;
mod quota;
mod refusal;
mod replies;
mod rights;
mod rooms;
mod roster;
mod sanctions;
mod serve;
mod session;
mod span;
mod state;
mod subject;
#[cfg(test)]
mod testing;
mod text;
mod throttle;
mod timed;
mod timers;
mod trace;
mod unconfirmed;

pub use act::{Act, Audited};
pub use chat::Chat;
pub use elsewhere::{is_elsewhere, peer_of, server_of};
pub use figures::Figures;
pub use histogram::Histogram;
pub use history::{Message, Page, PageSize};
pub use inquiry::{Ended, Inquirer, Inquiries, Unhealthy, inquiries};
pub use limits::Limits;
pub use log::{
    Account, AccountError, Accounts, Address, BackedUp, BackupError, Change, DataError, Departure,
    Draft, Effect, Entry, Listed, Log, LogFigures, MOST_KEPT, Memory, Ordered, Origin,
    PresenceChange, Present, Probe, Retention, Shared, SharedAccounts, SharedError, Sharing,
    Sqlite, back_up,
};
pub use network::Network;
pub use now::{Moment, Now};
pub use people::RESERVED;
pub use refusal::{Refusal, errors};
pub use replies::{Replies, Reply};
pub use sanctions::{Measure, Sanction, Sanctions, Terms};
pub use serve::serve;
pub use state::State;
pub use subject::Subject;
pub use text::check as check_text;
pub use trace::{Here, Ran, Trace};

/// A date and time.
pub use jiff::Timestamp;

/// The version of Strata, which the `version` command returns.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
