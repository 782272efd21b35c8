//! Breaks a long line of a message into rows of the terminal.
//!
//! The terminal itself would break the line anywhere, and its rows would begin in the first column: a row could
//! look like the message of another person. So the client breaks the line between words and indents the rows. It
//! leaves a long address of the web to the terminal, which keeps it in one piece for a click or a copy. Such an
//! address has no space, so no row of it looks like a message.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns between two tab stops.
const TAB: usize = 8;
const JOINER: char = '\u{200d}';
/// It makes a narrow character an emoji, which has two columns.
const EMOJI: char = '\u{fe0f}';

/// Breaks a line without newlines, which begins in this column, for a terminal of so many columns. All rows but
/// the first are indented.
pub(crate) fn wrap(line: &str, column: usize, indent: usize, columns: usize) -> String {
    let mut rows = Rows { text: String::with_capacity(line.len()), column, indent, columns };
    let mut rest = line;
    while !rest.is_empty() {
        let spaces = rest.find(|character| !is_space(character)).unwrap_or(rest.len());
        let (spaces, after) = rest.split_at(spaces);
        let (word, after) = after.split_at(after.find(is_space).unwrap_or(after.len()));
        rows.add(spaces, word);
        rest = after;
    }
    rows.text
}

/// The number of columns of a text that begins in this column. Where terminals differ, it is the larger one.
pub(crate) fn width(text: &str, column: usize) -> usize {
    let end = text.chars().fold(column, |column, character| column + one_width(character, column));
    (end - column).max(text.width())
}

/// Cuts a text to this width, and marks the cut.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if width(text, 0) <= columns {
        return text.to_owned();
    }
    let mut shown = String::new();
    for character in text.chars() {
        shown.push(character);
        if width(&shown, 0) >= columns {
            shown.pop();
            break;
        }
    }
    shown + "…"
}

/// The number of columns that a message reserves for a character which begins in this column. Some terminals
/// show a character with U+FE0F in two columns, others in one, so a row has space for two. The model of the
/// editor in `resizing/screen.rs` uses [`character_width`]: in most terminals the editor adds the widths of
/// single characters, and U+FE0F alone has none.
fn one_width(character: char, column: usize) -> usize {
    if character == EMOJI { 1 } else { character_width(character, column) }
}

/// The number of columns of a single character that begins in this column.
pub(crate) fn character_width(character: char, column: usize) -> usize {
    if character == '\t' { TAB - column % TAB } else { character.width().unwrap_or(0) }
}

/// The column behind a text of this width, which may have more than one row.
pub(crate) fn last_column(width: usize, columns: usize) -> usize {
    // The terminal begins the next row only for another character.
    if width > 0 && width.is_multiple_of(columns) { columns } else { width % columns }
}

/// Whether a row may end at this character. A space that forbids a break is none.
fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

/// Whether a word is an address of the web, in letters that cannot look like a space.
fn is_address(word: &str) -> bool {
    let word = word.trim_start_matches(['(', '<', '"']);
    let begins = ["https://", "http://"].iter().any(|scheme| word.starts_with(scheme));
    begins && word.chars().all(|character| character.is_ascii_graphic())
}

/// The rows so far.
struct Rows {
    text: String,
    /// The column behind the last row.
    column: usize,
    indent: usize,
    columns: usize,
}

impl Rows {
    /// Adds a word and the spaces before it.
    fn add(&mut self, spaces: &str, word: &str) {
        let behind = self.column + width(spaces, self.column);
        if behind + width(word, behind) <= self.columns {
            self.push(spaces, behind);
            self.push(word, behind + width(word, behind));
        } else if self.indent + width(word, self.indent) <= self.columns {
            self.begin_row();
            self.push(word, self.indent + width(word, self.indent));
        } else {
            if behind < self.columns {
                self.push(spaces, behind);
            } else {
                self.begin_row();
            }
            self.add_long(word);
        }
    }

    /// Adds a word that is longer than a row.
    fn add_long(&mut self, word: &str) {
        if is_address(word) {
            return self.push(word, last_column(self.column + word.len(), self.columns));
        }
        let mut before = None;
        for character in word.chars() {
            let wide = one_width(character, self.column);
            let is_joined =
                before == Some(JOINER) || matches!(character, EMOJI | '\u{1f3fb}'..='\u{1f3ff}');
            if self.column + wide > self.columns && self.column > self.indent && !is_joined {
                self.begin_row();
            }
            self.text.push(character);
            self.column += wide;
            before = Some(character);
        }
    }

    fn begin_row(&mut self) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n(' ', self.indent));
        self.column = self.indent;
    }

    fn push(&mut self, text: &str, column: usize) {
        self.text += text;
        self.column = column;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of a line behind four columns, for a terminal of twelve.
    fn rows(line: &str) -> Vec<String> {
        wrap(line, 4, 4, 12).split('\n').map(str::to_owned).collect()
    }

    #[test]
    fn a_line_is_broken_between_words() {
        assert_eq!(rows("one two"), ["one two"]);
        assert_eq!(rows("one four three"), ["one four", "    three"]);
        assert_eq!(rows("seven four"), ["seven", "    four"]);
        assert_eq!(rows("seven   four  "), ["seven", "    four  "]);
        assert_eq!(rows("  a\tb"), ["  a\tb"], "the tab stop is the eighth column");
        assert_eq!(rows("  ab c\td"), ["  ab c", "    d"]);
        assert_eq!(wrap("", 4, 4, 12), "");
    }

    #[test]
    fn a_word_that_is_longer_than_a_row_is_cut() {
        assert_eq!(rows("0123456789012345678"), ["01234567", "    89012345", "    678"]);
        assert_eq!(rows("ab 0123456789"), ["ab 01234", "    56789"]);
        // A space that forbids a break makes no word end, and no row begins in the first column.
        assert_eq!(rows("12345678\u{a0}x: hi"), ["12345678", "    \u{a0}x: hi"]);
    }

    #[test]
    fn wide_characters_have_two_columns_and_emoji_stay_whole() {
        assert_eq!(rows("漢漢漢漢漢"), ["漢漢漢漢", "    漢"]);
        assert_eq!(rows("a漢漢漢漢"), ["a漢漢漢", "    漢"]);
        assert_eq!(rows("xxxxxx👩\u{200d}🚀yyyy"), ["xxxxxx👩\u{200d}🚀", "    yyyy"]);
        assert_eq!(rows("e\u{301}e\u{301} 567890"), ["e\u{301}e\u{301}", "    567890"]);
        assert_eq!((width("❤\u{fe0f}", 0), width("a\tb", 2)), (2, 7));
    }

    #[test]
    fn an_address_stays_in_one_piece() {
        let address = "https://example.org/a/long/path";
        let text = format!("a {address} seven ten");
        assert_eq!(rows(&text), [format!("a {address} seven ten")], "the last row has one letter");
        assert_eq!(rows(&(text + " x")), [format!("a {address} seven ten"), "    x".to_owned()]);
        assert_eq!(rows("http://é.example"), ["http://é", "    .example"]);
    }

    #[test]
    fn a_cut_text_is_no_wider_than_the_terminal() {
        assert_eq!(cut("four", 4), "four");
        assert_eq!(cut("fiver", 4), "fiv…");
        assert_eq!(cut("漢字漢字", 4), "漢…");
        assert_eq!(cut("漢字漢字", 5), "漢字…");
    }

    #[test]
    fn a_narrow_terminal_gets_a_character_in_each_row() {
        assert_eq!(wrap("漢漢", 9, 1, 2), "\n 漢\n 漢");
        assert_eq!(wrap("abc", 1, 1, 2), "a\n b\n c");
    }

    #[test]
    fn rows_are_no_wider_than_the_terminal_and_lose_nothing() {
        let text = "The quick  brown 漢字漢字漢字漢字漢字 fox jumps\tover ❤\u{fe0f}the lazydogthatsleepsallday.";
        let solid = |text: &str| text.replace([' ', '\t', '\n'], "");
        for columns in 8..90 {
            let shown = wrap(text, 3, 3, columns);
            assert_eq!(solid(&shown), solid(text), "{columns}");
            for (number, row) in shown.split('\n').enumerate() {
                let start = if number == 0 { 3 } else { 0 };
                assert!(start + width(row, start) <= columns, "{columns}: {row:?}");
                assert!(number == 0 || row.starts_with("   "), "{columns}: {row:?}");
            }
        }
    }
}
