//! How bytes move: sockets, framing, send and recv threads.
//!
//! This is the lowest of Strata's three layers. It knows connections and frames and nothing of
//! what they mean: no JSON, no user, no chat. What it gives to the layer above is small:
//!
//! - [`Server`] listens, and is **pulled**: [`Server::recv`] blocks until something happened and
//!   hands over everything that is there; [`Server::send`] queues bytes for many connections
//!   and never blocks; [`Server::close`] flushes and hangs up. [`Server::pace`] is for peers that
//!   take a read for a message.
//! - [`Link`] is the client's end of one connection: it connects with a deadline and then runs
//!   a send thread and a recv thread, because a person types while messages arrive.
//! - [`framing::Framing`] says where a message ends. TCP carries a stream of bytes, not
//!   messages: one read may return half a message, or three. A decoder per connection cuts the
//!   stream into frames, so that nothing above ever sees a piece of one.
//!
//! Why pulled, where most servers call back? Because then the main path reads downward in one
//! direction, a batch at a time: the thread that owns the chat asks for events, decides, and
//! sends, and no lock is held while it decides.
//!
//! Read it in this order: [`event`](Event), [`framing`], `send_queue`, `outbox` (what a send promises),
//! `engine/threads` (the textbook), `engine/events` (the fast one), [`Server`], [`Link`].

mod admission;
mod connect;
mod engine;
mod error;
mod event;
mod flood;
pub mod framing;
mod limits;
mod link;
mod listen;
mod outbox;
mod recipients;
mod send_queue;
mod server;
mod socket;
mod sync;

pub use admission::Admission;
pub use engine::EngineKind;
pub use error::{BindError, ConnectError, FramingError};
pub use event::{Arrival, CloseReason, ConnId, End, Event, Frame, Wire};
pub use flood::Flood;
pub use limits::Limits;
pub use link::{Link, LinkEvent, LinkReceiver, LinkSender};
pub use listen::{Listen, Listening};
pub use recipients::Recipients;
pub use server::{Drained, Server, Waker};
