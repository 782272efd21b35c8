//! Reads a connection's socket without blocking, and cuts the bytes into frames.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read};
use std::panic::{self, AssertUnwindSafe};
use std::time::{Duration, Instant};

use crate::flood::TokenBucket;
use crate::framing::Decoder;
use crate::{CloseReason, End, Flood, Frame};

/// The number of bytes that the engine reads from one connection in a turn.
const SHARE: usize = 64 * 1024;
/// The number of bytes that one read asks for from a throttled peer. It is low, because the engine has
/// to keep the frames that the token bucket holds back.
const THROTTLED: usize = 8 * 1024;

/// The outcome of the reads of a turn.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// The socket has no more bytes now.
    Drained,
    /// The connection has used up its share of the turn, and there may be more bytes.
    More,
    /// The token bucket lets the next frame pass after this time.
    Paused(Duration),
    /// The stream has ended.
    Ended(End),
}

/// The outcome of a read that discards the bytes.
pub(super) enum Discarded {
    /// The peer has hung up.
    HungUp,
    /// The socket has no more bytes now.
    Drained,
    /// There may be more bytes.
    More,
}

/// The receiving half of a connection, without its socket.
pub(super) struct Reader {
    decoder: Box<dyn Decoder>,
    throttle: Option<Throttle>,
    /// The end of the stream, while held frames have to pass before it.
    ending: Option<End>,
}

/// Slows a peer down that sends too many frames.
struct Throttle {
    bucket: TokenBucket,
    /// Frames that wait for the bucket. While there are any, the engine reads nothing more.
    held: VecDeque<Frame>,
}

impl Throttle {
    /// Appends the frames that one read brought.
    fn hold(&mut self, frames: Vec<Frame>, flood: &Flood, now: Instant) {
        self.bucket.brought(frames.len(), flood, now);
        self.held.extend(frames);
    }

    /// Moves the frames that may pass to `frames`. If some have to wait, returns the outcome of the read.
    fn release(&mut self, frames: &mut Vec<Frame>, flood: &Flood, now: Instant) -> Option<Reading> {
        while !self.held.is_empty() {
            if let Err(wait) = self.bucket.pass(flood, now) {
                let is_flooding = self.bucket.is_flooding(flood, now);
                let ended = Reading::Ended(End::Flooded);
                return Some(if is_flooding { ended } else { Reading::Paused(wait) });
            }
            frames.extend(self.held.pop_front());
        }
        // A peer that keeps within the limits costs no memory here.
        self.held = VecDeque::new();
        None
    }
}

impl Reader {
    pub(super) fn new(decoder: Box<dyn Decoder>, bucket: Option<TokenBucket>) -> Reader {
        let throttle = bucket.map(|bucket| Throttle { bucket, held: VecDeque::new() });
        Reader { decoder, throttle, ending: None }
    }

    /// Reads the connection's share of a turn, and appends the frames that may pass to `frames`.
    ///
    /// Before each read, and after the last one, calls [`release`](Reader::release), and returns its outcome
    /// if there is one. Then the loop ends as follows:
    ///
    /// - After [`SHARE`] bytes or more, returns [`Reading::More`] without another read.
    /// - When a read would block ([`ErrorKind::WouldBlock`]), returns [`Reading::Drained`]. Before that the
    ///   engine must not stop, because the system reports a socket only when new bytes arrive.
    /// - A read that a signal interrupted ([`ErrorKind::Interrupted`]) is tried again.
    ///
    /// The bytes of each read go to [`cut`](Reader::cut), also no bytes, which are the end of the stream. With
    /// limits on floods a read asks for [`THROTTLED`] bytes, else for the whole buffer.
    ///
    /// # Errors
    /// [`CloseReason::Broken`], with the kind of any other error of a read. The error of `cut`.
    pub(super) fn read(
        &mut self,
        stream: &mut impl Read,
        buffer: &mut [u8],
        frames: &mut Vec<Frame>,
        flood: Option<&Flood>,
        now: Instant,
    ) -> Result<Reading, CloseReason> {
        let most = if flood.is_some() { THROTTLED } else { buffer.len() };
        let (buffer, _) = buffer.split_at_mut(most);
        let mut left = SHARE;
        loop {
            if let Some(outcome) = self.release(frames, flood, now) {
                return Ok(outcome);
            }
            if left == 0 {
                return Ok(Reading::More);
            }
            match stream.read(buffer) {
                Ok(length) => {
                    left = left.saturating_sub(length);
                    self.cut(buffer.split_at(length).0, frames, flood, now)?;
                }
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return Ok(Reading::Drained),
                    ErrorKind::Interrupted => {}
                    kind => return Err(CloseReason::Broken(kind)),
                },
            }
        }
    }

    /// Appends the held frames that may pass now to `frames`. Returns the outcome of the turn if some have
    /// to wait, or if the stream has ended and none is left.
    fn release(
        &mut self,
        frames: &mut Vec<Frame>,
        flood: Option<&Flood>,
        now: Instant,
    ) -> Option<Reading> {
        if let (Some(throttle), Some(flood)) = (&mut self.throttle, flood)
            && let Some(outcome) = throttle.release(frames, flood, now)
        {
            return Some(outcome);
        }
        self.ending.take().map(Reading::Ended)
    }

    /// Cuts the bytes of one read into frames, and holds them for the token bucket or appends them to
    /// `frames`. No bytes mean the end of the stream.
    ///
    /// # Errors
    /// When the decoder panics. That is a bug, but it must not end the other connections.
    fn cut(
        &mut self,
        input: &[u8],
        frames: &mut Vec<Frame>,
        flood: Option<&Flood>,
        now: Instant,
    ) -> Result<(), CloseReason> {
        let mut cut = Vec::new();
        let decoder = &mut self.decoder;
        let result = panic::catch_unwind(AssertUnwindSafe(|| match input {
            [] => decoder.finish(&mut cut),
            input => decoder.decode(input, &mut cut),
        }));
        match result.map_err(|_| CloseReason::Bug)? {
            Ok(()) if input.is_empty() => self.ending = Some(End::Finished),
            Ok(()) => {}
            Err(error) => self.ending = Some(End::Unframed(error)),
        }
        match (&mut self.throttle, flood) {
            (Some(throttle), Some(flood)) => throttle.hold(cut, flood, now),
            _ => frames.append(&mut cut),
        }
        Ok(())
    }
}

/// Reads the connection's share of a turn and discards the bytes, so that a peer that still writes when
/// the server closes gets no reset.
pub(super) fn discard(stream: &mut impl Read, buffer: &mut [u8]) -> Discarded {
    let mut left = SHARE;
    while left > 0 {
        match stream.read(buffer) {
            Ok(0) => return Discarded::HungUp,
            Ok(length) => left = left.saturating_sub(length),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Discarded::Drained,
            Err(_) => return Discarded::HungUp,
        }
    }
    Discarded::More
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::FramingError;
    use crate::framing::{Framing, Lines};

    /// A socket whose reads return these results. Then it has no more bytes.
    struct Socket {
        results: VecDeque<Result<Vec<u8>, ErrorKind>>,
        /// The number of bytes for which the last read asked.
        asked: usize,
    }

    impl Read for Socket {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.asked = buffer.len();
            let bytes = self.results.pop_front().unwrap_or(Err(ErrorKind::WouldBlock))?;
            buffer[..bytes.len()].copy_from_slice(&bytes);
            Ok(bytes.len())
        }
    }

    fn socket(results: &[Result<&str, ErrorKind>]) -> Socket {
        let bytes = |text: &str| text.as_bytes().to_vec();
        let results = results.iter().map(|result| result.map(bytes)).collect();
        Socket { results, asked: 0 }
    }

    fn reader(limit: usize, flood: Option<&Flood>) -> Reader {
        let bucket = flood.map(|flood| TokenBucket::new(flood, Instant::now()));
        Reader::new(Lines::new(limit).decoder(), bucket)
    }

    /// Reads the share of a turn; returns the frames and the outcome.
    fn turn(
        reader: &mut Reader,
        socket: &mut Socket,
        flood: Option<&Flood>,
        now: Instant,
    ) -> (Vec<String>, Result<Reading, CloseReason>) {
        let (mut frames, mut buffer) = (Vec::new(), vec![0; SHARE]);
        let outcome = reader.read(socket, &mut buffer, &mut frames, flood, now);
        let text = |frame: Frame| String::from_utf8(frame).unwrap();
        (frames.into_iter().map(text).collect(), outcome)
    }

    /// Reads the share of a turn from a socket with these results, without limits on floods.
    fn read(results: &[Result<&str, ErrorKind>]) -> (String, Result<Reading, CloseReason>, usize) {
        let mut socket = socket(results);
        let (frames, outcome) = turn(&mut reader(10, None), &mut socket, None, Instant::now());
        (frames.join(","), outcome, socket.results.len())
    }

    #[test]
    fn a_turn_reads_until_the_socket_would_block() {
        let reads = [Ok("one\n"), Ok("tw"), Ok("o\nthree\n")];
        assert_eq!(read(&reads), ("one,two,three".to_owned(), Ok(Reading::Drained), 0));
        let blocked = [Ok("a long\n"), Ok("x\ny"), Err(ErrorKind::WouldBlock), Ok("\n")];
        assert_eq!(read(&blocked), ("a long,x".to_owned(), Ok(Reading::Drained), 1));
    }

    #[test]
    fn an_interrupted_read_is_tried_again_and_another_error_ends_the_connection() {
        let interrupted = Err(ErrorKind::Interrupted);
        let reads = [interrupted, Ok("one\n"), interrupted, Ok("two\n")];
        assert_eq!(read(&reads), ("one,two".to_owned(), Ok(Reading::Drained), 0));
        let reset = ErrorKind::ConnectionReset;
        let broken = Err(CloseReason::Broken(reset));
        assert_eq!(read(&[Ok("one\n"), Err(reset), Ok("two\n")]), ("one".to_owned(), broken, 1));
    }

    #[test]
    fn a_connection_reads_no_more_than_its_share() {
        let half = "123456789\n".repeat(SHARE / 10 / 2 + 1);
        let mut socket = socket(&[Ok(&half), Ok(&half), Ok(&half)]);
        let mut reader = reader(10, None);
        let (frames, outcome) = turn(&mut reader, &mut socket, None, Instant::now());
        assert_eq!((frames.len(), outcome), (half.len() * 2 / 10, Ok(Reading::More)));
        assert_eq!((socket.results.len(), socket.asked), (1, SHARE));
        let (frames, outcome) = turn(&mut reader, &mut socket, None, Instant::now());
        assert_eq!((frames.len(), outcome), (half.len() / 10, Ok(Reading::Drained)));
    }

    #[test]
    fn the_end_follows_the_frames_before_it_and_nothing_is_read_after_it() {
        let finished = Ok(Reading::Ended(End::Finished));
        assert_eq!(read(&[Ok("one\n"), Ok(""), Ok("x\n")]), ("one".to_owned(), finished, 1));
        let ended = |error| Ok(Reading::Ended(End::Unframed(error)));
        let truncated = ended(FramingError::Truncated { got: 2 });
        assert_eq!(read(&[Ok("one\ntw"), Ok("")]), ("one".to_owned(), truncated, 0));
        let too_long = ended(FramingError::TooLong { limit: 10 });
        let reads = [Ok("one\n12345678901\n"), Ok("x\n")];
        assert_eq!(read(&reads), ("one".to_owned(), too_long, 1));
    }

    #[test]
    fn held_frames_pass_before_the_next_read_and_before_the_end() {
        let flood = Flood { burst: 2, rate: 10, ..Flood::default() };
        let mut reader = reader(10, Some(&flood));
        let mut socket = socket(&[Ok("1\n2\n3\n4\n"), Ok("")]);
        let start = Instant::now();
        let (frames, outcome) = turn(&mut reader, &mut socket, Some(&flood), start);
        let Ok(Reading::Paused(wait)) = outcome else { panic!("{outcome:?}") };
        assert_eq!((frames.join(","), socket.asked), ("1,2".to_owned(), THROTTLED));
        assert_eq!(socket.results.len(), 1, "no read while frames are held");
        let (frames, outcome) = turn(&mut reader, &mut socket, Some(&flood), start + wait);
        assert!(matches!(outcome, Ok(Reading::Paused(_))), "{outcome:?}");
        assert_eq!((frames.join(","), socket.results.len()), ("3".to_owned(), 1));
        let later = start + Duration::from_secs(1);
        let (frames, outcome) = turn(&mut reader, &mut socket, Some(&flood), later);
        assert_eq!(
            (frames.join(","), outcome),
            ("4".to_owned(), Ok(Reading::Ended(End::Finished)))
        );
    }
}
