//! The detection of a peer's dialect from the first bytes.
//!
//! ```text
//! white space     skipped, but a newline in it is remembered
//! {               json, if a newline is before the object or after it in the bytes so far,
//!                 or if the object has a tag; else, at the end of the object, ktn14 or ktn15
//! ten bytes of digits and then spaces     header
//! anything else   text
//! ```
//!
//! Only the decoder sees the bytes, so the decoder detects the dialect. Its first frame is not a frame
//! of the peer, but the result of the detection, which the interpreter passes on. Until then the peer
//! gets responses in `json`.

mod beginning;

use std::sync::Arc;

use net::framing::{Decoder, Framing};
use net::{Frame, FramingError};

use super::ktn15::Past;
use super::{Decoded, Dialect, Encoded, Entry, Header, Interpreter, Json, Ktn14, Ktn15, Text};
use crate::{Limits, ParseError, Response, Unreadable};

use beginning::Beginning;

pub(super) const ENTRY: Entry = Entry {
    name: "auto",
    summary: "json, ktn14, ktn15, text or header, told from the first bytes",
    choices: &[],
    make: |limits, _| Arc::new(Auto::new(limits)),
};

/// The `auto` dialect.
pub struct Auto {
    limits: Limits,
    candidates: [Arc<dyn Dialect>; 5],
}

impl Auto {
    /// Creates the dialect with these limits.
    pub fn new(limits: &Limits) -> Auto {
        let candidates: [Arc<dyn Dialect>; 5] = [
            Arc::new(Json::new(limits)),
            Arc::new(Ktn14::new(limits)),
            Arc::new(Ktn15::new(limits, Past::default())),
            Arc::new(Text::new(limits)),
            Arc::new(Header::new(limits)),
        ];
        Auto { limits: *limits, candidates }
    }

    fn json(&self) -> &Arc<dyn Dialect> {
        let [json, ..] = &self.candidates;
        json
    }
}

impl Dialect for Auto {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn framing(&self) -> Arc<dyn Framing> {
        Arc::new(Guessed {
            framings: self.candidates.each_ref().map(|dialect| dialect.framing()),
            limit: self.limits.frame,
            nesting: self.limits.nesting,
        })
    }

    fn candidates(&self) -> Vec<Arc<dyn Dialect>> {
        self.candidates.to_vec()
    }

    fn unframed(&self, error: FramingError) -> ParseError {
        ParseError::UnframedObject(error)
    }

    fn interpreter(&self) -> Box<dyn Interpreter> {
        Box::new(Messenger)
    }

    fn keeps_lines(&self) -> bool {
        self.json().keeps_lines()
    }

    fn encode(&self, response: &Response) -> Encoded {
        self.json().encode(response)
    }
}

/// An interpreter that passes on the result of the decoder.
struct Messenger;

impl Interpreter for Messenger {
    fn decode(&mut self, frame: &[u8]) -> Result<Decoded, Box<Unreadable>> {
        #[expect(clippy::indexing_slicing, reason = "`become_one` makes a frame of one byte")]
        let found = frame[0];
        Ok(Decoded::Speaks(usize::from(found)))
    }
}

/// The framings of the candidates.
#[derive(Clone)]
struct Guessed {
    framings: [Arc<dyn Framing>; 5],
    limit: usize,
    nesting: usize,
}

impl Framing for Guessed {
    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(Guessing::Yet { guess: self.clone(), beginning: Beginning::default() })
    }

    fn encode(&self, payload: &[u8], wire: &mut Vec<u8>) {
        let [json, ..] = &self.framings;
        json.encode(payload, wire);
    }
}

/// A decoder before and after the detection.
enum Guessing {
    /// The dialect is not known.
    Yet { guess: Guessed, beginning: Beginning },
    /// The decoder of the detected dialect.
    Known(Box<dyn Decoder>),
}

impl Decoder for Guessing {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        match self {
            Guessing::Known(decoder) => decoder.decode(input, frames),
            Guessing::Yet { guess, beginning } => match beginning.tell(input, guess.nesting) {
                Some(found) => self.become_one(found, frames),
                None if beginning.length() > guess.limit => {
                    Err(FramingError::TooLong { limit: guess.limit })
                }
                None => Ok(()),
            },
        }
    }

    fn finish(&mut self, frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        match self {
            Guessing::Known(decoder) => decoder.finish(frames),
            Guessing::Yet { beginning, .. } => match beginning.tell_at_end() {
                None => Ok(()),
                Some(found) => {
                    self.become_one(found, frames)?;
                    self.finish(frames)
                }
            },
        }
    }
}

impl Guessing {
    /// Reports the detected dialect and passes the bytes so far to its decoder.
    fn become_one(&mut self, found: u8, frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        let Guessing::Yet { guess, beginning } = self else { return Ok(()) };
        let seen = beginning.take(found);
        #[expect(clippy::indexing_slicing, reason = "`tell` returns the place of a candidate")]
        let mut decoder = guess.framings[usize::from(found)].decoder();
        frames.push(vec![found]);
        let cut = decoder.decode(&seen, frames);
        *self = Guessing::Known(decoder);
        cut
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 5] = ["json", "ktn14", "ktn15", "text", "header"];

    /// Returns the detected dialect and the frames of these reads.
    fn decode(reads: &[&[u8]]) -> (Option<&'static str>, Vec<String>, Result<(), FramingError>) {
        let mut decoder = Auto::new(&Limits { frame: 64, ..Limits::default() }).framing().decoder();
        let mut frames = Vec::new();
        let cut = reads.iter().try_for_each(|read| decoder.decode(read, &mut frames));
        let cut = cut.and_then(|()| decoder.finish(&mut frames));
        let mut frames = frames.into_iter();
        let found = frames.next().map(|found| NAMES[usize::from(found[0])]);
        (found, frames.map(|frame| String::from_utf8(frame).unwrap()).collect(), cut)
    }

    #[test]
    fn the_candidates_are_in_their_places() {
        let candidates = Auto::new(&Limits::default()).candidates();
        let names: Vec<&str> = candidates.iter().map(|dialect| dialect.name()).collect();
        assert_eq!(names, NAMES);
    }

    #[test]
    fn white_space_decides_nothing() {
        for stream in ["", " \n \t", "\n\n\n"] {
            assert_eq!(decode(&[stream.as_bytes()]), (None, vec![], Ok(())), "{stream:?}");
        }
    }

    #[test]
    fn single_bytes_are_detected_like_one_read_and_none_is_lost() {
        for (stream, want, frames) in [
            ("\n{\"request\":\"names\"}\n{}\n", "json", &["{\"request\":\"names\"}", "{}"][..]),
            ("{\"content\":\"}\"}{\"a\":1}", "ktn15", &["{\"content\":\"}\"}", "{\"a\":1}"]),
            ("{\"username\":\"}\"} {}", "ktn14", &["{\"username\":\"}\"}", "{}"]),
            ("5         alice0         ", "header", &["alice", ""]),
        ] {
            let bytes: Vec<&[u8]> = stream.as_bytes().chunks(1).collect();
            let whole = decode(&[stream.as_bytes()]);
            assert_eq!(decode(&bytes), whole, "{stream:?}");
            assert_eq!((whole.0, whole.2), (Some(want), Ok(())), "{stream:?}");
            assert_eq!(whole.1, frames, "{stream:?}");
        }
        let (found, frames, _) = decode(&[b"L", b"OGIN alice"]);
        assert_eq!((found, frames.concat().as_str()), (Some("text"), "LOGIN alice"));
        let (found, frames, _) = decode(&[b"\r\nLOG", b"IN alice\n"]);
        assert_eq!((found, frames), (Some("text"), vec![String::new(), "LOGIN alice".to_owned()]));
    }

    #[test]
    fn an_endless_beginning_is_refused_at_the_limit() {
        let endless = format!("{{\"a\":\"{}", "x".repeat(100));
        let (found, _, end) = decode(&[endless.as_bytes()]);
        assert_eq!((found, end), (None, Err(FramingError::TooLong { limit: 64 })));
        let (found, frames, end) = decode(&[b"{\"a\":"]);
        assert_eq!((found, frames.len()), (Some("json"), 0));
        assert_eq!(end, Err(FramingError::Truncated { got: 5 }));
        assert_eq!(decode(&[b"12"]), (Some("text"), vec!["12".to_owned()], Ok(())));
    }
}
