//! Cuts received bytes into frames.

use std::collections::VecDeque;

use serde_json::Value;

use crate::dialect::{Dialect, Family};

/// Length of the header of `header`.
const HEADER: usize = 10;

/// Greatest number of bytes without the end of a frame.
const LONGEST: usize = 16 << 20;

/// A received frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    /// The frame without its delimiter.
    pub(crate) content: Vec<u8>,
    /// Why the frame does not have the form of its dialect.
    pub(crate) wrong: Option<&'static str>,
}

impl Frame {
    fn good(content: Vec<u8>) -> Frame {
        Frame { content, wrong: None }
    }
}

/// The bytes that a person has received and that no step has named yet.
#[derive(Debug)]
pub(crate) struct Reading {
    family: Family,
    /// Whether one read must return one frame, in a dialect whose clients need that.
    one_read: bool,
    /// Reads that are not examined yet.
    reads: VecDeque<Vec<u8>>,
    /// The beginning of a frame, and the number of reads that returned them.
    partial: Vec<u8>,
    count: usize,
    /// The partial bytes may contain a whole frame.
    may_end: bool,
}

impl Reading {
    pub(crate) fn new(dialect: &Dialect, one_read: bool) -> Reading {
        Reading {
            family: dialect.family(),
            one_read,
            reads: VecDeque::new(),
            partial: Vec::new(),
            count: 0,
            may_end: false,
        }
    }

    /// Adds the result of one read.
    pub(crate) fn push(&mut self, read: Vec<u8>) {
        self.reads.push_back(read);
    }

    /// Takes the next frame.
    pub(crate) fn next(&mut self) -> Option<Frame> {
        loop {
            if self.may_end
                && let Some(frame) = self.cut()
            {
                return Some(frame);
            }
            let read = self.reads.pop_front()?;
            // An empty partial frame is whole for no dialect.
            self.count += 1;
            self.may_end = match self.family {
                Family::JsonLines | Family::Lines => read.contains(&b'\n'),
                Family::JsonValues => {
                    read.iter().any(|byte| *byte == b'}' || !byte.is_ascii()) || !self.is_object()
                }
                Family::Reads | Family::Header => true,
            };
            self.partial.extend(read);
            if self.partial.len() > LONGEST {
                let wrong = Some("the frame has more than 16 MiB");
                return Some(Frame { content: self.take_all(), wrong });
            }
        }
    }

    fn is_object(&self) -> bool {
        self.partial.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
    }

    /// The bytes after the last whole frame.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.partial
    }

    /// Takes this number of bytes, or all if there are fewer, without regard to frames.
    pub(crate) fn take_bytes(&mut self, most: usize) -> Vec<u8> {
        for read in self.reads.drain(..) {
            self.partial.extend(read);
            self.may_end = true;
        }
        let most = most.min(self.partial.len());
        self.partial.drain(..most).collect()
    }

    fn take_all(&mut self) -> Vec<u8> {
        (self.count, self.may_end) = (0, false);
        std::mem::take(&mut self.partial)
    }

    fn cut(&mut self) -> Option<Frame> {
        let frame = match self.family {
            Family::JsonLines | Family::Lines => self.cut_line(),
            Family::JsonValues => self.cut_value(),
            Family::Reads => {
                let mut content = self.take_all();
                if content.last() == Some(&b'\n') {
                    content.pop();
                }
                return Some(Frame::good(content));
            }
            Family::Header => self.cut_pair(),
        };
        if self.partial.is_empty() {
            self.count = 0;
        }
        self.may_end = frame.is_some() && !self.partial.is_empty();
        frame
    }

    fn cut_line(&mut self) -> Option<Frame> {
        loop {
            let end = self.partial.iter().position(|byte| *byte == b'\n')?;
            let mut line: Vec<u8> = self.partial.drain(..=end).collect();
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            // In `json`, both sides ignore empty lines.
            if !line.is_empty() || self.family == Family::Lines {
                return Some(Frame::good(line));
            }
        }
    }

    fn cut_value(&mut self) -> Option<Frame> {
        let begin = self.partial.iter().position(|byte| !byte.is_ascii_whitespace());
        self.partial.drain(..begin.unwrap_or(self.partial.len()));
        if self.partial.is_empty() {
            return None;
        }
        if self.partial.first() != Some(&b'{') {
            return Some(Frame::good(self.take_all()));
        }
        let mut values = serde_json::Deserializer::from_slice(&self.partial).into_iter::<Value>();
        match values.next() {
            Some(Ok(_)) => {
                let end = values.byte_offset().min(self.partial.len());
                let content = self.partial.drain(..end).collect();
                let more = self.partial.iter().any(|byte| !byte.is_ascii_whitespace());
                let is_one = self.count == 1 && !more;
                let wrong = (self.one_read && !is_one)
                    .then_some("one read of the client does not return exactly this frame");
                Some(Frame { content, wrong })
            }
            Some(Err(error)) if error.is_eof() => None,
            _ => Some(Frame::good(self.take_all())),
        }
    }

    /// Cuts a name and a text, and joins them as a transcript writes them: `name: text`.
    fn cut_pair(&mut self) -> Option<Frame> {
        let mut at = 0;
        let mut parts: Vec<Vec<u8>> = Vec::new();
        while parts.len() < 2 {
            let header = self.partial.get(at..at + HEADER)?;
            let length = std::str::from_utf8(header).ok().map(str::trim_end);
            let Some(length) = length.and_then(|digits| digits.parse::<usize>().ok()) else {
                let wrong = Some("the header of ten bytes is no number");
                return Some(Frame { content: self.take_all(), wrong });
            };
            let begin = at + HEADER;
            at = begin.saturating_add(length);
            parts.push(self.partial.get(begin..at)?.to_vec());
        }
        self.partial.drain(..at);
        Some(Frame::good(parts.join(&b": "[..])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The frames in these bytes, which arrive in two reads that are cut at this position.
    fn frames(dialect: &str, bytes: &[u8], at: usize) -> Vec<String> {
        let mut reading = Reading::new(&Dialect::named(dialect).unwrap(), false);
        let (first, second) = bytes.split_at(at);
        let mut frames = Vec::new();
        for read in [first, second] {
            reading.push(read.to_vec());
            frames.extend(std::iter::from_fn(|| reading.next()));
        }
        frames.into_iter().map(|frame| String::from_utf8(frame.content).unwrap()).collect()
    }

    #[test]
    fn frames_are_the_same_wherever_the_bytes_are_cut() {
        for (dialect, bytes, want) in [
            ("json", "{\"a\":\"é\"}\r\n\n{\"b\":1}\n", vec!["{\"a\":\"é\"}", "{\"b\":1}"]),
            (
                "ktn14",
                "{\"a\":\"}é\"} {\"b\":{\"c\":1}}\n{}",
                vec!["{\"a\":\"}é\"}", "{\"b\":{\"c\":1}}", "{}"],
            ),
            ("plain", "hello\n\nbye\n", vec!["hello", "", "bye"]),
            (
                "header",
                "3         bob5         hello0         2         hi",
                vec!["bob: hello", ": hi"],
            ),
        ] {
            for at in 0..=bytes.len() {
                assert_eq!(frames(dialect, bytes.as_bytes(), at), want, "{dialect} {at}");
            }
        }
    }

    #[test]
    fn a_read_is_a_frame_in_dialects_without_delimiters() {
        assert_eq!(frames("text", b"one\ntwo\nthree", 8), ["one\ntwo", "three"]);
    }

    #[test]
    fn bytes_without_the_form_of_the_dialect_are_a_frame() {
        assert_eq!(frames("ktn15", b"hello", 5), ["hello",]);
        assert_eq!(frames("ktn15", b"{]", 2), ["{]"]);
        let mut reading = Reading::new(&Dialect::named("header").unwrap(), false);
        reading.push(b"ten letters".to_vec());
        assert!(reading.next().unwrap().wrong.is_some());
    }

    #[test]
    fn one_read_must_return_one_frame_if_that_is_demanded() {
        for (reads, is_right) in [
            (vec!["{\"a\":1}", "{\"b\":2}"], true),
            (vec!["{\"a\":1}{\"b\":2}"], false),
            (vec!["{\"a\"", ":1}{\"b\":2}"], false),
        ] {
            let mut reading = Reading::new(&Dialect::named("ktn14").unwrap(), true);
            reads.iter().for_each(|read| reading.push(read.as_bytes().to_vec()));
            let frames: Vec<Frame> = std::iter::from_fn(|| reading.next()).collect();
            assert_eq!(frames.len(), 2);
            assert_eq!(frames.iter().all(|frame| frame.wrong.is_none()), is_right, "{reads:?}");
        }
    }

    #[test]
    fn bytes_are_taken_without_regard_to_frames() {
        let mut reading = Reading::new(&Dialect::default(), false);
        reading.push(b"{}\n{\"a\"".to_vec());
        assert_eq!(reading.next().unwrap().content, b"{}");
        reading.push(b":1}\n".to_vec());
        assert_eq!(reading.take_bytes(3), b"{\"a");
        assert_eq!(reading.next().unwrap().content, b"\":1}");
        assert_eq!(reading.take_bytes(3), b"");
    }
}
