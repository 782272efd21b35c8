//! Bounds on the text that the client shows. A server can send texts of any length.

use std::fmt::{self, Write};

/// The most characters of a text that the client shows: far more than any message or list of names.
pub(crate) const LINE: usize = 512 * 1024;
/// The most lines of a response that the client shows.
const LINES: usize = 10_000;

/// Cuts the text to at most `most` characters.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    let mut bounded = Bounded::new(most);
    let _ = bounded.write_str(text);
    bounded.finish()
}

/// Cuts the lines to at most `LINES`, and adds a line that counts the others.
pub(crate) fn first_lines(mut lines: Vec<String>) -> Vec<String> {
    let left_out = lines.len().saturating_sub(LINES);
    if left_out > 0 {
        lines.truncate(LINES);
        lines.push(format!("* ({left_out} more lines not shown)"));
    }
    lines
}

/// A text that accepts a limited number of characters and refuses the rest.
pub(crate) struct Bounded {
    text: String,
    /// The number of characters that still fit.
    room: usize,
    cut: bool,
}

impl Bounded {
    /// An empty text for at most `most` characters.
    pub(crate) fn new(most: usize) -> Bounded {
        Bounded { text: String::new(), room: most, cut: false }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Returns the text; a mark at its end shows that a part was refused.
    pub(crate) fn finish(mut self) -> String {
        if self.cut {
            self.text.pop();
            self.text.push('…');
        }
        self.text
    }
}

impl Write for Bounded {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let mut characters = more.chars();
        let taken: String = characters.by_ref().take(self.room).collect();
        self.room -= taken.chars().count();
        self.text += &taken;
        self.cut = characters.next().is_some();
        if self.cut { Err(fmt::Error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters_and_marked() {
        assert_eq!(shorten("häßlich", 7), "häßlich");
        assert_eq!(shorten("häßlich", 4), "häß…");
        assert_eq!(shorten("", 0), "");
    }

    #[test]
    fn hidden_lines_are_counted() {
        let lines = |count| vec![String::from("x"); count];
        assert_eq!(first_lines(lines(LINES)).len(), LINES);
        let cut = first_lines(lines(LINES + 2));
        assert_eq!((cut.len(), cut[LINES].as_str()), (LINES + 1, "* (2 more lines not shown)"));
    }
}
