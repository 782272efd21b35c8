//! Dialects: ways of writing the same chat on the wire.
//!
//! A [`Dialect`] is a framing (the end of a message) and a codec (its meaning). Each listener has one
//! dialect, and every peer that connects there speaks it. The chat does not know the dialects. A new
//! dialect is one file in this folder and two lines in this file.

mod auto;
mod entry;
#[cfg(test)]
mod forgery;
mod header;
mod json;
mod keys;
mod ktn14;
mod ktn15;
mod menu;
#[cfg(test)]
mod pieces;
mod plain;
pub(crate) mod split;
mod spoken;
mod text;
mod values;

use std::sync::Arc;
use std::time::Duration;

use net::FramingError;
use net::framing::Framing;

use crate::{ParseError, Presence, Request, Response, Unreadable};

pub use auto::Auto;
pub use entry::{Choice, Choices, Entry, UnknownDialect, find};
pub use header::Header;
pub use json::Json;
pub use ktn14::Ktn14;
pub use ktn15::{Ktn15, Past};
pub use menu::Menu;
pub use plain::Plain;
pub use text::Text;

/// Every dialect of a listener.
pub const DIALECTS: &[Entry] = &[
    auto::ENTRY,
    json::ENTRY,
    ktn14::ENTRY,
    ktn15::ENTRY,
    text::ENTRY,
    menu::ENTRY,
    plain::ENTRY,
    header::ENTRY,
];

/// A framing and a codec.
///
/// ```
/// use parse::dialect::{Decoded, Dialect, Json};
/// use parse::{Dict, Limits, Request, Response};
///
/// let json = Json::new(&Limits::default());
/// let decoded = json.interpreter().decode(br#"{"request":"names"}"#);
/// assert_eq!(decoded, Ok(Decoded::Asked(Request::new("names", Dict::new()))));
///
/// let encoded = json.encode(&Response::ok("names", Dict::new().with("names", vec!["alice"])));
/// assert_eq!(encoded.frames, [br#"{"response":"names","names":["alice"]}"#]);
/// ```
pub trait Dialect: Send + Sync {
    /// Returns the name for `--listen`.
    fn name(&self) -> &'static str;

    /// Returns the framing, which finds the end of a message.
    fn framing(&self) -> Arc<dyn Framing>;

    /// Returns the pause between two messages to a peer. Clients of some dialects take the result of
    /// one read for one message. Other dialects have no pause.
    fn gap(&self) -> Option<Duration> {
        None
    }

    /// Returns whether a message may have several lines. Otherwise the server sends each line as a message.
    fn keeps_lines(&self) -> bool {
        false
    }

    /// Returns how the chat shows the peers that speak the dialect.
    fn presence(&self) -> Presence {
        Presence::Named
    }

    /// Explains that the stream of a peer could not be cut into frames.
    fn unframed(&self, error: FramingError) -> ParseError {
        ParseError::Unframed(error)
    }

    /// Returns the dialects that a peer may turn out to speak, if the first bytes decide that.
    fn candidates(&self) -> Vec<Arc<dyn Dialect>> {
        Vec::new()
    }

    /// Creates the interpreter for a new peer.
    fn interpreter(&self) -> Box<dyn Interpreter>;

    /// Encodes a response. It is the same for every peer, so the server encodes it once for all
    /// recipients. A response with a tag answers a request of an [`Interpreter`] of this dialect,
    /// which can put a note for the encoder into the tag.
    fn encode(&self, response: &Response) -> Encoded;
}

/// A decoder for the frames of one peer. It can remember earlier frames.
pub trait Interpreter: Send {
    /// Decodes a frame.
    ///
    /// # Errors
    /// If the frame is not a request.
    fn decode(&mut self, frame: &[u8]) -> Result<Decoded, Box<Unreadable>>;

    /// Sees the answer to a request of this peer that had a tag.
    fn answered(&mut self, _response: &Response) {}
}

/// The meaning of a frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Decoded {
    /// No request: an empty line, for example.
    Nothing,
    /// A request for the chat.
    Asked(Request),
    /// An answer by the dialect itself: to a goodbye, for example, or to a word that the dialect does
    /// not have. The peer gets it after the answers to its earlier requests.
    Answered(Response),
    /// The peer speaks the [candidate](Dialect::candidates) of this index from now on.
    Speaks(usize),
}

/// The frames of a response. A dialect omits some responses, and encodes others as many frames.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Encoded {
    /// The frames, in order.
    pub frames: Vec<Vec<u8>>,
    /// The time from these frames to the end of the connection, if the server closes it.
    pub close_after: Option<Duration>,
}

impl Encoded {
    /// Creates one frame.
    pub fn frame(frame: impl Into<Vec<u8>>) -> Encoded {
        Encoded::frames([frame])
    }

    /// Creates many frames.
    pub fn frames<T: Into<Vec<u8>>>(frames: impl IntoIterator<Item = T>) -> Encoded {
        Encoded { frames: frames.into_iter().map(Into::into).collect(), close_after: None }
    }

    /// Closes the connection after the frames.
    #[must_use]
    pub fn then_close(self) -> Encoded {
        self.then_close_after(Duration::ZERO)
    }

    /// Closes the connection this long after the frames.
    #[must_use]
    pub fn then_close_after(self, hold: Duration) -> Encoded {
        Encoded { close_after: Some(hold), ..self }
    }
}
