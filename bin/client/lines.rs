//! Texts of several lines, and long lines.

use crate::sanitize::clean;
use crate::wrapping::{character_width, last_column, width, wrap};

/// The most lines of a text that the client shows: all lines of the longest text that the server accepts. Only
/// another server can send more.
const MOST: usize = 4096;
/// The widest indentation.
const INDENT: usize = 24;

/// Makes a text safe, and indents all lines but the first, so that they stand below the text and no line
/// looks like another message. `before` is what stands before the text, maybe with colours. For a terminal of
/// so many columns, it also breaks long lines, and tabs count from the beginning of the text.
pub(crate) fn indented(before: &str, text: &str, columns: Option<usize>) -> String {
    let start = width(&without_colours(before), 0);
    let widest = columns.map_or(INDENT, |columns| INDENT.min(columns / 2));
    let indent = start.min(widest).max(1);
    let spaces = " ".repeat(indent);
    let text = text.trim_end_matches(['\r', '\n']);
    let lines = text.split('\n').map(|line| clean(line.strip_suffix('\r').unwrap_or(line)));
    let mut lines = lines.enumerate().map(|(number, line)| {
        let Some(columns) = columns else { return line };
        let start = if number == 0 { last_column(start, columns) } else { indent };
        wrap(&without_tabs(&line), start, indent, columns)
    });
    let mut shown = lines.next().unwrap_or_default();
    for line in lines.by_ref().take(MOST - 1) {
        shown += &format!("\n{spaces}{line}");
    }
    match lines.count() {
        0 => shown,
        left_out => format!("{shown}\n{spaces}… ({left_out} more lines not shown)"),
    }
}

/// A line in which spaces stand for the tabs: a terminal would count them from its own first column, so that lines
/// with tabs and lines with spaces would not stand below each other.
fn without_tabs(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut column = 0;
    for character in line.chars() {
        let columns = character_width(character, column);
        match character {
            '\t' => shown.extend(std::iter::repeat_n(' ', columns)),
            _ => shown.push(character),
        }
        column += columns;
    }
    shown
}

/// A text without the sequences that set its colours.
pub(crate) fn without_colours(text: &str) -> String {
    let mut parts = text.split('\x1b');
    let first = parts.next().unwrap_or_default();
    let after = |part| str::split_once(part, 'm').map_or("", |(_, rest)| rest);
    std::iter::once(first).chain(parts.map(after)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_count_from_the_beginning_of_the_text_at_a_terminal() {
        let code = "if x:\n\ty\n        z\n a\tb";
        let shown = "if x:\n             y\n             z\n      a      b";
        assert_eq!(indented("bob: ", code, Some(80)), shown);
        assert_eq!(indented("bob: ", "a\tb", None), "a\tb");
    }

    #[test]
    fn the_lines_of_a_text_stand_below_each_other() {
        assert_eq!(indented("bob: ", "one", None), "one");
        assert_eq!(
            indented("bob: ", "one\ntwo\r\n\n three\n", None),
            "one\n     two\n     \n      three"
        );
        let coloured = "\x1b[2m12:34\x1b[0m \x1b[31mb\x1b[0m: ";
        assert_eq!(indented(coloured, "a\nb", None), "a\n         b");
        assert_eq!(indented(&"n".repeat(99), "a\nb", None), format!("a\n{}b", " ".repeat(INDENT)));
        // Also without a prefix, a line does not begin like a message.
        assert_eq!(indented("", "\n\x1bbob: hi", None), "\n ^[bob: hi");
    }

    #[test]
    fn long_lines_are_broken_below_the_text() {
        let shown = |before: &str, columns| indented(before, "one two\nthree fours", Some(columns));
        assert_eq!(shown("\x1b[31mb\x1b[0m: ", 80), "one two\n   three fours");
        assert_eq!(shown("漢: ", 12), "one two\n    three\n    fours");
        // The text keeps half of a narrow terminal, also if the name is long.
        assert_eq!(shown(&"n".repeat(99), 12), "one two\n      three\n      fours");
        assert_eq!((last_column(99, 12), last_column(24, 12), last_column(0, 12)), (3, 12, 0));
    }

    #[test]
    fn a_text_has_all_lines_that_the_server_accepts() {
        let lines = |count| indented("b: ", &"x\n".repeat(count), None);
        assert_eq!(lines(MOST).matches('x').count(), MOST);
        let shown = lines(MOST + 40);
        assert_eq!(shown.matches('x').count(), MOST);
        assert!(shown.ends_with("\n   … (40 more lines not shown)"), "{shown}");
    }
}
