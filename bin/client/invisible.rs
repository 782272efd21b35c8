//! Characters that are invisible on the screen.
//!
//! A text that was copied from a page or a file may begin with one. If a person types a command
//! after it, the line looks like a command but does not begin with a slash.

/// Whether the character leaves no mark on the screen: control and format characters, the blank of
/// braille, and white space.
pub(crate) fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || parse::is_invisible(character)
        || matches!(character, '\u{2800}' | '\u{fff9}'..='\u{fffb}')
}
