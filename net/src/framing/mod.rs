//! Where a message ends.
//!
//! A [`Framing`] belongs to a listener and makes one [`Decoder`] for each connection. The
//! decoder is given what each read returned, in order, and hands out whole frames; what is left
//! over stays inside it until more comes. A decoder holds no buffer while it holds no piece of a
//! frame, so a thousand silent connections cost nothing here.
//!
//! [`Chunks`] is for peers that delimit nothing; there it is the reads that decide.
//!
//! A framing knows nothing of meaning. Those that do (a JSON value ends where its last brace
//! closes) are the business of the layer above, which implements the same two traits.

mod chunks;
mod length_header;
mod lines;
#[cfg(test)]
mod testing;

use crate::{Frame, FramingError};

pub use chunks::Chunks;
pub use length_header::LengthHeader;
pub use lines::Lines;

/// How frames are told apart on the wire.
pub trait Framing: Send + Sync {
    /// A fresh decoder, for one connection.
    fn decoder(&self) -> Box<dyn Decoder>;

    /// Appends `payload` to `wire`, delimited so that a decoder of the same framing gives it
    /// back as one frame, if the framing delimits at all.
    fn encode(&self, payload: &[u8], wire: &mut Vec<u8>);
}

/// The receiving half of a framing, for one connection.
pub trait Decoder: Send {
    /// Takes the bytes that one read returned and appends every frame that is now whole to
    /// `frames`, in order.
    ///
    /// # Errors
    /// When the stream cannot be cut any further. The frames found before that are in `frames`;
    /// the decoder is not called again.
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError>;

    /// The stream has ended. Appends what the end completes, where the framing has such a thing.
    ///
    /// # Errors
    /// When the stream ended inside a frame: nothing that was sent is lost without a word.
    fn finish(&mut self, frames: &mut Vec<Frame>) -> Result<(), FramingError>;
}
