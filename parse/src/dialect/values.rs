//! A frame is a JSON value, and ends where the value does.
//!
//! Values follow one another with white space between them or with none. Which values there are is
//! not looked at here, only where they end: brackets are counted, strings are skipped. What is no
//! value at all (a word, a number) ends at white space, before a bracket or a quote, or with the
//! read that brought it, so that whoever sends it hears that it is none.

use net::framing::{Decoder, Framing};
use net::{Frame, FramingError};

/// Frames that are JSON values of at most `limit` bytes. The limit also bounds what a peer that
/// never closes a bracket can make us keep.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values {
    limit: usize,
}

impl Values {
    /// Values of at most `limit` bytes.
    pub(super) fn new(limit: usize) -> Values {
        Values { limit }
    }
}

impl Framing for Values {
    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(ValuesDecoder { limit: self.limit, partial: Vec::new(), end: End::default() })
    }

    /// Nothing has to be added: a value ends by itself.
    fn encode(&self, payload: &[u8], wire: &mut Vec<u8>) {
        wire.extend_from_slice(payload);
    }
}

/// Looks for the end of a value, byte by byte.
#[derive(Debug, Default)]
pub(super) struct End {
    /// How many brackets are open.
    depth: usize,
    /// Inside a string.
    quoted: bool,
    /// After a backslash inside of one.
    escaped: bool,
}

impl End {
    /// Takes the next byte of a value that began with a bracket or a quote; whether it was the
    /// last one.
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
                // One that closes nothing is an end all the same: that this is no JSON is for
                // whoever reads it to say.
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        self.depth == 0 && !self.quoted
    }
}

struct ValuesDecoder {
    limit: usize,
    /// The beginning of a value. Never longer than `limit`.
    partial: Vec<u8>,
    end: End,
}

impl ValuesDecoder {
    /// Hands out what has come as a frame, if anything has.
    fn cut(&mut self, frames: &mut Vec<Frame>) {
        self.end = End::default();
        if !self.partial.is_empty() {
            frames.push(std::mem::take(&mut self.partial));
        }
    }

    /// Whether what has come began as a value that says itself where it ends.
    fn ends_by_itself(&self) -> bool {
        self.partial.first().copied().is_some_and(opens)
    }
}

/// Whether a value that ends by itself begins with this.
fn opens(byte: u8) -> bool {
    matches!(byte, b'{' | b'[' | b'"')
}

impl Decoder for ValuesDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        for byte in input.iter().copied() {
            if !self.ends_by_itself() && (byte.is_ascii_whitespace() || opens(byte)) {
                self.cut(frames);
                if byte.is_ascii_whitespace() {
                    continue;
                }
            }
            if self.partial.len() >= self.limit {
                return Err(FramingError::TooLong { limit: self.limit });
            }
            self.partial.push(byte);
            if self.ends_by_itself() && self.end.is_at(byte) {
                self.cut(frames);
            }
        }
        if !self.ends_by_itself() {
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
    fn values_are_told_apart_with_or_without_space_wherever_they_are_split() {
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
    fn what_is_no_value_ends_and_the_next_value_is_found() {
        assert_eq!(
            decode(99, &[b"null 12{\"a\":1}x\"s\"oops"]).0,
            ["null", "12", "{\"a\":1}", "x", "\"s\"", "oops"]
        );
        assert_eq!(decode(99, &[b"]}{]{}"]).0, ["]}", "{]", "{}"]);
        assert_eq!(decode(99, &[b"nu", b"ll{}"]).0, ["nu", "ll", "{}"], "it ends with its read");
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
