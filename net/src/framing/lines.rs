//! Frames that are lines: each ends at a newline.

use memchr::memchr_iter;

use super::{Decoder, Framing};
use crate::{Frame, FramingError};

/// Frames that end at `\n`. The decoder drops a `\r` before it, so that `telnet` works as a client.
///
/// A line may have at most `limit` bytes, without its end. The limit also bounds the memory that a peer
/// can take up if it never sends a newline.
///
/// ```
/// use net::framing::{Framing, Lines};
///
/// let mut frames = Vec::new();
/// Lines::new(100).decoder().decode(b"one\ntwo\r\nthr", &mut frames)?;
/// assert_eq!(frames, [b"one", b"two"]);
/// # Ok::<(), net::FramingError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Lines {
    limit: usize,
}

impl Lines {
    /// Creates a framing for lines of at most `limit` bytes.
    pub fn new(limit: usize) -> Lines {
        Lines { limit }
    }
}

impl Framing for Lines {
    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(LinesDecoder::new(self.limit))
    }

    /// Appends `payload` and a newline. A payload with a newline inside would be two frames, so the caller
    /// must not pass one.
    fn encode(&self, payload: &[u8], wire: &mut Vec<u8>) {
        debug_assert!(!payload.contains(&b'\n'), "a newline inside a line frame");
        wire.extend_from_slice(payload);
        wire.push(b'\n');
    }
}

/// Cuts the bytes of one connection into lines.
pub(super) struct LinesDecoder {
    limit: usize,
    /// The beginning of a line whose `\n` has not arrived. It is never longer than `limit` and a `\r`.
    partial: Vec<u8>,
}

/// Returns the bytes without the `\r` at their end, if there is one.
pub(super) fn without_return(text: &[u8]) -> &[u8] {
    text.strip_suffix(b"\r").unwrap_or(text)
}

impl LinesDecoder {
    pub(super) fn new(limit: usize) -> LinesDecoder {
        LinesDecoder { limit, partial: Vec::new() }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Removes and returns the beginning of a line whose end has not arrived.
    pub(super) fn take_rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.partial)
    }

    /// Checks the length of a line without its `\n`, whether that has arrived or not. The line may be one
    /// byte over the limit, because that byte may be a `\r`.
    ///
    /// # Errors
    /// [`FramingError::TooLong`] for a longer line.
    fn check_open(&self, length: usize) -> Result<(), FramingError> {
        if length > self.limit.saturating_add(1) { self.too_long() } else { Ok(()) }
    }

    /// Returns the error of a line over the limit.
    fn too_long(&self) -> Result<(), FramingError> {
        Err(FramingError::TooLong { limit: self.limit })
    }
}

impl Decoder for LinesDecoder {
    /// Appends every line whose `\n` is in `input` to `frames`, without the `\n`, and without the `\r` if one
    /// is directly before it. An empty line is an empty frame. All other bytes stay as they are, because
    /// a frame need not be text.
    ///
    /// The first of these lines begins with the bytes in `partial`. The bytes after the last `\n` are the
    /// beginning of the next line and go into `partial`.
    ///
    /// # Errors
    /// [`FramingError::TooLong`] when a line has more than `limit` bytes, without its end. A line whose `\n`
    /// is missing gets the error as soon as it fails [`check_open`](LinesDecoder::check_open), and its bytes
    /// are not kept. The lines before it are in `frames`.
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        let mut begin = 0;
        for newline in memchr_iter(b'\n', input) {
            #[expect(clippy::indexing_slicing, reason = "memchr finds positions in order")]
            let line = &input[begin..newline];
            begin = newline + 1;

            self.check_open(self.partial.len() + line.len())?;
            let mut frame = self.take_rest();
            frame.extend_from_slice(line);
            if frame.last() == Some(&b'\r') {
                frame.pop();
            }
            if frame.len() > self.limit {
                return self.too_long();
            }
            frames.push(frame);
        }
        #[expect(clippy::indexing_slicing, reason = "it is behind a newline of the input, or 0")]
        let rest = &input[begin..];
        self.check_open(self.partial.len() + rest.len())?;
        self.partial.extend_from_slice(rest);
        Ok(())
    }

    /// Reports the end of the stream. A line without a `\n` is no frame.
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
    use proptest::prelude::*;

    fn decode(limit: usize, reads: &[&[u8]]) -> Decoded {
        testing::decode(Lines::new(limit), reads)
    }

    /// The frames of these reads, which have no error.
    fn frames(reads: &[&str]) -> Vec<String> {
        let reads: Vec<&[u8]> = reads.iter().map(|read| read.as_bytes()).collect();
        let (frames, end) = decode(100, &reads);
        assert_eq!(end, Ok(()), "{reads:?}");
        frames.into_iter().map(|frame| String::from_utf8(frame).unwrap()).collect()
    }

    #[test]
    fn a_line_in_pieces_is_one_frame() {
        assert_eq!(frames(&["hel", "l", "", "o\n"]), ["hello"]);
        assert_eq!(frames(&["hello", "\n"]), ["hello"]);
        assert_eq!(frames(&["hello\nhow are", " you\n"]), ["hello", "how are you"]);
    }

    #[test]
    fn each_line_of_a_read_is_a_frame() {
        assert_eq!(frames(&["one\ntwo\nthree\n"]), ["one", "two", "three"]);
        let mut decoder = Lines::new(100).decoder();
        let mut frames = Vec::new();
        decoder.decode(b"one\ntwo\nthr", &mut frames).unwrap();
        assert_eq!(frames, [&b"one"[..], b"two"], "both arrive with the read, and nothing else");
    }

    #[test]
    fn an_empty_line_is_an_empty_frame() {
        assert_eq!(frames(&["\n"]), [""]);
        assert_eq!(frames(&["one\n\n\ntwo\n"]), ["one", "", "", "two"]);
    }

    #[test]
    fn a_return_is_dropped_only_directly_before_the_newline() {
        assert_eq!(frames(&["one\r\ntwo\r\n\r\n"]), ["one", "two", ""]);
        assert_eq!(frames(&["one\r", "\n"]), ["one"], "it may arrive before the newline");
        assert_eq!(frames(&["a\rb\n", "\rc\n"]), ["a\rb", "\rc"]);
        assert_eq!(frames(&["one\r\r\n"]), ["one\r"], "one of two");
    }

    #[test]
    fn every_other_byte_stays_as_it_is() {
        assert_eq!(frames(&[" one\t \n", "\0\n"]), [" one\t ", "\0"]);
        let (frames, end) = decode(100, &[b"\xff\xfe\n", b"\xc3", b"\xa9\n"]);
        assert_eq!(frames, [&b"\xff\xfe"[..], "\u{e9}".as_bytes()], "text or not");
        assert_eq!(end, Ok(()));
    }

    #[test]
    fn a_stream_gives_the_same_frames_wherever_it_is_split() {
        let stream = b"one\n\ntwo and a half\r\n\xff\xfe\nlast\n";
        let whole = decode_at_every_split(Lines::new(20), stream);
        assert_eq!(whole.0, [&b"one"[..], b"", b"two and a half", b"\xff\xfe", b"last"]);
        assert_eq!(whole.1, Ok(()));
    }

    #[test]
    fn the_limit_counts_the_line_and_not_its_end() {
        for end in ["\n", "\r\n"] {
            let fits = format!("12345678{end}");
            let over = format!("123456789{end}");
            for split in 0..fits.len() {
                let (a, b) = fits.as_bytes().split_at(split);
                let decoded = decode(8, &[a, b]);
                assert_eq!(
                    decoded,
                    (vec![b"12345678".to_vec()], Ok(())),
                    "{fits:?} split at {split}"
                );
            }
            for split in 0..over.len() {
                let (a, b) = over.as_bytes().split_at(split);
                let (frames, end) = decode(8, &[a, b]);
                let expected = (0, Err(FramingError::TooLong { limit: 8 }));
                assert_eq!((frames.len(), end), expected, "{over:?} split at {split}");
            }
        }
    }

    #[test]
    fn frames_before_a_line_that_is_too_long_are_kept() {
        let (frames, end) = decode(4, &[b"ok\n123456"]);
        assert_eq!(frames, [b"ok"]);
        assert_eq!(end, Err(FramingError::TooLong { limit: 4 }));
    }

    #[test]
    fn a_stream_that_never_has_a_newline_is_refused_within_the_limit() {
        let mut decoder = Lines::new(64).decoder();
        let mut frames = Vec::new();
        let refused_at = (0..1000).position(|_| decoder.decode(b"x", &mut frames).is_err());
        assert_eq!(refused_at, Some(65));
    }

    #[test]
    fn the_end_of_the_stream_inside_a_line_is_an_error_and_no_frame() {
        assert_eq!(
            decode(8, &[b"a\nhal"]),
            (vec![b"a".to_vec()], Err(FramingError::Truncated { got: 3 }))
        );
        assert_eq!(decode(8, &[b"a\n"]), (vec![b"a".to_vec()], Ok(())));
        assert_eq!(decode(8, &[]), (vec![], Ok(())));
    }

    proptest! {
        #[test]
        fn encoded_lines_are_decoded_again_wherever_the_reads_end(
            lines in prop::collection::vec("([^\r\n]|[ \u{e9}]){0,40}", 0..12),
            size in 1usize..50,
        ) {
            let lines: Vec<Frame> = lines.into_iter().map(String::into_bytes).collect();
            let mut wire = Vec::new();
            for line in &lines {
                Lines::new(200).encode(line, &mut wire);
            }
            let reads: Vec<&[u8]> = wire.chunks(size).collect();
            prop_assert_eq!(decode(200, &reads), (lines, Ok(())));
        }
    }
}
