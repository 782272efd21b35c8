//! Makes a server's text safe for a terminal.

use parse::is_control;

use crate::bounded::LINE;
use crate::invisible::{BLACK_FLAG, FLAGS, has_no_width, has_purpose};

/// The most bytes of a word.
const WORD: usize = 100;

/// Whether a word of the server is safe for completion: letters, digits and underscores only.
pub(crate) fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= WORD
        && text.chars().all(|character| character.is_alphanumeric() || character == '_')
}

/// Makes control characters and invisible characters visible: `^[` for an escape, `^J` for a newline,
/// `<U+202E>` for a right-to-left override, `<U+200B>` for a space without width. Emoji stay whole, and so do
/// the direction marks of a text in a right-to-left script: each acts as a letter would, so it cannot move what
/// stands around the text. Isolates are shown, because a line that is broken or cut may lose their end. It cuts
/// a text that is too long, and says how much is missing.
pub(crate) fn clean(text: &str) -> String {
    let end = text.char_indices().nth(LINE).map_or(text.len(), |(index, _)| index);
    let (shown, left_out) = text.split_at(end);
    let mut clean = String::with_capacity(shown.len());
    let is_right_to_left = shown.chars().any(is_right_to_left);
    let mut rest = shown;
    while let Some(character) = rest.chars().next() {
        let (before, _) = shown.split_at(shown.len() - rest.len());
        (_, rest) = rest.split_at(character.len_utf8());
        match character {
            '\t' | ' '..='~' => clean.push(character),
            '\0'..='\x1f' | '\x7f' => {
                clean.push('^');
                // 0 is ^@, 27 is ^[, 127 is ^?: the Ctrl key flips this bit.
                clean.push(char::from(character as u8 ^ 0x40));
            }
            BLACK_FLAG => {
                clean.push(BLACK_FLAG);
                if let Some((tags, after)) =
                    FLAGS.iter().find_map(|tags| Some((tags, rest.strip_prefix(tags)?)))
                {
                    clean += tags;
                    rest = after;
                }
            }
            _ if is_mark(character) && is_right_to_left && !before.ends_with(is_mark) => {
                clean.push(character);
            }
            _ if is_hidden(before, character, rest) => {
                clean += &format!("<U+{:04X}>", u32::from(character));
            }
            _ => clean.push(character),
        }
    }
    match left_out.chars().count() {
        0 => clean,
        left_out => format!("{clean}… ({left_out} characters not shown)"),
    }
}

/// Whether the character is a mark of the text direction, which is on the keyboards of right-to-left scripts.
fn is_mark(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}')
}

/// Whether the character is of a right-to-left script: Hebrew, Arabic, and those after them.
fn is_right_to_left(character: char) -> bool {
    let is_letter = matches!(character, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}'
        | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}');
    is_letter && !is_mark(character)
}

/// Whether a person would not see the character between these texts.
fn is_hidden(before: &str, character: char, after: &str) -> bool {
    is_control(character) || has_no_width(character) && !has_purpose(before, character, after)
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
    fn invisible_characters_are_made_visible() {
        // A text that is hidden in tag characters, in variation selectors, and in zero-width characters.
        assert_eq!(clean("a\u{e0068}\u{e0069}"), "a<U+E0068><U+E0069>");
        assert_eq!(clean("\u{1f3f4}\u{e0068}\u{e007f}"), "\u{1f3f4}<U+E0068><U+E007F>");
        assert_eq!(clean("a\u{fe0f}1\u{fe0f}b"), "a<U+FE0F>1<U+FE0F>b");
        assert_eq!(clean("❤\u{fe0f}\u{fe0f}"), "❤\u{fe0f}<U+FE0F>");
        assert_eq!(clean("\u{845b}\u{e0100}"), "\u{845b}<U+E0100>");
        assert_eq!(clean("a\u{200b}b\u{200c}c\u{200d}d"), "a<U+200B>b<U+200C>c<U+200D>d");
        assert_eq!(
            clean("\u{2060}\u{feff}\u{ad}\u{3164}\u{fffb}"),
            "<U+2060><U+FEFF><U+00AD><U+3164><U+FFFB>"
        );
        assert_eq!(clean("👩\u{200d}"), "👩<U+200D>");
        assert_eq!(clean("👩\u{200d}\u{200d}👩"), "👩<U+200D><U+200D>👩");
        assert_eq!(clean("1\u{200d}👩"), "1<U+200D>👩");
    }

    #[test]
    fn emoji_and_joined_letters_stay_whole() {
        for whole in [
            "a family: 👨\u{200d}👩\u{200d}👧\u{200d}👦!",
            "👩🏽\u{200d}🚀 and 🏳\u{fe0f}\u{200d}🌈 and 👁\u{fe0f}\u{200d}🗨\u{fe0f}",
            "❤\u{fe0f} ☺\u{fe0e} ©\u{fe0f}",
            "1\u{fe0f}\u{20e3} #\u{fe0f}\u{20e3}",
            "🇳🇴 👍🏿",
            "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            // Persian separates letters, and Hindi and Sinhala join them, with zero-width characters.
            "می\u{200c}خواهم",
            "क\u{94d}\u{200d}ष ශ\u{dca}\u{200d}රී",
            "e\u{301} 한글 中文 ⠓⠊",
        ] {
            assert_eq!(clean(whole), whole);
        }
    }

    #[test]
    fn a_direction_mark_stays_in_a_text_of_a_right_to_left_script() {
        for whole in
            ["\u{5e9}\u{5dc}\u{5d5}\u{5dd}\u{200f}!", "C++\u{200e} \u{627}", "\u{61c}1 \u{627}"]
        {
            assert_eq!(clean(whole), whole);
        }
        // Elsewhere it could only hide a text.
        assert_eq!(clean("a\u{200f}b\u{61c}"), "a<U+200F>b<U+061C>");
        assert_eq!(clean("\u{5d0}\u{200f}\u{200e}\u{200f}"), "\u{5d0}\u{200f}<U+200E><U+200F>");
        assert_eq!(clean("\u{5d0}\u{2067}b\u{2069}"), "\u{5d0}<U+2067>b<U+2069>");
    }

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        let (most, more) = ("é".repeat(LINE), "é".repeat(LINE + 7));
        assert_eq!(clean(&most), most);
        assert_eq!(clean(&more), format!("{most}… (7 characters not shown)"));
    }
}
