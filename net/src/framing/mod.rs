//! The framings: rules for where a message ends.
//!
//! A [`Framing`] belongs to a listener and creates one [`Decoder`] for each connection. The decoder gets
//! the bytes of each read, in order, and returns whole frames. It keeps the bytes of an incomplete frame
//! until the rest arrives, and has no buffer in between. So a thousand silent connections need no memory
//! here.
//!
//! [`Chunks`] is for peers that do not delimit their messages: there a frame ends where a read ends.
//!
//! The framings here do not know what a frame means. The layer above implements the same two traits for
//! framings that do: a JSON value, for example, ends where its last brace closes.

mod chunks;
mod length_header;
mod lines;
#[cfg(test)]
mod testing;

use crate::{Frame, FramingError};

pub use chunks::Chunks;
pub use length_header::LengthHeader;
pub use lines::Lines;

/// The rule by which a stream of bytes is cut into frames.
///
/// ```
/// use net::framing::{Framing, LengthHeader};
///
/// let framing = LengthHeader::new(100);
/// let mut wire = Vec::new();
/// framing.encode(b"hello", &mut wire);
/// framing.encode(b"you", &mut wire);
/// assert_eq!(wire, b"5         hello3         you");
///
/// // Wherever the reads cut the stream, the frames are the same.
/// let (first, second) = wire.split_at(12);
/// let mut decoder = framing.decoder();
/// let mut frames = Vec::new();
/// decoder.decode(first, &mut frames)?;
/// assert!(frames.is_empty());
/// decoder.decode(second, &mut frames)?;
/// assert_eq!(frames, [&b"hello"[..], b"you"]);
/// # Ok::<(), net::FramingError>(())
/// ```
pub trait Framing: Send + Sync {
    /// Creates a decoder for one connection.
    fn decoder(&self) -> Box<dyn Decoder>;

    /// Appends `payload` and its delimiter to `wire`, so that a decoder of the same framing returns it as
    /// one frame. A framing without delimiters ([`Chunks`]) cannot promise that.
    fn encode(&self, payload: &[u8], wire: &mut Vec<u8>);
}

/// The receiving half of a framing, for one connection.
pub trait Decoder: Send {
    /// Decodes the bytes of one read: appends every frame that is now whole to `frames`, in order.
    ///
    /// # Errors
    /// When the rest of the stream cannot be cut into frames. The frames before the error are in `frames`.
    /// The engine does not call the decoder again.
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError>;

    /// Handles the end of the stream. Appends the last frame, if in this framing the end completes it.
    ///
    /// # Errors
    /// When the stream ended inside a frame, so that no byte is lost without a report.
    fn finish(&mut self, frames: &mut Vec<Frame>) -> Result<(), FramingError>;
}
