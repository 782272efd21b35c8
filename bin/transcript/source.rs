//! Places in a transcript, and errors that show the line.

use std::fmt;

/// Greatest number of characters of a line that an error shows.
const SHOWN: usize = 100;

/// A place in a file: a line and a column, both counted from 1. A column is a number of characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

impl Place {
    /// The place of a byte in a line.
    pub(crate) fn of(line: usize, text: &str, offset: usize) -> Place {
        let before = text.get(..offset).unwrap_or(text);
        Place { line, column: before.chars().count() + 1 }
    }
}

/// An error in a transcript. Its text names the place, and shows the line with a caret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The file.
    pub file: String,
    /// Where the error is.
    pub place: Place,
    /// The message.
    pub message: String,
    /// The line of the file.
    pub source: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { line, column } = self.place;
        write!(
            f,
            "{}:{line}:{column}: {}\n{}",
            self.file,
            self.message,
            excerpt(&self.source, self.place)
        )
    }
}

impl std::error::Error for Error {}

/// The line of a place, with a caret below the column. A long line is cut on both sides.
pub(crate) fn excerpt(source: &str, Place { line, column }: Place) -> String {
    let at = column.saturating_sub(1);
    let count = source.chars().count();
    let begin = if count <= SHOWN { 0 } else { at.saturating_sub(SHOWN / 2) };
    let shown: String = source
        .chars()
        .skip(begin)
        .take(SHOWN)
        // One column each, so that the caret stands in the right place.
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let (left, right) =
        (if begin > 0 { "…" } else { "" }, if begin + SHOWN < count { "…" } else { "" });
    let margin = " ".repeat(line.to_string().len());
    let caret = " ".repeat(at.saturating_sub(begin) + left.chars().count());
    format!("{margin} |\n{line} | {left}{shown}{right}\n{margin} | {caret}^")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_shows_the_line_with_a_caret() {
        let error = Error {
            file: "a.chat".to_owned(),
            place: Place { line: 12, column: 7 },
            message: "no".to_owned(),
            source: "alice ? {}".to_owned(),
        };
        let want = "a.chat:12:7: no\n   |\n12 | alice ? {}\n   |       ^";
        assert_eq!(error.to_string(), want);
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let source = "x".repeat(1000) + "!" + &"y".repeat(1000);
        let shown = excerpt(&source, Place { line: 3, column: 1001 });
        let lines: Vec<&str> = shown.lines().collect();
        let caret = lines[2].chars().position(|c| c == '^').unwrap();
        assert_eq!(lines[1].chars().nth(caret), Some('!'));
        assert!(lines[1].chars().count() < 120 && lines[1].ends_with("y…"), "{shown}");
    }

    #[test]
    fn a_column_counts_characters() {
        assert_eq!(Place::of(1, "åäö!", "åäö".len()), Place { line: 1, column: 4 });
        assert_eq!(Place::of(1, "a", 9), Place { line: 1, column: 2 });
    }
}
