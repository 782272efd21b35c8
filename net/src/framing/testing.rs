//! What a framing makes of a stream, wherever that is split.

use super::Framing;
use crate::{Frame, FramingError};

/// The frames of a stream, and how it ended.
pub(super) type Decoded = (Vec<Frame>, Result<(), FramingError>);

/// What a decoder makes of these reads, and of the end of the stream after them.
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

/// What a decoder makes of a stream; it is the same in one read, in two, in three, and byte by byte.
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
