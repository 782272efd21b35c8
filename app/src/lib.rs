//! What a chat is: sessions, names, messages, commands, the log.
//!
//! This is the highest of Strata's three layers, and the one to extend. Peers send requests, and
//! the chat answers them. It knows no socket, no thread of `net`, no bytes and no JSON.
//!
//! Everything happens in one call, [`Chat::handle`]: it takes an event and the time, and adds to a
//! list of replies. The chat sends nothing itself. So it is a state machine: a unit test hands it
//! events and reads the replies, with no socket, no thread and no clock. `examples/chat.rs` does
//! the same in fifty lines.
//!
//! To add a command, start in `commands/`: it has one file for each command, and the table of all
//! commands. `handout/README.md` walks you through it.
//!
//! | to find | read |
//! |---|---|
//! | the loop that handles an event | `chat.rs`, with `pipeline.rs`, the queue of one peer |
//! | the state, and connect, login and logout | `state.rs` |
//! | sessions, names, rooms, disconnect | `roster.rs`, with `session.rs`, `people.rs`, `rooms.rs` |
//! | login deadlines | `timers.rs` |
//! | passwords and their limits | `authentication.rs`, with `throttle.rs`, `quota.rs`, `passwords/` |
//! | administrators, bans, kicks, the audit | `moderation.rs`, with `act.rs` |
//! | accounts that change while a peer uses them | `rights.rs` |
//! | how messages are stored | `log/`, with `history.rs` |
//! | how a stored message is delivered | `effects.rs` |
//! | every error that a request can get | `refusal.rs` |
//! | the loop that connects the chat to `parse` | `serve.rs` |

mod act;
mod authentication;
mod chat;
pub mod commands;
mod effects;
mod history;
mod limits;
mod log;
mod moderation;
mod network;
mod now;
pub mod passwords;
mod people;
mod pipeline;
mod quota;
mod refusal;
mod replies;
mod rights;
mod rooms;
mod roster;
mod serve;
mod session;
mod state;
#[cfg(test)]
mod testing;
mod text;
mod throttle;
mod timers;

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
pub use refusal::{Refusal, errors};
pub use replies::{Replies, Reply};
pub use serve::serve;
pub use state::State;

/// A date and time.
pub use jiff::Timestamp;

/// The version of Strata, which the `version` command returns.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
