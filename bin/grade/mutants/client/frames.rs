//! Where an answer ends: at a newline in `json`, where the value does in the other two.

use serde_json::{Deserializer, Value};

use crate::bugs::Bug;
use crate::dialect::Dialect;
use crate::settings::Settings;

/// How much one read asks for, as in most course projects. An answer can be longer.
pub(crate) const READ_SIZE: usize = 4096;

/// What has come and is no whole answer yet.
pub(crate) struct Frames {
    settings: Settings,
    partial: Vec<u8>,
}

impl Frames {
    pub(crate) fn new(settings: Settings) -> Frames {
        Frames { settings, partial: Vec::new() }
    }

    /// The answers that are whole now that this has come.
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
            // This becomes no value, whatever comes: perhaps one begins further on.
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
    fn an_answer_that_is_cut_anywhere_is_the_same() {
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
    fn what_can_be_no_value_ends_where_one_may_begin() {
        for garbage in ["}oops", "{\"a\" 1}", "{{", "\u{1b}[2J", "nul ", "{\"a\":\u{7}}"] {
            let mut frames = frames(Dialect::Ktn14, Bug::None);
            let got = frames.cut(format!("{garbage}{TEXT}").as_bytes());
            assert!(got.len() > 1, "{garbage}");
            assert_eq!(got.last().map(Vec::as_slice), Some(TEXT.as_bytes()), "{garbage}");
        }
    }

    #[test]
    fn no_answer_is_too_long() {
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
    fn letters_are_cut_only_by_a_bug() {
        let (begin, rest) = "{\"a\":\"ø\"}".as_bytes().split_at(7);
        let text = |bug| {
            let mut frames = frames(Dialect::Ktn14, bug);
            String::from_utf8([frames.cut(begin), frames.cut(rest)].concat().concat())
        };
        assert_eq!(text(Bug::None), Ok("{\"a\":\"ø\"}".to_owned()));
        assert_eq!(text(Bug::ReadsAreText), Ok("{\"a\":\"\u{fffd}\u{fffd}\"}".to_owned()));
    }
}
