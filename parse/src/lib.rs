//! The meaning of bytes: dicts, requests and responses.
//!
//! This is the middle layer. The layer below moves frames over connections. The layer above is the
//! chat, which does not know how messages look on the wire. So this layer turns a frame into a
//! [`Request`] and a [`Response`] into bytes. It does not know who is logged in, or what a command
//! does.
//!
//! The course gives it one rule: **a response has the key `error` exactly if the request failed**. A
//! [`Response`] cannot break the rule, because it holds either a body or a [`Failure`].
//!
//! - [`Dict`] is a JSON object. If a value is missing or has the wrong type, its getters return an
//!   error that names the key, the expected type and the actual type.
//! - [`Dialect`](dialect::Dialect) is a framing and a codec: one way of writing a chat on the wire. An
//!   [`Interpreter`](dialect::Interpreter) decodes the frames of one peer.
//! - The `foreign` module refuses connections of other protocols: HTTP, TLS, SSH.
//! - [`Server`] and [`Link`] wrap the types of the same names in `net`.
//!
//! Start with `examples/dicts.rs`. Then read [`Dict`], [`Request`], [`Response`], [`dialect`] and
//! [`Server`], in this order.

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
mod trace;
mod word;

pub use audience::Audience;
pub use characters::{is_control, is_invisible};
pub use dict::{Dict, Value};
pub use error::{DictError, Failure, ParseError, Unreadable};
pub use event::{Arrival, Event, Peer, Presence};
pub use limits::Limits;
pub use link::{Link, LinkEvent, LinkReceiver, LinkSender, Unsent};
pub use request::Request;
pub use response::Response;
pub use server::{Listen, Listening, Server};
pub use trace::{Meaning, Trace};
pub use word::is_word;

// The layers above use these types of `net`, but do not depend on `net`.
#[cfg(feature = "tls")]
pub use net::tls;
pub use net::{
    BindError, CloseReason, ConnectError, Drained, EngineKind, Figures, Fingerprint, Flood,
    Security, SecurityError, Session, Waker,
};
