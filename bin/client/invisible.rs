//! Characters that are invisible on the screen, and the places where they have a purpose.
//!
//! A text that was copied from a page or a file may begin with one. If a person types a command
//! after it, the line looks like a command but does not begin with a slash. In a text of another
//! person they can hide a second text, so `sanitize.rs` makes them visible, except where they change
//! how the characters around them look.

use unicode_properties::UnicodeEmoji;

const ZERO_WIDTH_NON_JOINER: char = '\u{200c}';
const ZERO_WIDTH_JOINER: char = '\u{200d}';
/// Variation selectors: the character before is shown as text or as an emoji.
const AS_TEXT: char = '\u{fe0e}';
const AS_EMOJI: char = '\u{fe0f}';
/// The frame around a digit in an emoji such as 1\u{fe0f}\u{20e3}.
const KEYCAP: char = '\u{20e3}';

/// The flag before [`FLAGS`].
pub(crate) const BLACK_FLAG: char = '\u{1f3f4}';
/// The tag characters that make a black flag the flag of England, Scotland or Wales. Any others could
/// hide a text in the flag.
pub(crate) const FLAGS: [&str; 3] = [
    "\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    "\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}",
];

/// Whether the character leaves no mark on the screen: control and format characters, the blank of
/// braille, and white space.
pub(crate) fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || has_no_width(character)
        || character == '\u{2800}'
}

/// Whether the character takes no space on the screen, and is not a control character.
pub(crate) fn has_no_width(character: char) -> bool {
    parse::is_invisible(character) || matches!(character, '\u{fff9}'..='\u{fffb}')
}

/// Whether a character without width has a purpose between these texts: it belongs to an emoji, or it
/// joins or separates letters of a script that needs that, such as Persian or Hindi.
pub(crate) fn has_purpose(before: &str, character: char, after: &str) -> bool {
    let mut before = before.chars().rev();
    let (last, next) = (before.next(), after.chars().next());
    let is_emoji =
        |character: Option<char>| character.is_some_and(|it| !it.is_ascii() && it.is_emoji_char());
    match character {
        AS_TEXT | AS_EMOJI => {
            let is_key = |it: char| it.is_ascii_digit() || matches!(it, '#' | '*');
            is_emoji(last) || last.is_some_and(is_key) && next == Some(KEYCAP)
        }
        ZERO_WIDTH_JOINER if is_emoji(next) => {
            is_emoji(if last == Some(AS_EMOJI) { before.next() } else { last })
        }
        ZERO_WIDTH_NON_JOINER | ZERO_WIDTH_JOINER => is_joining(last) && is_joining(next),
        _ => false,
    }
}

/// Whether the character is a letter or a mark of the scripts from Arabic to Sinhala.
fn is_joining(character: Option<char>) -> bool {
    character.is_some_and(|it| matches!(it, '\u{600}'..='\u{dff}') && !has_no_width(it))
}
