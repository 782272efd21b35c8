//! Ways of writing the same chat down.
//!
//! A [`Dialect`] is a framing (where a message ends) and a codec (what it says). A listener has
//! one, and whoever comes in there speaks it. The chat never learns which. One more is one file here,
//! and two lines in this one.

mod header;
mod json;

use std::sync::Arc;

use net::framing::Framing;

use crate::{Limits, Request, Response, Unreadable};

pub use header::Header;
pub use json::Json;

/// A framing and a codec.
pub trait Dialect: Send + Sync {
    /// The name under which `--listen` knows it.
    fn name(&self) -> &'static str;

    /// Where a message ends.
    fn framing(&self) -> Arc<dyn Framing>;

    /// Whoever makes requests of what one new peer sends.
    fn interpreter(&self) -> Box<dyn Interpreter>;

    /// What says this to a client. Whoever it is, it is the same: so it is made once, however many
    /// hear it.
    fn encode(&self, response: &Response) -> Speech;
}

/// Makes requests of what one peer sends, frame by frame.
pub trait Interpreter: Send {
    /// What a frame asks for; `None` when it says nothing (an empty line).
    ///
    /// # Errors
    /// When it is no request, with the reason.
    fn decode(&mut self, frame: &[u8]) -> Result<Option<Request>, Box<Unreadable>>;
}

/// How something is said: in no frame where a dialect does not say such a thing, in one, or in many.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Speech {
    /// The frames, in order.
    pub frames: Vec<Vec<u8>>,
    /// Nothing can be said after that: whoever hears it is hung up on.
    pub last: bool,
}

impl Speech {
    /// One frame.
    pub fn frame(frame: Vec<u8>) -> Speech {
        Speech { frames: vec![frame], last: false }
    }
}

/// A dialect that can be listened for.
pub struct Entry {
    /// The name under which `--listen` knows it.
    pub name: &'static str,
    /// One line that says what it is.
    pub summary: &'static str,
    /// The dialect, within these limits.
    pub make: fn(&Limits) -> Arc<dyn Dialect>,
}

/// Every dialect.
pub const DIALECTS: &[Entry] = &[json::ENTRY, header::ENTRY];

/// The dialect of this name.
pub fn find(name: &str) -> Option<&'static Entry> {
    DIALECTS.iter().find(|entry| entry.name == name)
}
