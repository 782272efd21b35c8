//! The network layer: sockets, framing, send and recv threads.
//!
//! This is the lowest of Strata's three layers. It knows connections and frames, but not their meaning:
//! no JSON, no user, no chat. The layer above uses three things:
//!
//! - [`Server`] listens and is **pulled**. [`Server::recv`] blocks until something happens and returns
//!   all events that are there. [`Server::send`] queues bytes for many connections and never blocks.
//!   [`Server::close`] flushes and hangs up. [`Server::pace`] is for peers that take the bytes of one
//!   read for one message.
//! - [`Link`] is the client's end of one connection. It connects within a deadline and then runs a send
//!   thread and a recv thread, because a person types while messages arrive.
//! - [`framing::Framing`] says where a message ends. TCP carries a stream of bytes, not messages: one
//!   read may return half a message, or three. Each connection has a decoder that cuts the stream into
//!   frames, so that the layers above never see a piece of one.
//!
//! Below the framing a connection may be encrypted: [`Listen::security`] and [`Link::connect_secured`] say how.
//! The engines move bytes through a [`Session`] and know no more about it; the feature `tls` has TLS.
//!
//! Most servers call back; this one is pulled, because the main path then reads downward. The thread that
//! owns the chat asks for events, decides, and sends. It holds no lock while it decides.
//!
//! Start with `examples/echo.rs`, a whole server. Then read in this order: [`event`](Event), [`framing`],
//! `inbox`, `send_queue`, `outbox` (the promises of a send), `engine/threads` (the textbook engine),
//! `engine/events` (the fast engine), [`Server`], [`Link`].

mod admission;
mod connect;
mod engine;
mod error;
mod event;
mod figures;
mod fingerprint;
mod flood;
pub mod framing;
mod handshake;
mod inbox;
mod limits;
mod link;
mod listen;
mod outbox;
mod recipients;
mod security;
mod send_queue;
mod server;
mod socket;
mod stream;
mod sync;
#[cfg(feature = "tls")]
pub mod tls;
mod trace;

pub use admission::Admission;
pub use engine::EngineKind;
pub use error::{BindError, ConnectError, FramingError};
pub use event::{Arrival, CloseReason, ConnId, End, Event, Frame, Wire};
pub use figures::Figures;
pub use fingerprint::Fingerprint;
pub use flood::Flood;
pub use limits::Limits;
pub use link::{Link, LinkEvent, LinkReceiver, LinkSender};
pub use listen::{Listen, Listening};
pub use recipients::Recipients;
pub use security::{Security, SecurityError, Session};
pub use server::{Drained, Server, Waker};
pub use trace::Trace;
