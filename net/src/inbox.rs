//! The receiving half of a connection: blocking reads, and the decoder that cuts them into frames.
//!
//! The `recv` threads of the `threads` engine run it, and the one of a client's `Link`. The sending half is
//! the `outbox`.

use std::io::{ErrorKind, Read};

use crate::framing::Decoder;
use crate::{End, Frame};

/// The reason why a connection receives nothing more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// The peer finished the stream, or the decoder cannot cut the rest of it.
    Ended(End),
    /// A read failed in this way.
    Broken(ErrorKind),
    /// `deliver` returned `false`.
    Refused,
}

/// Receives until the stream ends. Reads bytes into `buffer`, lets the decoder cut them into frames, and
/// calls `deliver` with the frames of each read, in order.
///
/// - A read that a signal interrupted ([`ErrorKind::Interrupted`]) is tried again.
/// - A read of no bytes is the end of the stream. The decoder handles it with [`Decoder::finish`].
/// - Every read that succeeds leads to one call of `deliver`, also the end, and also a read that completes
///   no frame. A read that is interrupted or fails leads to none. The token bucket of the caller counts
///   reads.
/// - `deliver` gets the frames before an error or an end, and the result follows after that call.
/// - When `deliver` returns `false`, this function reads nothing more, and returns
///   [`Stopped::Refused`] whatever the decoder said.
///
/// The decoder is not called again after an error or an end. A panic of the decoder is the caller's
/// concern.
pub(crate) fn receive(
    stream: &mut impl Read,
    decoder: &mut dyn Decoder,
    buffer: &mut [u8],
    mut deliver: impl FnMut(Vec<Frame>) -> bool,
) -> Stopped {
    loop {
        let length = match stream.read(buffer) {
            Ok(length) => length,
            Err(error) => match error.kind() {
                ErrorKind::Interrupted => continue,
                kind => return Stopped::Broken(kind),
            },
        };
        let (input, _) = buffer.split_at(length);
        let mut frames = Vec::new();
        let cut = match length {
            0 => decoder.finish(&mut frames),
            _ => decoder.decode(input, &mut frames),
        };
        if !deliver(frames) {
            return Stopped::Refused;
        }
        match cut {
            Ok(()) if length > 0 => {}
            Ok(()) => return Stopped::Ended(End::Finished),
            Err(error) => return Stopped::Ended(End::Unframed(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::io;

    use super::*;
    use crate::FramingError;
    use crate::framing::{Chunks, Framing, Lines};

    /// A stream whose reads return these results, and then the end, once.
    struct Script(VecDeque<Result<&'static str, ErrorKind>>);

    impl Read for Script {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let text = self.0.pop_front().expect("no read follows the end")?;
            buffer[..text.len()].copy_from_slice(text.as_bytes());
            Ok(text.len())
        }
    }

    /// Receives what these reads return, and refuses a delivery with the frame `stop`. Returns the frames
    /// of each delivery, the result, and the number of reads that were left.
    fn received(
        framing: &dyn Framing,
        reads: &[Result<&'static str, ErrorKind>],
    ) -> (Vec<String>, Stopped, usize) {
        let mut script = Script(reads.iter().copied().chain([Ok("")]).collect());
        let mut deliveries = Vec::new();
        let stopped = receive(&mut script, &mut *framing.decoder(), &mut [0; 16], |frames| {
            deliveries.push(String::from_utf8(frames.join(&b',')).unwrap());
            !frames.contains(&b"stop".to_vec())
        });
        (deliveries, stopped, script.0.len())
    }

    fn finished() -> Stopped {
        Stopped::Ended(End::Finished)
    }

    #[test]
    fn frames_are_delivered_read_by_read_until_the_end() {
        let lines = Lines::new(100);
        let reads = [Ok("one\ntwo\n"), Ok("th"), Ok("ree\n")];
        let (deliveries, stopped, _) = received(&lines, &reads);
        assert_eq!(deliveries, ["one,two", "", "three", ""], "one for each read, and the end");
        assert_eq!(stopped, finished());
    }

    #[test]
    fn an_interrupted_read_is_tried_again() {
        let interrupted = Err(ErrorKind::Interrupted);
        let reads = [interrupted, Ok("on"), interrupted, interrupted, Ok("e\n")];
        let (deliveries, stopped, _) = received(&Lines::new(100), &reads);
        assert_eq!(deliveries, ["", "one", ""], "an interrupted read delivers nothing");
        assert_eq!(stopped, finished());
    }

    #[test]
    fn the_decoder_learns_of_the_end() {
        let (deliveries, stopped, _) = received(&Chunks::new(100), &[Ok("one\n"), Ok("two")]);
        assert_eq!((deliveries.join("/").as_str(), stopped), ("one//two", finished()));
        let (deliveries, stopped, _) = received(&Lines::new(100), &[Ok("one\ntwo")]);
        let truncated = FramingError::Truncated { got: 3 };
        assert_eq!(
            (deliveries.concat().as_str(), stopped),
            ("one", Stopped::Ended(End::Unframed(truncated)))
        );
    }

    #[test]
    fn the_frames_before_an_error_are_delivered_and_nothing_is_read_after_it() {
        let (deliveries, stopped, left) = received(&Lines::new(4), &[Ok("ok\n123456"), Ok("\n")]);
        assert_eq!(deliveries, ["ok"]);
        let too_long = FramingError::TooLong { limit: 4 };
        assert_eq!((stopped, left), (Stopped::Ended(End::Unframed(too_long)), 2));
        let reads = [Ok("one\ntw"), Err(ErrorKind::ConnectionReset), Ok("o\n")];
        let (deliveries, stopped, left) = received(&Lines::new(100), &reads);
        assert_eq!(deliveries, ["one"], "half a line is no frame");
        assert_eq!((stopped, left), (Stopped::Broken(ErrorKind::ConnectionReset), 2));
    }

    #[test]
    fn nothing_is_read_after_a_refused_delivery() {
        let (deliveries, stopped, left) =
            received(&Lines::new(100), &[Ok("stop\nx\n"), Ok("more\n")]);
        assert_eq!((deliveries, stopped, left), (vec!["stop,x".to_owned()], Stopped::Refused, 2));
        // A refusal counts for more than an error in the same read.
        let (_, stopped, _) = received(&Lines::new(4), &[Ok("stop\n123456")]);
        assert_eq!(stopped, Stopped::Refused);
    }
}
