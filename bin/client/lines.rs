//! Texts of several lines.

use crate::sanitize::clean;

/// The most lines of a text that the client shows. A text of a hostile server must not clear the screen.
const MOST: usize = 60;
/// The widest indentation.
const INDENT: usize = 24;

/// Makes a text safe, and indents all lines but the first, so that they stand below the text and no line
/// looks like another message. `before` is what stands before the text, maybe with colours.
pub(crate) fn indented(before: &str, text: &str) -> String {
    let indent = " ".repeat(columns(before).clamp(1, INDENT));
    let text = text.trim_end_matches(['\r', '\n']);
    let mut lines = text.split('\n').map(|line| clean(line.strip_suffix('\r').unwrap_or(line)));
    let mut shown = lines.next().unwrap_or_default();
    for line in lines.by_ref().take(MOST - 1) {
        shown += &format!("\n{indent}{line}");
    }
    match lines.count() {
        0 => shown,
        left_out => format!("{shown}\n{indent}… ({left_out} more lines not shown)"),
    }
}

/// The number of characters of a text without its colours.
fn columns(text: &str) -> usize {
    let mut parts = text.split('\x1b');
    let first = parts.next().unwrap_or_default().chars().count();
    let after = |part: &str| part.split_once('m').map_or(0, |(_, rest)| rest.chars().count());
    first + parts.map(after).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_a_text_stand_below_each_other() {
        assert_eq!(indented("bob: ", "one"), "one");
        assert_eq!(
            indented("bob: ", "one\ntwo\r\n\n three\n"),
            "one\n     two\n     \n      three"
        );
        assert_eq!(indented("\x1b[2m12:34\x1b[0m \x1b[31mb\x1b[0m: ", "a\nb"), "a\n         b");
        assert_eq!(indented(&"n".repeat(99), "a\nb"), format!("a\n{}b", " ".repeat(INDENT)));
        // Also without a prefix, a line does not begin like a message.
        assert_eq!(indented("", "\n\x1bbob: hi"), "\n ^[bob: hi");
    }

    #[test]
    fn a_text_of_many_lines_is_cut() {
        let shown = indented("b: ", &"x\n".repeat(100));
        assert_eq!(shown.matches('x').count(), MOST);
        assert!(shown.ends_with("\n   … (40 more lines not shown)"), "{shown}");
    }
}
