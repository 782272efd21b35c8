//! Frames that begin with their length: ten bytes of decimal digits, padded with spaces.

use super::{Decoder, Framing};
use crate::{Frame, FramingError};

/// The length of a header in bytes.
const HEADER: usize = 10;

/// Frames that begin with their length, in a header of ten bytes: ASCII decimal digits on the left,
/// then spaces.
///
/// A frame may have at most `limit` bytes, without its header. The limit also bounds the memory that a
/// peer can take up if it announces a long frame.
///
/// ```
/// use net::framing::{Framing, LengthHeader};
///
/// let mut wire = Vec::new();
/// LengthHeader::new(100).encode(b"hello", &mut wire);
/// assert_eq!(wire, b"5         hello");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct LengthHeader {
    limit: usize,
}

impl LengthHeader {
    /// Creates a framing for frames of at most `limit` bytes.
    pub fn new(limit: usize) -> LengthHeader {
        LengthHeader { limit }
    }
}

impl Framing for LengthHeader {
    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(LengthHeaderDecoder { limit: self.limit, partial: Vec::new() })
    }

    fn encode(&self, payload: &[u8], wire: &mut Vec<u8>) {
        wire.extend_from_slice(format!("{:<HEADER$}", payload.len()).as_bytes());
        wire.extend_from_slice(payload);
    }
}

struct LengthHeaderDecoder {
    limit: usize,
    /// The beginning of a frame, with its header. It is never longer than a header and `limit` bytes.
    partial: Vec<u8>,
}

impl LengthHeaderDecoder {
    /// Returns the length that the frame has with its header; that of the header while only a part of
    /// the header is there.
    fn wanted(&self) -> Result<usize, FramingError> {
        let Some(header) = self.partial.first_chunk::<HEADER>() else { return Ok(HEADER) };
        let digits = header.trim_ascii_end();
        let text = std::str::from_utf8(digits).ok().filter(|_| is_number(digits));
        let length: u64 = text.and_then(|text| text.parse().ok()).ok_or_else(|| {
            FramingError::BadLength { header: String::from_utf8_lossy(header).into_owned() }
        })?;
        match usize::try_from(length) {
            Ok(length) if length <= self.limit => Ok(HEADER + length),
            _ => Err(FramingError::TooLong { limit: self.limit }),
        }
    }
}

fn is_number(digits: &[u8]) -> bool {
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

impl Decoder for LengthHeaderDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        let mut rest = input;
        loop {
            let missing = self.wanted()?.saturating_sub(self.partial.len());
            let (taken, after) = rest.split_at(missing.min(rest.len()));
            self.partial.extend_from_slice(taken);
            rest = after;
            if taken.len() < missing {
                return Ok(());
            }
            // Either the header is complete now, or the whole frame.
            if self.partial.len() == self.wanted()? {
                let mut frame = std::mem::take(&mut self.partial);
                frames.push(frame.split_off(HEADER));
            }
        }
    }

    fn finish(&mut self, _frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        FramingError::at_end(self.partial.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::testing::{self, Decoded, decode_at_every_split};

    fn decode(limit: usize, reads: &[&[u8]]) -> Decoded {
        testing::decode(LengthHeader::new(limit), reads)
    }

    #[test]
    fn a_stream_gives_the_same_frames_wherever_it_is_split() {
        let stream = b"3         one0         12        two and half1         \xff";
        let whole = decode_at_every_split(LengthHeader::new(20), stream);
        assert_eq!(whole.0, [&b"one"[..], b"", b"two and half", b"\xff"]);
        assert_eq!(whole.1, Ok(()));
    }

    #[test]
    fn an_encoded_frame_is_decoded_again() {
        let mut wire = Vec::new();
        for payload in [&b"hello"[..], b"", b"10        "] {
            LengthHeader::new(20).encode(payload, &mut wire);
        }
        assert_eq!(decode(20, &[&wire]).0, [&b"hello"[..], b"", b"10        "]);
    }

    #[test]
    fn a_header_that_is_no_number_is_an_error_after_the_frames_before_it() {
        for header in [
            "          ",
            "-1        ",
            "+1        ",
            "1 2       ",
            " 1        ",
            "0x10      ",
            "\u{661}        ",
        ] {
            let stream = [b"2         ok", header.as_bytes()].concat();
            let (frames, end) = decode(20, &[&stream]);
            assert_eq!(frames, [b"ok"], "{header:?}");
            assert_eq!(end, Err(FramingError::BadLength { header: header.to_owned() }));
        }
    }

    #[test]
    fn a_frame_over_the_limit_is_an_error_before_it_arrives() {
        for header in ["21        ", "9999999999"] {
            assert_eq!(
                decode(20, &[header.as_bytes()]).1,
                Err(FramingError::TooLong { limit: 20 })
            );
        }
        assert_eq!(decode(20, &[b"20        12345678901234567890"]).0.len(), 1);
    }

    #[test]
    fn an_end_inside_a_frame_is_an_error_and_no_frame() {
        for (stream, got) in [("1", 1), ("3         on", 12)] {
            let (frames, end) = decode(20, &[stream.as_bytes()]);
            assert_eq!((frames.len(), end), (0, Err(FramingError::Truncated { got })));
        }
    }
}
