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

/// Cuts the bytes of one connection into frames.
struct LengthHeaderDecoder {
    limit: usize,
    /// The beginning of a frame, with its header. It is never longer than a header and `limit` bytes.
    partial: Vec<u8>,
}

impl LengthHeaderDecoder {
    /// Returns the length that the frame in `partial` will have, header included. While the header is not
    /// complete, returns the length of a header.
    ///
    /// A header is a number in decimal digits, then white space up to the tenth byte. It contains
    /// nothing else, not even a sign, and at least one digit.
    ///
    /// # Errors
    /// [`FramingError::BadLength`], with the ten bytes as text, when the header is something else.
    /// [`FramingError::TooLong`] when it announces more than `limit` bytes.
    fn wanted(&self) -> Result<usize, FramingError> {
        let Some(header) = self.partial.first_chunk::<HEADER>() else { return Ok(HEADER) };
        let digits = header.trim_ascii_end();
        let is_number = digits.iter().all(u8::is_ascii_digit);
        let text = std::str::from_utf8(digits).ok().filter(|_| is_number);
        let length: u64 = text.and_then(|text| text.parse().ok()).ok_or_else(|| {
            FramingError::BadLength { header: String::from_utf8_lossy(header).into_owned() }
        })?;
        match usize::try_from(length) {
            Ok(length) if length <= self.limit => Ok(HEADER + length),
            _ => Err(FramingError::TooLong { limit: self.limit }),
        }
    }
}

impl Decoder for LengthHeaderDecoder {
    /// Appends the body of every frame whose last byte is in `input` to `frames`. A frame of length 0 is
    /// complete with its header. A body may contain any bytes, also some that look like a header.
    ///
    /// The first of these frames begins with the bytes in `partial`. The bytes after the last whole frame
    /// go into `partial`.
    ///
    /// # Errors
    /// The error of [`wanted`](LengthHeaderDecoder::wanted) as soon as a header is complete, whether its body
    /// has arrived or not. The frames before it are in `frames`.
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

    /// Reports the end of the stream.
    ///
    /// # Errors
    /// [`FramingError::Truncated`], with the number of bytes in `partial`, unless it is empty.
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

    /// The frames of these reads, which have no error.
    fn frames(reads: &[&str]) -> Vec<String> {
        let reads: Vec<&[u8]> = reads.iter().map(|read| read.as_bytes()).collect();
        let (frames, end) = decode(100, &reads);
        assert_eq!(end, Ok(()), "{reads:?}");
        frames.into_iter().map(|frame| String::from_utf8(frame).unwrap()).collect()
    }

    #[test]
    fn a_body_in_pieces_is_one_frame() {
        assert_eq!(frames(&["5         he", "", "l", "lo"]), ["hello"]);
        assert_eq!(frames(&["5         ", "hello"]), ["hello"]);
    }

    #[test]
    fn a_header_may_arrive_in_pieces() {
        assert_eq!(frames(&["1", "2        two and half"]), ["two and half"]);
        assert_eq!(frames(&["5         hello3  ", "       you"]), ["hello", "you"]);
    }

    #[test]
    fn each_frame_of_a_read_is_returned() {
        assert_eq!(frames(&["3         one3         two5         three"]), ["one", "two", "three"]);
        assert_eq!(frames(&["1         a1         b1       ", "  c"]), ["a", "b", "c"]);
    }

    #[test]
    fn a_frame_is_complete_with_its_last_byte() {
        let mut decoder = LengthHeader::new(100).decoder();
        let mut frames = Vec::new();
        for (read, count) in [("0        ", 0), (" ", 1), ("2         o", 1), ("k", 2)] {
            decoder.decode(read.as_bytes(), &mut frames).unwrap();
            assert_eq!(frames.len(), count, "after {read:?}");
        }
        assert_eq!(frames, [&b""[..], b"ok"]);
    }

    #[test]
    fn the_length_counts_bytes_and_a_body_may_contain_any() {
        assert_eq!(frames(&["6         caf\u{e9}!2         \r\n"]), ["caf\u{e9}!", "\r\n"]);
        let (frames, end) = decode(100, &[b"2         \xff\xfe1         \xc3"]);
        assert_eq!(frames, [&b"\xff\xfe"[..], b"\xc3"]);
        assert_eq!(end, Ok(()));
    }

    #[test]
    fn a_length_may_fill_the_header() {
        assert_eq!(frames(&["0000000003one"]), ["one"]);
        assert_eq!(frames(&["0000000000"]), [""]);
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
            "1\0        ",
            "hello worl",
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
            let stream = ["2         ok", header].concat();
            let (frames, end) = decode(20, &[stream.as_bytes()]);
            assert_eq!(frames, [b"ok"], "{header:?}");
            assert_eq!(end, Err(FramingError::TooLong { limit: 20 }));
        }
    }

    #[test]
    fn the_limit_counts_the_body_and_not_its_header() {
        let (frames, end) = decode(20, &[b"20        12345678901234567890"]);
        assert_eq!((frames.len(), end), (1, Ok(())));
        let over = decode(20, &[b"21        123456789012345678901"]);
        assert_eq!(over, (vec![], Err(FramingError::TooLong { limit: 20 })));
    }

    #[test]
    fn an_end_inside_a_frame_is_an_error_and_no_frame() {
        for (stream, got) in [("1", 1), ("3         on", 12)] {
            let (frames, end) = decode(20, &[stream.as_bytes()]);
            assert_eq!((frames.len(), end), (0, Err(FramingError::Truncated { got })));
        }
    }
}
