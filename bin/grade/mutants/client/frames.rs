//! Framing of answers: a newline ends one in `json`, the end of the value in the other dialects.

use serde_json::{Deserializer, Value};

use crate::bugs::Bug;
use crate::dialect::Dialect;
use crate::settings::Settings;

/// Buffer size of one read, as in most course projects. An answer can be longer.
pub(crate) const READ_SIZE: usize = 4096;

/// The received bytes that are not a whole answer yet.
pub(crate) struct Frames {
    settings: Settings,
    partial: Vec<u8>,
}

impl Frames {
    pub(crate) fn new(settings: Settings) -> Frames {
        Frames { settings, partial: Vec::new() }
    }

    /// The answers that are complete after this read.
    pub(crate) fn cut(&mut self, read: &[u8]) -> Vec<Vec<u8>> {
        match self.settings.bug {
            Bug::RecvIsMessage => return vec![read.to_vec()],
            Bug::ReadsAreText => self.partial.extend(String::from_utf8_lossy(read).bytes()),
            _ => self.partial.extend_from_slice(read),
        }
        let mut frames: Vec<Vec<u8>> = std::iter::from_fn(|| self.next()).collect();
        match self.settings.bug {
            Bug::FirstOfARead => frames.truncate(1),
            Bug::PieceIsDropped => self.partial.clear(),
            Bug::MessageCutAtReadSize => {
                frames.iter_mut().for_each(|frame| frame.truncate(READ_SIZE));
            }
            _ => {}
        }
        frames
    }

    fn next(&mut self) -> Option<Vec<u8>> {
        let end = match self.settings.dialect {
            Dialect::Json => self.partial.iter().position(|byte| *byte == b'\n')? + 1,
            Dialect::Ktn14 | Dialect::Ktn15 => self.end_of_value()?,
        };
        Some(self.partial.drain(..end).collect())
    }

    fn end_of_value(&self) -> Option<usize> {
        let mut values = Deserializer::from_slice(&self.partial).into_iter::<Value>();
        match values.next()? {
            Ok(_) => Some(values.byte_offset()),
            Err(error) if error.is_eof() => None,
            // These bytes can never become a value, so the next attempt starts at the next brace.
            Err(_) => {
                let rest = self.partial.iter().skip(1);
                let brace = rest.take_while(|byte| **byte != b'{').count();
                Some(1 + brace)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\"a\":\"}{\\\"\\\\ ø𝄞\"}";

    fn frames(dialect: Dialect, bug: Bug) -> Frames {
        Frames::new(Settings { dialect, bug })
    }

    #[test]
    fn an_answer_split_at_any_byte_is_the_same() {
        for dialect in Dialect::ALL {
            let end = if dialect == Dialect::Json { "\n" } else { "" };
            let one = format!("{TEXT}{end}").into_bytes();
            let both = [one.clone(), one.clone()].concat();
            for cut in 0..=both.len() {
                let (begin, rest) = both.split_at(cut);
                let mut frames = frames(dialect, Bug::None);
                let got = [frames.cut(begin), frames.cut(rest)].concat();
                assert_eq!(got, [one.clone(), one.clone()], "{dialect:?}, cut at {cut}");
            }
            let mut frames = frames(dialect, Bug::None);
            let got: Vec<Vec<u8>> = both.chunks(1).flat_map(|byte| frames.cut(byte)).collect();
            assert_eq!(got, [one.clone(), one], "{dialect:?}, byte by byte");
        }
    }

    #[test]
    fn garbage_ends_at_the_next_brace() {
        for garbage in ["}oops", "{\"a\" 1}", "{{", "\u{1b}[2J", "nul ", "{\"a\":\u{7}}"] {
            let mut frames = frames(Dialect::Ktn14, Bug::None);
            let got = frames.cut(format!("{garbage}{TEXT}").as_bytes());
            assert!(got.len() > 1, "{garbage}");
            assert_eq!(got.last().map(Vec::as_slice), Some(TEXT.as_bytes()), "{garbage}");
        }
    }

    #[test]
    fn a_long_answer_is_whole_without_the_bug() {
        for dialect in Dialect::ALL {
            let long = format!("{{\"a\":\"{}\"}}\n", "x".repeat(3 * READ_SIZE)).into_bytes();
            let mut whole = frames(dialect, Bug::None);
            let got: Vec<_> = long.chunks(READ_SIZE).flat_map(|read| whole.cut(read)).collect();
            let lengths: Vec<usize> = got.iter().map(|got| got.trim_ascii().len()).collect();
            assert_eq!(lengths, [long.len() - 1], "{dialect:?}");
            let mut cut = frames(dialect, Bug::MessageCutAtReadSize);
            let got: Vec<_> = long.chunks(READ_SIZE).flat_map(|read| cut.cut(read)).collect();
            assert_eq!(got, [&long[..READ_SIZE]], "{dialect:?}");
        }
    }

    #[test]
    fn only_a_bug_splits_letters() {
        let (begin, rest) = "{\"a\":\"ø\"}".as_bytes().split_at(7);
        let text = |bug| {
            let mut frames = frames(Dialect::Ktn14, bug);
            String::from_utf8([frames.cut(begin), frames.cut(rest)].concat().concat())
        };
        assert_eq!(text(Bug::None), Ok("{\"a\":\"ø\"}".to_owned()));
        assert_eq!(text(Bug::ReadsAreText), Ok("{\"a\":\"\u{fffd}\u{fffd}\"}".to_owned()));
    }
}
