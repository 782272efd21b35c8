//! Ways of writing the same chat down.
//!
//! A [`Dialect`] is a framing (where a message ends) and a codec (what it says). A listener has
//! one, and whoever comes in there speaks it. The chat never learns which.

mod json;

use std::sync::Arc;

use net::framing::Framing;

use crate::{Request, Response, Unreadable};

pub use json::Json;

/// A framing and a codec.
pub trait Dialect: Send + Sync {
    /// The name under which `--listen` knows it.
    fn name(&self) -> &'static str;

    /// Where a message ends.
    fn framing(&self) -> Arc<dyn Framing>;

    /// What a frame from a client asks for; `None` when it says nothing (an empty line).
    ///
    /// # Errors
    /// When it is no request, with the reason.
    fn decode(&self, frame: &[u8]) -> Result<Option<Request>, Box<Unreadable>>;

    /// The frame that says this to a client.
    fn encode(&self, response: &Response) -> Vec<u8>;
}
