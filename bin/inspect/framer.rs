//! The frames of a stream, with the bytes that belong to each.
//!
//! A decoder of `net` returns the payload of a frame, but not the place where the frame ends. A proxy
//! needs both. So a framer passes a read to the decoder in pieces that end where a frame can end, and
//! the piece that completes a frame shows its last byte.

use std::sync::Arc;

use net::Frame;
use net::framing::Decoder;
use parse::dialect::Dialect;

/// A frame as it is on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    /// All bytes of the frame, with its header and its end.
    pub(crate) wire: Vec<u8>,
    /// The content, as the decoder returns it.
    pub(crate) payload: Vec<u8>,
    /// The reason why these bytes are not a frame.
    pub(crate) fault: Option<String>,
}

/// The places where a frame can end in a framing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// After a newline.
    Newline,
    /// After a bracket, a quote or white space.
    Value,
    /// After any byte.
    Byte,
}

impl Ends {
    fn of(dialect: &str) -> Ends {
        match dialect {
            "ktn14" | "ktn15" => Ends::Value,
            "header" => Ends::Byte,
            _ => Ends::Newline,
        }
    }

    /// Returns the length of the next piece of the input, which is not empty.
    fn piece(self, input: &[u8]) -> usize {
        let end = match self {
            Ends::Newline => memchr::memchr(b'\n', input),
            Ends::Value => input
                .iter()
                .position(|byte| matches!(byte, b'}' | b']' | b'"') || byte.is_ascii_whitespace()),
            Ends::Byte => Some(0),
        };
        end.map_or(input.len(), |end| end + 1)
    }
}

/// The state of a stream.
enum State {
    /// The dialect is not known yet.
    Unknown(Box<dyn Decoder>),
    /// The decoder of the dialect.
    Known(Box<dyn Decoder>, Ends),
    /// The stream cannot be cut into frames any more, so each read is a frame.
    Broken,
}

/// Cuts one direction of a connection into frames.
pub(crate) struct Framer {
    dialect: Arc<dyn Dialect>,
    state: State,
    /// The bytes behind the last frame.
    pending: Vec<u8>,
}

impl Framer {
    /// Creates a framer for a stream of a client. If the first bytes decide the dialect, no frame is
    /// whole before that.
    pub(crate) fn new(dialect: Arc<dyn Dialect>) -> Framer {
        let decoder = dialect.framing().decoder();
        let state = match dialect.candidates().is_empty() {
            true => State::Known(decoder, Ends::of(dialect.name())),
            false => State::Unknown(decoder),
        };
        Framer { dialect, state, pending: Vec::new() }
    }

    /// The dialect. Before the first bytes decide it, `auto`.
    pub(crate) fn dialect(&self) -> &Arc<dyn Dialect> {
        &self.dialect
    }

    /// The bytes of a frame whose end has not arrived.
    pub(crate) fn pending(&self) -> &[u8] {
        &self.pending
    }

    /// Changes the dialect, and decodes the pending bytes again.
    pub(crate) fn becomes(&mut self, dialect: Arc<dyn Dialect>) -> Vec<Cut> {
        let pending = std::mem::take(&mut self.pending);
        *self = Framer::new(dialect);
        if pending.is_empty() { Vec::new() } else { self.read(&pending) }
    }

    /// Decodes the bytes of one read. Returns the frames that are now whole.
    pub(crate) fn read(&mut self, input: &[u8]) -> Vec<Cut> {
        match &mut self.state {
            State::Broken => vec![raw(input.to_vec(), None)],
            State::Unknown(decoder) => {
                self.pending.extend_from_slice(input);
                let mut frames: Vec<Frame> = Vec::new();
                let result = decoder.decode(input, &mut frames);
                // The first frame of such a decoder is the place of the dialect among the candidates.
                let found = frames.first().and_then(|frame| frame.first()).copied();
                match (found, result) {
                    (Some(found), _) => {
                        let mut candidates = self.dialect.candidates();
                        self.becomes(candidates.swap_remove(usize::from(found)))
                    }
                    (None, Ok(())) => Vec::new(),
                    (None, Err(error)) => self.breaks(&error.to_string()).into_iter().collect(),
                }
            }
            State::Known(..) => self.cut(input),
        }
    }

    /// Cuts a read with the decoder of a known dialect.
    fn cut(&mut self, input: &[u8]) -> Vec<Cut> {
        let mut cuts: Vec<Cut> = Vec::new();
        let mut frames: Vec<Frame> = Vec::new();
        let mut rest = input;
        while !rest.is_empty() {
            let State::Known(decoder, ends) = &mut self.state else { break };
            let (piece, after) = rest.split_at(ends.piece(rest));
            let spaces = *ends == Ends::Value && piece.iter().all(u8::is_ascii_whitespace);
            let result = decoder.decode(piece, &mut frames);
            match cuts.last_mut() {
                // White space behind a value belongs to the value.
                Some(last) if spaces && self.pending.is_empty() => last.wire.extend(piece),
                _ => self.pending.extend_from_slice(piece),
            }
            if let Some(payload) = frames.pop() {
                let wire = std::mem::take(&mut self.pending);
                cuts.push(Cut { wire, payload, fault: None });
                frames.clear();
            }
            rest = after;
            if let Err(error) = result {
                self.pending.extend_from_slice(rest);
                cuts.extend(self.breaks(&error.to_string()));
                break;
            }
        }
        cuts
    }

    /// Ends the stream. Returns the last frame, whole or not.
    pub(crate) fn finish(&mut self) -> Option<Cut> {
        let mut frames = Vec::new();
        let result = match &mut self.state {
            State::Known(decoder, _) => decoder.finish(&mut frames),
            State::Unknown(_) | State::Broken => Ok(()),
        };
        self.state = State::Broken;
        let wire = std::mem::take(&mut self.pending);
        match (frames.pop(), result) {
            _ if wire.is_empty() => None,
            (Some(payload), _) => Some(Cut { wire, payload, fault: None }),
            (None, Err(error)) => Some(raw(wire, Some(error.to_string()))),
            (None, Ok(())) => Some(raw(wire, None)),
        }
    }

    /// Gives up, and returns the pending bytes with the reason.
    fn breaks(&mut self, why: &str) -> Option<Cut> {
        self.state = State::Broken;
        let wire = std::mem::take(&mut self.pending);
        (!wire.is_empty()).then(|| raw(wire, Some(why.to_owned())))
    }
}

/// Bytes that are not a frame.
fn raw(wire: Vec<u8>, fault: Option<String>) -> Cut {
    Cut { payload: wire.clone(), wire, fault }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parse::{Limits, dialect};

    fn framer(name: &str) -> Framer {
        Framer::new(dialect::find(name, &Limits { frame: 64, ..Limits::default() }).unwrap())
    }

    /// The bytes of each frame of these reads, and the bytes that are left.
    fn wires(framer: &mut Framer, reads: &[&str]) -> (Vec<String>, String) {
        let cuts: Vec<Cut> = reads.iter().flat_map(|read| framer.read(read.as_bytes())).collect();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (cuts.iter().map(|cut| text(&cut.wire)).collect(), text(framer.pending()))
    }

    #[test]
    fn each_frame_has_its_bytes_and_nothing_is_lost() {
        for (dialect, stream, frames) in [
            ("json", "{\"a\":1}\r\n\n{\"b\":2}\n", &["{\"a\":1}\r\n", "\n", "{\"b\":2}\n"][..]),
            ("ktn15", "{\"a\":\"} x\"} {\"b\":[1]}\n", &["{\"a\":\"} x\"} ", "{\"b\":[1]}\n"]),
            ("header", "5         alice0         ", &["5         alice", "0         "]),
            ("auto", "\n{\"a\":1}\n{}\n", &["\n", "{\"a\":1}\n", "{}\n"]),
            ("auto", "5         alice2         ok", &["5         alice", "2         ok"]),
        ] {
            let whole = wires(&mut framer(dialect), &[stream]);
            assert_eq!(whole, (frames.iter().map(ToString::to_string).collect(), String::new()));
            for first in 0..=stream.len() {
                let (one, two) = stream.split_at(first);
                let reads: Vec<&str> = [one, two].into_iter().filter(|it| !it.is_empty()).collect();
                let (cut, rest) = wires(&mut framer(dialect), &reads);
                assert_eq!(cut.concat() + &rest, stream, "{dialect}, split at {first}");
                if !["ktn15", "auto"].contains(&dialect) {
                    assert_eq!(cut, frames, "{dialect}, split at {first}");
                }
            }
        }
    }

    #[test]
    fn a_read_is_a_frame_until_a_newline_arrives() {
        let mut text = framer("text");
        let (cut, rest) = wires(&mut text, &["LOGIN ann", "MSG all hi", "\nGET", "LIST\n"]);
        assert_eq!(cut, ["LOGIN ann", "MSG all hi", "\nGETLIST\n"]);
        assert_eq!(rest, "");
    }

    #[test]
    fn bytes_that_are_no_frame_are_kept_with_the_reason() {
        let mut header = framer("header");
        let cuts = header.read(b"0         no length at all");
        assert_eq!(cuts.len(), 2);
        assert_eq!(cuts[1].wire, b"no length at all");
        assert!(cuts[1].fault.as_ref().unwrap().contains("no length "), "{cuts:?}");
        let later = header.read(b"more");
        assert_eq!((&later[0].wire[..], &later[0].fault), (&b"more"[..], &None));
        assert_eq!(header.finish(), None);

        let mut json = framer("json");
        let cuts = json.read(&[b'x'; 100]);
        assert_eq!((cuts.len(), cuts[0].wire.len()), (1, 100));
        assert!(cuts[0].fault.as_ref().unwrap().contains("64"), "{cuts:?}");
    }

    #[test]
    fn the_end_of_the_stream_returns_the_rest() {
        let mut json = framer("json");
        assert_eq!(json.read(b"{}\n{\"half").len(), 1);
        let last = json.finish().unwrap();
        assert_eq!(last.wire, b"{\"half");
        assert!(last.fault.is_some());
        let mut text = framer("text");
        text.read(b"a\nb");
        assert_eq!(
            text.finish().map(|last| (last.payload, last.fault)),
            Some((b"b".to_vec(), None))
        );
    }
}
