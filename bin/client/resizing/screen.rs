//! The rows of the editor's line on the screen, before and after a resize.

use super::part::{Part, part};
use crate::wrapping::character_width;

/// Erases the row of the cursor, which is in the first column, and the rows below it. The sequence that erases
/// all rows at once would, in the first row of the window, make tmux keep them in its history.
pub(crate) const ERASE: &str = "\x1b[K\n\x1b[J\x1b[A";

/// Moves the cursor up.
pub(crate) const UP: &str = "\x1b[A";

/// What the editor shows.
#[derive(Debug)]
pub(super) struct Screen {
    prompt: String,
    /// The prompt of a search, if that is shown instead.
    pub(super) search: Option<String>,
    pub(super) line: String,
    /// The byte of the line at which the cursor is.
    pub(super) position: usize,
    pub(super) hint: String,
    /// Whether the editor has shown the prompt of the line, and not that of a search. It tells so only with
    /// a helper, so the prompt for the name is left to the terminal.
    pub(super) is_default: bool,
    /// The width for which the editor draws.
    pub(super) columns: usize,
    /// The height of the window when the editor drew, if it is known.
    pub(super) height: Option<usize>,
    /// Whether the terminal breaks its lines anew.
    reflows: bool,
    /// The part of the prompt and the line that is shown, if the window is too low for all of them.
    part: Option<Part>,
}

/// A place: a row and a column from the beginning of the prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    row: usize,
    /// It is the width if the next character goes to the next row.
    column: usize,
}

impl Screen {
    pub(super) fn new(prompt: &str, columns: usize, height: Option<usize>) -> Screen {
        Screen {
            prompt: prompt.to_owned(),
            search: None,
            line: String::new(),
            position: 0,
            hint: String::new(),
            is_default: false,
            columns,
            height,
            reflows: reflows(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty())),
            part: None,
        }
    }

    /// Decides what the editor shows of the prompt and the line in a window of so many rows, or everything.
    pub(super) fn choose_part(&mut self, height: Option<usize>) {
        self.part = height.and_then(|height| {
            let text = format!("{}{}", self.prompt(), self.line);
            let (cursor, end) = self.drawn();
            part(&text, cursor.row, end.row, self.columns, height)
        });
    }

    /// Whether the editor would erase other rows than those of its line in a window of this size: it counts on its
    /// own width, and with a line of several rows on the edges of the window.
    pub(super) fn fails_in(&self, columns: usize, height: Option<usize>) -> bool {
        self.columns != columns || self.height != height && self.is_wrapped()
    }

    /// Whether a window of so many rows is too low for the line.
    pub(super) fn is_higher_than(&self, height: usize) -> bool {
        self.drawn().1.row >= height
    }

    /// What is shown of the prompt; `None` if all of it is.
    pub(super) fn part_of_prompt(&self) -> Option<String> {
        let begin = self.part.as_ref()?.bytes.start;
        (begin > 0).then(|| self.prompt().get(begin..).unwrap_or_default().to_owned())
    }

    /// What is shown of the line; `None` if all of it is.
    pub(super) fn part_of_line(&self) -> Option<String> {
        let Part { bytes, is_cut, .. } = self.part.as_ref()?;
        let length = self.prompt().len();
        let [begin, end] = [bytes.start, bytes.end].map(|at| at.saturating_sub(length));
        let shown = self.line.get(begin..end)?;
        // Behind a line that fills its rows, the editor begins a new row.
        let begins_row = *is_cut && self.ends_row() && !self.line.ends_with('\n');
        Some(format!("{shown}{}", if begins_row { UP } else { "" }))
    }

    /// Whether the line has more than one row.
    pub(super) fn is_wrapped(&self) -> bool {
        self.drawn().1.row > 0
    }

    /// Whether the end of the line is in the first column of a row, behind a full row or a newline.
    pub(super) fn ends_row(&self) -> bool {
        let end = self.drawn().1;
        end.row > 0 && end.column == 0
    }

    /// The text that erases the line after a resize to this size, and leaves the cursor at its beginning,
    /// with free rows below it. When the editor ends it moves the cursor down to the end of its line, as it
    /// was before the resize, and one row further: the second value is the number of these rows. If the window
    /// has not so many, the edges stop both movements.
    pub(super) fn erase(&self, columns: usize, height: Option<usize>) -> (String, usize) {
        let (cursor, end) = self.drawn();
        let is_reflown = self.reflows && columns != self.columns;
        let rows = if is_reflown { self.reflown(columns) } else { self.rows_above() };
        let down = end.row.saturating_sub(cursor.row) + 1;
        let erase = format!("{}{ERASE}", to_beginning(rows));
        let free = height.map_or(down, |height| down.min(height));
        (format!("{erase}{}\x1b[{free}A", "\n".repeat(free)), down)
    }

    /// The text that erases the line as the editor has drawn it, and leaves the cursor at its beginning.
    pub(super) fn erase_drawn(&self) -> String {
        format!("{}{ERASE}", to_beginning(self.rows_above()))
    }

    /// The number of rows that are shown above the one of the cursor.
    fn rows_above(&self) -> usize {
        let first = self.part.as_ref().map_or(0, |part| part.row);
        self.drawn().0.row.saturating_sub(first)
    }

    /// The places of the cursor and of the end, as the editor has drawn them.
    fn drawn(&self) -> (Place, Place) {
        let (before, _) = self.parts();
        let whole = format!("{}{}{}", self.prompt(), self.line, self.hint);
        let next = |place: Place| match place {
            // The editor goes to the next row itself.
            Place { row, column } if column == self.columns => Place { row: row + 1, column: 0 },
            place => place,
        };
        (next(after(&before, self.columns)), next(after(&whole, self.columns)))
    }

    /// The row of the cursor after the terminal has broken the line anew.
    fn reflown(&self, columns: usize) -> usize {
        let (mut before, behind) = self.parts();
        if let Some(part) = &self.part {
            // The rows before the part are not shown.
            before.replace_range(..part.bytes.start.min(before.len()), "");
        }
        let is_filled = after(&format!("{before}{behind}"), self.columns).column == self.columns;
        if behind.is_empty() && is_filled && !before.ends_with('\n') {
            // The editor has ended the full row with a newline.
            return after(&before, columns).row + 1;
        }
        let place = after(&before, columns);
        match behind.chars().next() {
            Some(next) if place.column + character_width(next, place.column) > columns => {
                place.row + 1
            }
            _ => place.row,
        }
    }

    fn prompt(&self) -> &str {
        self.search.as_ref().unwrap_or(&self.prompt)
    }

    /// What is shown before and behind the cursor.
    fn parts(&self) -> (String, String) {
        let (before, behind) = self.line.split_at(self.position.min(self.line.len()));
        (format!("{}{before}", self.prompt()), format!("{behind}{}", self.hint))
    }
}

/// The text that moves the cursor to the first column of the row that is so many rows higher.
fn to_beginning(rows: usize) -> String {
    if rows > 0 { format!("\r\x1b[{rows}A") } else { "\r".to_owned() }
}

/// Whether the terminal breaks its lines anew; `has` tells whether a variable of the environment is set. A
/// multiplexer inherits the variables of the terminal in which it was started, so it comes first.
fn reflows(has: impl Fn(&str) -> bool) -> bool {
    has("TMUX") || !(has("STY") || has("XTERM_VERSION"))
}

/// The number of rows that the editor uses for a text, with the cursor behind it.
pub(crate) fn rows(text: &str, columns: usize) -> usize {
    let Place { row, column } = after(text, columns);
    // Behind a full row, the cursor is in the next one.
    if column == columns { row + 2 } else { row + 1 }
}

/// The place after a text.
fn after(text: &str, columns: usize) -> Place {
    let mut place = Place { row: 0, column: 0 };
    for character in text.chars() {
        if character == '\n' {
            place = Place { row: place.row + 1, column: 0 };
            continue;
        }
        let width = character_width(character, place.column);
        if place.column + width > columns {
            place = Place { row: place.row + 1, column: 0 };
        }
        place.column += width;
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of this many characters after a prompt of two, with the cursor before the last `behind`.
    fn screen(columns: usize, line: usize, behind: usize) -> Screen {
        let line = "x".repeat(line);
        let position = line.len() - behind;
        let screen = Screen::new("> ", columns, None);
        Screen { line, position, reflows: true, ..screen }
    }

    #[test]
    fn a_narrower_terminal_has_more_rows() {
        assert_eq!(screen(80, 98, 0).reflown(40), 2);
        assert_eq!(screen(80, 98, 98).reflown(1), 2);
        assert_eq!(screen(80, 18, 0).reflown(10), 1, "a full row does not begin the next one");
        assert_eq!(screen(80, 18, 8).reflown(10), 1, "the next character is in the next row");
    }

    #[test]
    fn a_wider_terminal_has_fewer_rows() {
        assert_eq!(screen(40, 98, 0).reflown(80), 1);
        assert_eq!(screen(40, 98, 0).reflown(200), 0);
        assert_eq!(screen(40, 38, 0).reflown(80), 1, "the editor has ended the full row");
    }

    #[test]
    fn a_terminal_that_does_not_break_lines_anew_keeps_the_rows() {
        let screen = Screen { reflows: false, ..screen(40, 98, 60) };
        let erased = "\r\x1b[1A\x1b[K\n\x1b[J\x1b[A\n\n\x1b[2A".to_owned();
        assert_eq!(screen.erase(80, None), (erased, 2));
    }

    #[test]
    fn newlines_and_wide_characters_count() {
        let line = "\u{6f22}".repeat(10) + "\nab";
        let screen = Screen { position: line.len(), line, ..screen(80, 0, 0) };
        // Eleven columns hold the prompt and four wide characters, and then five.
        assert_eq!(screen.reflown(11), 3);
    }

    #[test]
    fn a_multiplexer_counts_before_the_terminal_around_it() {
        let set = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            reflows(move |name| names.iter().any(|set| set == name))
        };
        assert!(set(&[]) && set(&["TMUX", "XTERM_VERSION"]));
        assert!(!set(&["XTERM_VERSION"]) && !set(&["STY"]));
    }

    #[test]
    fn the_rows_of_a_text_include_the_one_of_the_cursor() {
        for (text, want) in
            [("", 1), ("alice> ", 1), ("0123456789", 2), ("0123456789a", 2), ("01\n34", 2)]
        {
            assert_eq!(rows(text, 10), want, "{text:?}");
        }
        // Wide characters do not fit into the last column.
        assert_eq!((rows("\u{4e00}\u{4e00}\u{4e00}", 5), rows("e\u{301}e\u{301}", 3)), (2, 1));
    }
}
