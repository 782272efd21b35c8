//! Which dialect somebody speaks, told from the first bytes.
//!
//! ```text
//! white space     is skipped, but a newline in it is remembered
//! {               json, where a newline came before it or comes after it in what has arrived;
//!                 else, when its object is whole, one of the two courses that send such objects
//! ten bytes of digits and then spaces     header
//! anything else   text
//! ```
//!
//! The decoder finds out, since only it sees the bytes; what it hands out first is no frame of the
//! peer's but what it has found, and the interpreter passes that on. Until then the peer is taken
//! for one that speaks `json`.

mod beginning;

use std::sync::Arc;

use net::framing::{Decoder, Framing};
use net::{Frame, FramingError};

use super::ktn15::Past;
use super::{Decoded, Dialect, Encoded, Entry, Header, Interpreter, Json, Ktn14, Ktn15, Text};
use crate::{Limits, ParseError, Response, Unreadable};

use beginning::{Beginning, JSON};

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
    /// The dialect within these limits.
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

    fn encode(&self, response: &Response) -> Encoded {
        self.json().encode(response)
    }
}

/// Passes on what the decoder has found out.
struct Messenger;

impl Interpreter for Messenger {
    fn decode(&mut self, frame: &[u8]) -> Result<Decoded, Box<Unreadable>> {
        let found = frame.first().copied().unwrap_or(JSON);
        Ok(Decoded::Speaks(usize::from(found)))
    }
}

/// A framing for each of the candidates.
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

/// A decoder that does not know yet, or does.
enum Guessing {
    /// What has come, and how to go on.
    Yet { guess: Guessed, beginning: Beginning },
    /// The decoder of the dialect that it is.
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
    /// Says what was found, and gives it all that has come.
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

    /// What these reads are found to be, and the frames after that.
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
    fn the_candidates_stand_in_their_places() {
        let candidates = Auto::new(&Limits::default()).candidates();
        let names: Vec<&str> = candidates.iter().map(|dialect| dialect.name()).collect();
        assert_eq!(names, NAMES);
    }

    #[test]
    fn white_space_tells_nothing() {
        for stream in ["", " \n \t", "\n\n\n"] {
            assert_eq!(decode(&[stream.as_bytes()]), (None, vec![], Ok(())), "{stream:?}");
        }
    }

    #[test]
    fn one_byte_at_a_time_tells_as_much_and_nothing_is_lost() {
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
    fn what_never_tells_is_refused_within_the_limit() {
        let endless = format!("{{\"a\":\"{}", "x".repeat(100));
        let (found, _, end) = decode(&[endless.as_bytes()]);
        assert_eq!((found, end), (None, Err(FramingError::TooLong { limit: 64 })));
        let (found, frames, end) = decode(&[b"{\"a\":"]);
        assert_eq!((found, frames.len()), (Some("json"), 0));
        assert_eq!(end, Err(FramingError::Truncated { got: 5 }));
        assert_eq!(decode(&[b"12"]), (Some("text"), vec!["12".to_owned()], Ok(())));
    }
}
