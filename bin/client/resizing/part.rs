//! The part of a line that the window shows, if the line has more rows than the window.
//!
//! The editor draws all rows of its line, and then moves the cursor up to the row of the cursor. If that row has scrolled
//! out of the window, the cursor stops in the first row of the window, which shows another row of the line. So the client
//! lets the editor draw only a part of the line, with as many rows as the window: the part begins with the row of the
//! cursor, or ends with the end of the line. In both cases the cursor stops in its own row.

use std::ops::Range;

use crate::wrapping::character_width;

/// A part of a text, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// The row of the text with which the part begins.
    pub(super) row: usize,
    pub(super) bytes: Range<usize>,
    /// Whether rows follow that are not shown.
    pub(super) is_cut: bool,
}

/// The part of a text that a window of so many rows shows; `None` if it shows all of the text. The cursor and the end of
/// the text are in these rows of it.
pub(super) fn part(
    text: &str,
    cursor: usize,
    end: usize,
    columns: usize,
    height: usize,
) -> Option<Part> {
    if height < 2 || end < height {
        return None;
    }
    let begins = row_begins(text, columns);
    let row = cursor.min(end + 1 - height);
    let from = *begins.get(row)?;
    let behind = row + height;
    let to = match begins.get(behind) {
        Some(&to) => to - usize::from(text.as_bytes().get(to - 1) == Some(&b'\n')),
        None => text.len(),
    };
    Some(Part { row, bytes: from..to, is_cut: behind <= end })
}

/// The bytes with which the rows of a text begin.
fn row_begins(text: &str, columns: usize) -> Vec<usize> {
    let mut begins = vec![0];
    let mut column = 0;
    for (at, character) in text.char_indices() {
        if character == '\n' {
            begins.push(at + 1);
            column = 0;
            continue;
        }
        let width = character_width(character, column);
        if column + width > columns {
            begins.push(at);
            column = 0;
        }
        column += width;
    }
    begins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_begins_with_the_row_of_the_cursor_or_ends_with_the_text() {
        // Five rows: abcd, ef, ghij, kl and an empty one.
        let text = "abcdef\nghijkl\n";
        let shown = |cursor, height| {
            part(text, cursor, 4, 4, height).map(|part| text.get(part.bytes).unwrap())
        };
        assert_eq!(shown(0, 5), None);
        assert_eq!((shown(0, 2), shown(1, 2)), (Some("abcdef"), Some("ef\nghij")));
        assert_eq!((shown(2, 2), shown(3, 2)), (Some("ghijkl"), Some("kl\n")));
        assert_eq!(shown(4, 2), Some("kl\n"));
        assert_eq!((shown(0, 3), shown(4, 3)), (Some("abcdef\nghij"), Some("ghijkl\n")));
        assert_eq!(shown(4, 1), None, "a window without rows above the line");
        let is_cut = |cursor| part("abcdefgh", cursor, 2, 4, 2).unwrap().is_cut;
        assert!(is_cut(0) && !is_cut(1), "behind a full row follows an empty one");
    }

    #[test]
    fn a_wide_character_that_does_not_fit_begins_a_row() {
        assert_eq!(row_begins("ab\u{4e00}\u{4e00}c", 3), [0, 2, 5]);
        assert_eq!(row_begins("abc", 3), [0]);
    }
}
