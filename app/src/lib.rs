//! What a chat is: sessions, names, messages, commands, the log.
//!
//! The highest of Strata's three layers, and the one to extend. It is asked things by peers and
//! answers them; it has never heard of a socket, a thread of `net`, a byte or a line of JSON.
//!
//! Everything follows from one call, [`Chat::handle`]: an event, the time, and a value to answer
//! into. Nothing is sent while the chat decides. So the chat is a state machine: a unit test
//! hands it events and reads what it answered, with no socket, no thread and no clock.
//!
//! - `chat.rs` looks a command up and checks its preconditions;
//! - `commands/` has one file for each command, and the table of all of them: start here if you
//!   want to add one (`handout/README.md` walks you through it);
//! - `session.rs`, `people.rs`, `rooms.rs`, `history.rs`, `throttle.rs`, `quota.rs` are the state, one
//!   noun each; `network.rs` is what counts as one address, `pipeline.rs` what a peer asks for while
//!   earlier answers are still to come;
//! - `arrivals.rs` is what becomes of whoever connects, `accounts.rs` how one comes in with a name,
//!   `strangers.rs` who has not yet, `observers.rs` who never does, `rights.rs` who may not stay,
//!   `leaving.rs` how one is gone;
//! - `admin.rs` is what administrators are for, `effect.rs` what follows when the log hands something
//!   back, `due.rs` what time brings, `now.rs` the two clocks that tell it;
//! - `refusal.rs` is every way in which the chat says no;
//! - `log/` is where a message must go before anyone sees it;
//! - `serve.rs` is the loop that connects all this to `parse`.

mod accounts;
mod act;
mod admin;
mod arrivals;
mod chat;
pub mod commands;
mod due;
mod effect;
mod history;
mod leaving;
mod limits;
mod log;
mod network;
mod now;
mod observers;
pub mod passwords;
mod people;
mod pipeline;
mod quota;
mod refusal;
mod replies;
mod rights;
mod rooms;
mod serve;
mod session;
mod strangers;
#[cfg(test)]
mod testing;
mod text;
mod throttle;

pub use act::{Act, Ban};
pub use chat::Chat;
pub use history::{Message, Page, PageSize};
pub use limits::Limits;
pub use log::{
    Account, AccountError, Accounts, Change, DataError, Draft, Effect, Entry, Listed, Log, Memory,
    Origin, Retention, Sqlite,
};
pub use network::Network;
pub use now::{Moment, Now};
pub use refusal::Refusal;
pub use replies::{Replies, Reply};
pub use serve::serve;

/// A date and time, as it stands in stamps.
pub use jiff::Timestamp;

/// The version of Strata, as the `version` command tells it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
