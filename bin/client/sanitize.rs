//! Makes a server's text safe for a terminal.

use crate::bounded::LINE;

/// The most bytes of a word.
const WORD: usize = 100;

/// Whether a word of the server is safe for completion: letters, digits and underscores only.
pub(crate) fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= WORD
        && text.chars().all(|character| character.is_alphanumeric() || character == '_')
}

/// Makes control characters visible: `^[` for an escape, `^J` for a newline, `<U+202E>` for a
/// right-to-left override. It cuts a text that is too long, and says how much is missing.
pub(crate) fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len().min(LINE));
    let mut characters = text.chars();
    for character in characters.by_ref().take(LINE) {
        match character {
            '\t' => clean.push(character),
            '\0'..='\x1f' | '\x7f' => {
                clean.push('^');
                // 0 is ^@, 27 is ^[, 127 is ^?: the Ctrl key flips this bit.
                clean.push(char::from(character as u8 ^ 0x40));
            }
            '\u{80}'..='\u{9f}'
            | '\u{061c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => {
                clean += &format!("<U+{:04X}>", u32::from(character));
            }
            _ => clean.push(character),
        }
    }
    match characters.count() {
        0 => clean,
        left_out => format!("{clean}… ({left_out} characters not shown)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_made_visible() {
        let evil = "a\x1b[2J\x07\r\nb\u{9b}31m\u{202e}\x7f\0c\td";
        assert_eq!(clean(evil), "a^[[2J^G^M^Jb<U+009B>31m<U+202E>^?^@c\td");
    }

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        let (most, more) = ("é".repeat(LINE), "é".repeat(LINE + 7));
        assert_eq!(clean(&most), most);
        assert_eq!(clean(&more), format!("{most}… (7 characters not shown)"));
    }
}
