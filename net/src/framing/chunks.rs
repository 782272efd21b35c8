//! Frames that end at a newline, or where a read ends.

use memchr::memchr;

use super::lines::{LinesDecoder, without_return};
use super::{Decoder, Framing};
use crate::{Frame, FramingError};

/// Frames for clients that do not delimit their messages: each message is the bytes of one `send`. A frame
/// ends at a `\n`, or at the end of a read. The decoder drops a `\r` before either.
///
/// **The first newline decides how a connection is framed.** A client that sends one delimits its
/// messages. From there on each frame is a line, wherever the reads end, because TCP may cut a line
/// anywhere. Only the end of the stream ends a line without a newline.
///
/// Before the first newline the frames depend on the reads, and TCP promises nothing about those. Two
/// messages in quick succession may become one frame. A long message (a read asks for at least 8 KiB), or
/// one on a slow network, may become several frames, perhaps cut inside a character. No text is lost
/// either way.
///
/// A read may end between the first line and its newline. Then the newline still belongs to that line and
/// is not an empty line. Any other empty line is an empty frame.
///
/// A frame may have at most `limit` bytes, without its end. A frame that ends with a read must be shorter
/// than that, because a full read may hold only the beginning of a message. The limit also bounds the part
/// of a line that the decoder keeps until the newline arrives.
///
/// A client that sends like this usually also takes the bytes of one read for one message. Give its
/// connection a [`pace`](crate::Server::pace).
///
/// ```
/// use net::framing::{Chunks, Framing};
///
/// let mut frames = Vec::new();
/// let mut decoder = Chunks::new(100).decoder();
/// decoder.decode(b"hello", &mut frames)?;
/// decoder.decode(b"how are you", &mut frames)?;
/// assert_eq!(frames, [&b"hello"[..], b"how are you"]);
/// # Ok::<(), net::FramingError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Chunks {
    limit: usize,
}

impl Chunks {
    /// Creates a framing for frames of at most `limit` bytes.
    pub fn new(limit: usize) -> Chunks {
        Chunks { limit }
    }
}

impl Framing for Chunks {
    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(ChunksDecoder::Reads { limit: self.limit, open: false })
    }

    /// Appends `payload` without a delimiter: the message ends where the write ends. A payload with
    /// newlines is one message to a client that ignores them, but several to a decoder of this framing.
    /// An empty payload adds nothing.
    fn encode(&self, payload: &[u8], wire: &mut Vec<u8>) {
        wire.extend_from_slice(payload);
    }
}

enum ChunksDecoder {
    /// No newline has arrived: each read is a frame.
    Reads {
        limit: usize,
        /// A read has ended a frame, and the newline of that frame may follow.
        open: bool,
    },
    /// A newline has arrived: each line is a frame.
    Lines(LinesDecoder),
}

/// Appends a frame that is within the limit.
fn push(frame: &[u8], limit: usize, frames: &mut Vec<Frame>) -> Result<(), FramingError> {
    if frame.len() > limit {
        return Err(FramingError::TooLong { limit });
    }
    frames.push(frame.to_vec());
    Ok(())
}

impl Decoder for ChunksDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        let (limit, open) = match self {
            ChunksDecoder::Lines(lines) => return lines.decode(input, frames),
            ChunksDecoder::Reads { limit, open } => (*limit, open),
        };
        let Some(newline) = memchr(b'\n', input) else {
            // A read of only `\r` is no frame: its newline may follow, and else the frame is empty.
            let frame = without_return(input);
            if frame.len() >= limit {
                // The rest of the message may follow, and would look like another frame.
                return Err(FramingError::TooLong { limit });
            }
            if !frame.is_empty() {
                *open = true;
                frames.push(frame.to_vec());
            }
            return Ok(());
        };
        #[expect(clippy::indexing_slicing, reason = "memchr found the newline in the input")]
        let (line, rest) = (&input[..newline], &input[newline + 1..]);
        let line = without_return(line);
        let ends_the_frame_before = *open && line.is_empty();
        if !ends_the_frame_before {
            push(line, limit, frames)?;
        }
        let mut lines = LinesDecoder::new(limit);
        let cut = lines.decode(rest, frames);
        *self = ChunksDecoder::Lines(lines);
        cut
    }

    /// Returns the line that has no newline at its end: the end of the stream ends it, because a client
    /// of this framing does not have to delimit its messages.
    fn finish(&mut self, frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        if let ChunksDecoder::Lines(lines) = self {
            let rest = lines.take_rest();
            let rest = without_return(&rest);
            if !rest.is_empty() {
                push(rest, lines.limit(), frames)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::testing;
    use proptest::prelude::*;

    /// The frames of these reads, none of which is over the limit.
    fn frames(reads: &[&str]) -> Vec<String> {
        let reads: Vec<&[u8]> = reads.iter().map(|read| read.as_bytes()).collect();
        let (frames, end) = testing::decode(Chunks::new(100), &reads);
        assert_eq!(end, Ok(()), "{reads:?}");
        frames.into_iter().map(|frame| String::from_utf8(frame).unwrap()).collect()
    }

    #[test]
    fn a_frame_ends_where_a_read_ends_or_at_a_newline() {
        assert_eq!(frames(&["hello", "how are you"]), ["hello", "how are you"]);
        assert_eq!(frames(&["a\rb"]), ["a\rb"], "a return is dropped only before an end");
    }

    #[test]
    fn after_the_first_newline_the_end_of_a_read_ends_no_frame() {
        assert_eq!(frames(&["one\ntwo\r\nthr", "ee\nfo", "ur\r"]), ["one", "two", "three", "four"]);
        assert_eq!(frames(&["one", "\n", "tw", "o\n"]), ["one", "two"], "the newline arrived late");
        assert_eq!(frames(&["one\n", "\r"]), ["one"], "a return alone is no line");
        // Wherever it is split after the first newline, the frames are the same.
        let (first, rest) = ("LOGIN ann\n", "MSG all we quit the rest\r\n\nquit\nlast");
        let whole = frames(&[first, rest]);
        assert_eq!(whole, ["LOGIN ann", "MSG all we quit the rest", "", "quit", "last"]);
        let stream = [first, rest].concat();
        for begin in first.len()..=stream.len() {
            for end in begin..=stream.len() {
                let reads = [&stream[..begin], &stream[begin..end], &stream[end..]];
                assert_eq!(frames(&reads), whole, "split at {begin} and {end}");
            }
        }
    }

    #[test]
    fn a_line_without_an_end_is_kept_up_to_the_limit() {
        let mut decoder = Chunks::new(64).decoder();
        let mut frames = Vec::new();
        decoder.decode(b"hello\n", &mut frames).unwrap();
        let refused_at = (0..1000).position(|_| decoder.decode(b"x", &mut frames).is_err());
        assert_eq!((refused_at, frames.len()), (Some(65), 1));
    }

    #[test]
    fn an_empty_line_is_an_empty_frame() {
        assert_eq!(frames(&["\n"]), [""]);
        assert_eq!(frames(&["\r\n", "\n"]), ["", ""]);
        assert_eq!(frames(&["a\n\nb\n", "\n"]), ["a", "", "b", ""]);
        assert_eq!(frames(&["a", "\n\n"]), ["a", ""], "the first newline ends the frame");
        assert_eq!(frames(&["a", "\n", "\n"]), ["a", ""]);
    }

    #[test]
    fn a_return_alone_is_no_frame_before_its_newline_arrives() {
        assert_eq!(frames(&["\r"]), [""; 0]);
        assert_eq!(frames(&["\r", "\n"]), [""]);
        assert_eq!(frames(&["\r", "a"]), ["a"]);
        assert_eq!(frames(&["a", "\r", "\n", "\n"]), ["a", ""]);
        assert_eq!(frames(&["a\r", "\r\n"]), ["a"]);
    }

    #[test]
    fn a_line_that_is_split_at_its_end_is_still_one_line() {
        for line in ["a\n", "a\r\n"] {
            let whole = testing::decode_at_every_split(Chunks::new(2), line.as_bytes());
            assert_eq!(whole, (vec![b"a".to_vec()], Ok(())));
        }
        // A split in the middle of the text makes several frames, but never an empty one.
        for line in ["abc\n", "abc\r\n"] {
            for first in 0..=line.len() {
                for second in first..=line.len() {
                    let reads = [&line[..first], &line[first..second], &line[second..]];
                    let reads: Vec<&str> = reads.into_iter().filter(|it| !it.is_empty()).collect();
                    let frames = frames(&reads);
                    assert_eq!(frames.concat(), "abc", "{reads:?}");
                    assert!(frames.iter().all(|frame| !frame.is_empty()), "{reads:?}: {frames:?}");
                }
            }
        }
    }

    #[test]
    fn the_limit_applies_to_each_frame_and_earlier_frames_are_kept() {
        let too_long = Err(FramingError::TooLong { limit: 4 });
        for end in ["", "\r", "\n", "\r\n"] {
            let decode = |read: String| testing::decode(Chunks::new(4), &[read.as_bytes()]);
            assert_eq!(
                decode(format!("ok\n1234{end}")),
                (vec![b"ok".to_vec(), b"1234".to_vec()], Ok(()))
            );
            assert_eq!(decode(format!("ok\n12345{end}")), (vec![b"ok".to_vec()], too_long.clone()));
            // A frame that only the read ends may continue, so it must be below the limit.
            let most = if end.ends_with('\n') { "1234" } else { "123" };
            assert_eq!(decode(format!("{most}{end}")), (vec![most.as_bytes().to_vec()], Ok(())));
            assert_eq!(decode(format!("{most}5{end}")), (vec![], too_long.clone()));
        }
        // The limit does not apply to the sum of many reads without a newline.
        assert_eq!(testing::decode(Chunks::new(4), &[&b"123"[..]; 3]).0, [b"123"; 3]);
    }

    #[test]
    fn a_payload_is_sent_without_a_change() {
        let mut wire = Vec::new();
        Chunks::new(100).encode(b"one\ntwo", &mut wire);
        assert_eq!(wire, b"one\ntwo");
    }

    proptest! {
        #[test]
        fn no_text_is_lost_wherever_the_reads_end(
            stream in "[ab\r\n]{0,60}",
            size in 1usize..20,
        ) {
            let reads: Vec<&[u8]> = stream.as_bytes().chunks(size).collect();
            let (frames, end) = testing::decode(Chunks::new(100), &reads);
            prop_assert_eq!(end, Ok(()));
            let text = |bytes: &[u8]| -> Vec<u8> {
                bytes.iter().copied().filter(|byte| b"ab".contains(byte)).collect()
            };
            prop_assert_eq!(text(&frames.concat()), text(stream.as_bytes()));
            prop_assert!(frames.iter().all(|frame| !frame.contains(&b'\n')));
        }
    }
}
