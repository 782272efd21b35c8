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
/// `<U+202E>` for a right-to-left override, `<U+200B>` for a space without width. Emoji stay whole. It
/// cuts a text that is too long, and says how much is missing.
pub(crate) fn clean(text: &str) -> String {
    let end = text.char_indices().nth(LINE).map_or(text.len(), |(index, _)| index);
    let (shown, left_out) = text.split_at(end);
    let mut clean = String::with_capacity(shown.len());
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
    fn a_long_text_is_cut_and_says_so() {
        let (most, more) = ("é".repeat(LINE), "é".repeat(LINE + 7));
        assert_eq!(clean(&most), most);
        assert_eq!(clean(&more), format!("{most}… (7 characters not shown)"));
    }
}
