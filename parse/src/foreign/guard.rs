//! A framing that detects other protocols first.

use std::sync::Arc;

use net::framing::{Decoder, Framing};
use net::{Frame, FramingError};

use super::{Opening, Verdict};

/// A framing whose decoders refuse other protocols with [`FramingError::Foreign`].
///
/// The detection examines the bytes before the framing. So one detection serves all dialects, and a
/// read that identifies another protocol yields no frame.
pub(crate) struct Guarded(pub(crate) Arc<dyn Framing>);

impl Framing for Guarded {
    fn decoder(&self) -> Box<dyn Decoder> {
        let opening = Some(Opening::default());
        Box::new(GuardedDecoder { decoder: self.0.decoder(), opening, held: Vec::new() })
    }

    fn encode(&self, payload: &[u8], wire: &mut Vec<u8>) {
        self.0.encode(payload, wire);
    }
}

struct GuardedDecoder {
    decoder: Box<dyn Decoder>,
    /// The beginning of the stream, until the detection is done.
    opening: Option<Opening>,
    /// Bytes that wait for the result of the detection.
    held: Vec<u8>,
}

impl GuardedDecoder {
    /// Decodes the held bytes and the new bytes as if they came in one read.
    fn pass(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        if self.held.is_empty() {
            return self.decoder.decode(input, frames);
        }
        let mut held = std::mem::take(&mut self.held);
        held.extend_from_slice(input);
        self.decoder.decode(&held, frames)
    }
}

impl Decoder for GuardedDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        let verdict = self.opening.as_mut().map_or(Verdict::Settled, |it| it.look(input));
        match verdict {
            Verdict::Foreign(protocol) => return Err(FramingError::Foreign { protocol }),
            Verdict::Unclear => {
                self.held.extend_from_slice(input);
                return Ok(());
            }
            Verdict::Fine => {}
            Verdict::Settled => self.opening = None,
        }
        self.pass(input, frames)
    }

    fn finish(&mut self, frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        if !self.held.is_empty() {
            // The end of the stream also ends the last line.
            let verdict = self.opening.as_mut().map(|opening| opening.look(b"\n"));
            if let Some(Verdict::Foreign(protocol)) = verdict {
                return Err(FramingError::Foreign { protocol });
            }
            self.pass(b"", frames)?;
        }
        self.decoder.finish(frames)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use net::framing::{Chunks, Lines};
    use proptest::prelude::*;

    /// Decodes these reads and the end of the stream.
    fn decode(
        framing: impl Framing + 'static,
        reads: &[&str],
    ) -> (Vec<String>, Result<(), FramingError>) {
        let mut decoder = Guarded(Arc::new(framing)).decoder();
        let mut frames = Vec::new();
        let cut = reads.iter().try_for_each(|read| decoder.decode(read.as_bytes(), &mut frames));
        let cut = cut.and_then(|()| decoder.finish(&mut frames));
        (frames.into_iter().map(|frame| String::from_utf8(frame).unwrap()).collect(), cut)
    }

    #[test]
    fn no_part_of_an_http_request_is_a_frame_for_every_split() {
        let request = "POST / HTTP/1.1\r\nHost: a\r\n\r\nLOGIN eve\nMSG all hi\n";
        let foreign = (vec![], Err(FramingError::Foreign { protocol: "HTTP" }));
        for split in 0..=request.len() {
            let (begin, rest) = request.split_at(split);
            let reads: Vec<&str> = [begin, rest].into_iter().filter(|it| !it.is_empty()).collect();
            assert_eq!(decode(Chunks::new(99), &reads), foreign, "{split}");
            assert_eq!(decode(Lines::new(99), &reads), foreign, "{split}");
        }
        assert_eq!(
            decode(Chunks::new(99), &["GET / HTTP/1.1"]),
            foreign,
            "the end of the stream ends the line"
        );
        let late = decode(Lines::new(99), &["hello\nHost: a\nquit\n"]);
        assert_eq!(late, foreign, "earlier lines of the same read are not frames either");
    }

    #[test]
    fn held_bytes_are_framed_as_one_read() {
        for (reads, want) in [
            (&["GET", " well soon"][..], &["GET well soon"][..]),
            (&["P", "UT", "\n"], &["PUT"]),
            (&["SSH"], &["SSH"]),
            (&["\n", "GETLIST"], &["", "GETLIST"]),
        ] {
            let want = want.iter().map(|frame| (*frame).to_owned()).collect::<Vec<_>>();
            assert_eq!(decode(Chunks::new(99), reads), (want, Ok(())), "{reads:?}");
        }
    }

    proptest! {
        #[test]
        fn a_stream_that_is_not_foreign_is_framed_as_without_a_guard(
            words in prop::collection::vec("GET|POST|HTTP/1[.]1|/|Host:|SSH-|PROXY|a| |\r|\n", 0..30),
            size in 1usize..20,
        ) {
            let stream = words.concat() + "\n";
            let reads: Vec<&str> = stream
                .as_bytes()
                .chunks(size)
                .map(|read| std::str::from_utf8(read).unwrap())
                .collect();
            let guarded = decode(Lines::new(999), &reads);
            if !matches!(guarded.1, Err(FramingError::Foreign { .. })) {
                let lines = stream.split_terminator('\n').map(|line| {
                    line.strip_suffix('\r').unwrap_or(line).to_owned()
                });
                prop_assert_eq!(guarded, (lines.collect(), Ok(())));
            }
        }
    }
}
