//! The first bytes of a connection.

use crate::dialect::keys;
use crate::dialect::ktn15::requests::WORDS;
use crate::dialect::values::End;
use crate::{Dict, strict};

/// The places of the candidates in their list.
pub(super) const JSON: u8 = 0;
pub(super) const KTN14: u8 = 1;
pub(super) const KTN15: u8 = 2;
pub(super) const TEXT: u8 = 3;
pub(super) const HEADER: u8 = 4;

/// The beginning of a stream.
#[derive(Debug, Default)]
pub(super) struct Beginning {
    /// The bytes after the white space.
    seen: Vec<u8>,
    /// Whether the white space contains a newline.
    newline: bool,
    /// A search for the end of an object, which examines each byte only once.
    end: End,
}

impl Beginning {
    /// Returns the number of bytes after the white space.
    pub(super) fn length(&self) -> usize {
        self.seen.len()
    }

    /// Takes the bytes after the white space, for the decoder of the dialect `found`. For `text` they
    /// begin with the newline of the white space, because it decides the framing of `text`.
    pub(super) fn take(&mut self, found: u8) -> Vec<u8> {
        let mut seen = std::mem::take(&mut self.seen);
        if found == TEXT && self.newline {
            seen.insert(0, b'\n');
        }
        seen
    }

    /// Examines the bytes of a read. Returns the dialect, if the bytes so far decide it.
    pub(super) fn tell(&mut self, input: &[u8], nesting: usize) -> Option<u8> {
        let mut rest = input;
        if self.seen.is_empty() {
            let white = input.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let (white, after) = input.split_at(white);
            self.newline |= white.contains(&b'\n');
            rest = after;
        }
        let before = self.seen.len();
        self.seen.extend_from_slice(rest);
        match self.seen.first()? {
            b'{' if self.newline => Some(JSON),
            b'{' => match rest.iter().position(|byte| self.end.is_at(*byte)) {
                Some(last) => Some(self.object(before + last, nesting)),
                // A line that cannot begin an object is a mistake in `json`.
                None if rest.contains(&b'\n') && !self.may_go_on() => Some(JSON),
                None => None,
            },
            byte if byte.is_ascii_digit() && !self.newline => header(&self.seen),
            _ => Some(TEXT),
        }
    }

    /// Returns the dialect of an object that ends at `last`.
    fn object(&self, last: usize, nesting: usize) -> u8 {
        let (object, after) = self.seen.split_at(last + 1);
        let exact = strict::read(object, nesting).unwrap_or_default();
        let object = keys::read(object, nesting).unwrap_or_default();
        // `json` has no key `content`, and no key `request` in another case. Then the newline does not
        // decide.
        let of_a_course =
            object.contains("content") || object.contains("request") && !exact.contains("request");
        // Only `json` has tags, so a client with tags needs no newline in the same read.
        let is_json = after.contains(&b'\n') || exact.contains("tag");
        if is_json && !of_a_course { JSON } else { course(&object) }
    }

    /// Returns whether the bytes may be the beginning of an object on several lines.
    fn may_go_on(&self) -> bool {
        let read = serde_json::from_slice::<serde::de::IgnoredAny>(&self.seen);
        read.is_err_and(|error| error.is_eof())
    }

    /// Returns the dialect of a stream that ended inside an object or a header. An empty stream has
    /// none.
    pub(super) fn tell_at_end(&self) -> Option<u8> {
        self.seen.first().map(|first| if *first == b'{' { JSON } else { TEXT })
    }
}

/// Returns the course that has such an object: `ktn14` or `ktn15`.
fn course(object: &Dict) -> u8 {
    let request = object.string("request").is_ok_and(|request| WORDS.contains(&request));
    let earlier = object.contains("username") || object.contains("message");
    if object.contains("content") || request && !earlier { KTN15 } else { KTN14 }
}

/// Returns the dialect of bytes that begin with a digit. A header is ten bytes: digits, then spaces.
fn header(seen: &[u8]) -> Option<u8> {
    let length = 10;
    let digits = seen.iter().take(length).take_while(|byte| byte.is_ascii_digit()).count();
    let spaces = seen.iter().take(length).skip(digits).all(|byte| *byte == b' ');
    match (spaces, seen.len() >= length) {
        (false, _) => Some(TEXT),
        (true, true) => Some(HEADER),
        (true, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_decide_the_dialect() {
        let tell = |(newline, seen): (bool, &str)| {
            Beginning { newline, ..Beginning::default() }.tell(seen.as_bytes(), 32)
        };
        for (seen, want) in [
            ((true, "{"), JSON),
            ((false, "{\"request\":\"login\",\"username\":\"x\"}\n"), JSON),
            ((false, "{\"request\":\"login\",\"username\":\"x\",\"tag\":1}"), JSON),
            ((false, "{\"request\":\"help\",\"tag\":\"own\"}"), JSON),
            ((false, "{\"request\":\"help\",\"content\":null,\"tag\":1}"), KTN15),
            ((false, "{oops\n"), JSON),
            ((false, "{\"request\":\"login\",\"username\":\"x\"}"), KTN14),
            ((false, "{\"request\":\"listUsers\"}"), KTN14),
            ((false, "{\"request\":\"message\",\"message\":\"x\"}"), KTN14),
            ((false, "{oops}"), KTN14),
            ((false, "{\"request\":\"login\",\"content\":\"x\"}"), KTN15),
            ((false, "{\"request\":\"names\",\"content\":null}"), KTN15),
            ((false, "{\"request\":\"logout\"}"), KTN15),
            ((false, "{\"request\":\"help\"}{"), KTN15),
            ((false, "{\"Request\":\"login\",\"Content\":\"x\"}"), KTN15),
            ((false, "{\"Request\":\"login\",\"Content\":\"x\"}\n"), KTN15),
            ((false, "{\"Request\":\"logout\"}\n"), KTN15),
            ((false, "{\"Request\":\"login\",\"Username\":\"x\"}\n"), KTN14),
            ((false, "{\"Request\":\"message\",\"Message\":\"x\"}"), KTN14),
            ((false, "{\"request\":\"login\",\"Username\":\"x\"}\n"), JSON),
            ((false, "{\"request\":\"login\",\"content\":\"x\"}\n"), KTN15),
            ((false, "{\n    \"request\": \"login\",\n    \"content\": \"x\"\n}"), KTN15),
            ((false, "{\n    \"request\": \"login\",\n    \"username\": \"x\"\n}"), KTN14),
            ((false, "{\"request\":\"login\"\n{\"request\":\"login\"}\n"), JSON),
            ((false, "5         alice"), HEADER),
            ((false, "9999999999"), HEADER),
            ((false, "LOGIN alice secret"), TEXT),
            ((false, "123 is my name"), TEXT),
            ((true, "5         alice"), TEXT),
            ((false, "[1]"), TEXT),
            ((false, "null"), TEXT),
            ((false, "\u{e9}"), TEXT),
        ] {
            assert_eq!(tell(seen), Some(want), "{seen:?}");
        }
        for undecided in ["", "{", "{\"a\":\"}", "{\n \"a\":\n", "5", "12345 ", "999999999"] {
            assert_eq!(tell((false, undecided)), None, "{undecided:?}");
        }
    }
}
