//! Tools for tests of framings: they decode a stream that is split in every way.

use super::Framing;
use crate::{Frame, FramingError};

/// The frames of a stream, and the result at its end.
pub(super) type Decoded = (Vec<Frame>, Result<(), FramingError>);

/// Decodes these reads, and the end of the stream after them.
pub(super) fn decode(framing: impl Framing, reads: &[&[u8]]) -> Decoded {
    let mut decoder = framing.decoder();
    let mut frames = Vec::new();
    for read in reads {
        if let Err(error) = decoder.decode(read, &mut frames) {
            return (frames, Err(error));
        }
    }
    let end = decoder.finish(&mut frames);
    (frames, end)
}

/// Decodes a stream. Asserts that the result is the same in one read, two reads, three reads and byte by
/// byte.
pub(super) fn decode_at_every_split(framing: impl Framing + Copy, stream: &[u8]) -> Decoded {
    let whole = decode(framing, &[stream]);
    for first in 0..=stream.len() {
        for second in first..=stream.len() {
            let reads = [&stream[..first], &stream[first..second], &stream[second..]];
            assert_eq!(decode(framing, &reads), whole, "split at {first} and {second}");
        }
    }
    let bytes: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(decode(framing, &bytes), whole, "byte by byte");
    whole
}
