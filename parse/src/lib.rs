//! What bytes mean: dicts, requests and responses.
//!
//! The middle layer. Below it are connections and frames; above it is the chat, which must never
//! learn how anything is written down. So this layer turns a frame into a [`Request`] and a
//! [`Response`] into bytes, and knows nothing else: not who is logged in, not what a command
//! does.
//!
//! Its one rule about meaning is the course's own: **the `error` key is there exactly when the
//! request failed**. [`Response`] is built so that it cannot be broken: a response holds either
//! a dict or an error.
//!
//! - [`Dict`] is a JSON object whose getters name the key, what was wanted and what was there.
//! - [`Dialect`](dialect::Dialect) is a framing and a codec: one way of writing all this down. Its
//!   [`Interpreter`](dialect::Interpreter)s make requests of what peers send, one for each of them.
//! - The `foreign` module refuses connections that are not meant for a chat: HTTP, TLS, SSH.
//! - [`Server`] and [`Link`] wrap their namesakes in `net`.
//!
//! Read it in this order: [`Dict`], [`Request`], [`Response`], [`dialect`], [`Server`].

pub mod address;
mod audience;
mod characters;
pub mod dialect;
mod dict;
mod error;
mod event;
mod foreign;
mod limits;
mod link;
mod request;
mod response;
mod roll;
mod server;
mod strict;
mod word;

pub use audience::Audience;
pub use characters::is_control;
pub use dict::{Dict, Value};
pub use error::{DictError, Failure, ParseError, Unreadable};
pub use event::{Arrival, Event, Peer, Presence};
pub use limits::Limits;
pub use link::{Link, LinkEvent, LinkReceiver, LinkSender, Unsent};
pub use request::Request;
pub use response::Response;
pub use server::{Listen, Server};
pub use word::is_word;

// What the layers above need of `net` they get here, so that they need not name it.
pub use net::{BindError, CloseReason, ConnectError, Drained, EngineKind, Flood, Waker};
