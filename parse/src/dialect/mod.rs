//! Ways of writing the same chat down.
//!
//! A [`Dialect`] is a framing (where a message ends) and a codec (what it says). A listener has
//! one, and whoever comes in there speaks it. The chat never learns which. One more is one file here,
//! and two lines in this one.

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

/// Every dialect that can be listened for.
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
pub trait Dialect: Send + Sync {
    /// The name under which `--listen` knows it.
    fn name(&self) -> &'static str;

    /// Where a message ends.
    fn framing(&self) -> Arc<dyn Framing>;

    /// How long to wait between two messages to the same peer, where its clients take what one
    /// read returns for one message; `None` where they do not.
    fn gap(&self) -> Option<Duration> {
        None
    }

    /// How whoever speaks it is there.
    fn presence(&self) -> Presence {
        Presence::Named
    }

    /// Explains that the stream of a peer could not be cut into frames.
    fn unframed(&self, error: FramingError) -> ParseError {
        ParseError::Unframed(error)
    }

    /// The dialects that a peer may turn out to speak, where the first bytes have to tell.
    fn candidates(&self) -> Vec<Arc<dyn Dialect>> {
        Vec::new()
    }

    /// Whoever makes requests of what one new peer sends.
    fn interpreter(&self) -> Box<dyn Interpreter>;

    /// What says this to a client. Whoever it is, it is the same: so it is made once, however many
    /// hear it. A response with a tag answers a request of this dialect's own interpreter, which
    /// may have put into the tag what it wants to know here.
    fn encode(&self, response: &Response) -> Speech;
}

/// Makes requests of what one peer sends, frame by frame.
pub trait Interpreter: Send {
    /// What a frame asks for.
    ///
    /// # Errors
    /// When it is no request, with the reason.
    fn decode(&mut self, frame: &[u8]) -> Result<Heard, Box<Unreadable>>;

    /// A request of this peer that had a tag is answered.
    fn answered(&mut self, _response: &Response) {}
}

/// What a frame says.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// Nothing: an empty line, say.
    Nothing,
    /// A request for the chat.
    Asked(Request),
    /// Something that the dialect answers itself: a goodbye, say, or a word that it does not have.
    /// The answer waits for the answers to the peer's earlier requests.
    Answered(Response),
    /// Whoever sends it speaks this one of the [candidates](Dialect::candidates), from now on.
    Speaks(usize),
}

/// How something is said: in no frame where a dialect does not say such a thing, in one, or in many.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Speech {
    /// The frames, in order.
    pub frames: Vec<Vec<u8>>,
    /// Nothing can be said after that: whoever hears it is hung up on, so long after it.
    pub end: Option<Duration>,
}

impl Speech {
    /// One frame.
    pub fn frame(frame: impl Into<Vec<u8>>) -> Speech {
        Speech::frames([frame])
    }

    /// Many frames.
    pub fn frames<T: Into<Vec<u8>>>(frames: impl IntoIterator<Item = T>) -> Speech {
        Speech { frames: frames.into_iter().map(Into::into).collect(), end: None }
    }

    /// After which whoever hears it is hung up on.
    #[must_use]
    pub fn and_the_end(self) -> Speech {
        self.and_the_end_after(Duration::ZERO)
    }

    /// The same, after a while.
    #[must_use]
    pub fn and_the_end_after(self, hold: Duration) -> Speech {
        Speech { end: Some(hold), ..self }
    }
}
