//! A framing of JSON values, with or without white space between them.
//!
//! The decoder only looks for the end of a value: it counts brackets and skips strings. A word or a
//! number, which is not a message of any dialect, ends at white space, before a bracket or a quote, or
//! at the end of its read. So the peer gets an error without further input.

use net::framing::{Decoder, Framing};
use net::{Frame, FramingError};

/// Frames that are JSON values of at most `limit` bytes. The limit also bounds the memory for a peer
/// that never closes a bracket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values {
    limit: usize,
}

impl Values {
    /// Creates a framing for values of at most `limit` bytes.
    pub(super) fn new(limit: usize) -> Values {
        Values { limit }
    }
}

impl Framing for Values {
    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(ValuesDecoder { limit: self.limit, partial: Vec::new(), end: End::default() })
    }

    /// Adds nothing, because a value shows its own end.
    fn encode(&self, payload: &[u8], wire: &mut Vec<u8>) {
        wire.extend_from_slice(payload);
    }
}

/// A search for the end of a value, one byte at a time.
#[derive(Debug, Default)]
pub(super) struct End {
    /// Number of open brackets.
    depth: usize,
    /// Whether the place is inside a string.
    quoted: bool,
    /// Whether the place is after a backslash in a string.
    escaped: bool,
}

impl End {
    /// Returns whether the next byte of a value is its last one. The value must begin with a bracket
    /// or a quote.
    pub(super) fn is_at(&mut self, byte: u8) -> bool {
        if self.quoted {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.quoted = false,
                _ => {}
            }
        } else {
            match byte {
                b'"' => self.quoted = true,
                b'{' | b'[' => self.depth += 1,
                // A bracket that closes nothing also ends the frame. The interpreter refuses it.
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        self.depth == 0 && !self.quoted
    }
}

struct ValuesDecoder {
    limit: usize,
    /// The beginning of a value, `limit` bytes at most.
    partial: Vec<u8>,
    end: End,
}

impl ValuesDecoder {
    /// Ends the frame, unless it is empty.
    fn cut(&mut self, frames: &mut Vec<Frame>) {
        self.end = End::default();
        if !self.partial.is_empty() {
            frames.push(std::mem::take(&mut self.partial));
        }
    }

    /// Returns whether the frame began with a bracket or a quote, so that it shows its own end.
    fn shows_its_end(&self) -> bool {
        self.partial.first().copied().is_some_and(opens)
    }
}

/// Returns whether a byte begins a value that shows its own end.
fn opens(byte: u8) -> bool {
    matches!(byte, b'{' | b'[' | b'"')
}

impl Decoder for ValuesDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        for byte in input.iter().copied() {
            if !self.shows_its_end() && (byte.is_ascii_whitespace() || opens(byte)) {
                self.cut(frames);
                if byte.is_ascii_whitespace() {
                    continue;
                }
            }
            if self.partial.len() >= self.limit {
                return Err(FramingError::TooLong { limit: self.limit });
            }
            self.partial.push(byte);
            if self.shows_its_end() && self.end.is_at(byte) {
                self.cut(frames);
            }
        }
        if !self.shows_its_end() {
            self.cut(frames);
        }
        Ok(())
    }

    fn finish(&mut self, _frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        FramingError::at_end(self.partial.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(limit: usize, reads: &[&[u8]]) -> (Vec<String>, Result<(), FramingError>) {
        let mut decoder = Values::new(limit).decoder();
        let mut frames = Vec::new();
        let cut = reads.iter().try_for_each(|read| decoder.decode(read, &mut frames));
        let cut = cut.and_then(|()| decoder.finish(&mut frames));
        (frames.into_iter().map(|frame| String::from_utf8(frame).unwrap()).collect(), cut)
    }

    #[test]
    fn values_are_found_with_and_without_space_for_every_split() {
        let stream = "{\"a\":\"}{\\\"]\\\\\"}{\"b\":[{},[1]]} \r\n[2]\"s p\"\n{\"é\":null}\t";
        let want = [r#"{"a":"}{\"]\\"}"#, r#"{"b":[{},[1]]}"#, "[2]", "\"s p\"", r#"{"é":null}"#];
        let bytes = stream.as_bytes();
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                let reads = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                assert_eq!(decode(99, &reads).0, want, "split at {first} and {second}");
            }
        }
        let (frames, end) = decode(99, &bytes.chunks(1).collect::<Vec<_>>());
        assert_eq!((frames, end), (want.map(str::to_owned).to_vec(), Ok(())));
    }

    #[test]
    fn a_word_ends_and_the_next_value_is_found() {
        assert_eq!(
            decode(99, &[b"null 12{\"a\":1}x\"s\"oops"]).0,
            ["null", "12", "{\"a\":1}", "x", "\"s\"", "oops"]
        );
        assert_eq!(decode(99, &[b"]}{]{}"]).0, ["]}", "{]", "{}"]);
        assert_eq!(
            decode(99, &[b"nu", b"ll{}"]).0,
            ["nu", "ll", "{}"],
            "a word ends with its read"
        );
    }

    #[test]
    fn a_value_over_the_limit_is_an_error_after_those_before_it() {
        let (frames, end) = decode(5, &[b"{}[1,2][1,23]"]);
        assert_eq!(frames, ["{}", "[1,2]"]);
        assert_eq!(end, Err(FramingError::TooLong { limit: 5 }));
        let bomb = b"[".repeat(1_000_000);
        assert_eq!(decode(5, &[&bomb]).1, Err(FramingError::TooLong { limit: 5 }));
    }

    #[test]
    fn an_end_inside_a_value_is_an_error_and_no_frame() {
        let end = Err(FramingError::Truncated { got: 4 });
        assert_eq!(decode(99, &[b"{} {\"a\""]), (vec!["{}".to_owned()], end));
        assert_eq!(decode(99, &[b"{} \n"]).1, Ok(()));
    }
}
