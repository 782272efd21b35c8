//! What may be said: which characters, and how many.

use crate::Refusal;

/// Whether this text may be said, with at most `limit` bytes.
///
/// # Errors
/// When there is nothing in it, too much, or a character that is not shown but obeyed: control
/// characters but tab (a terminal takes them for commands), the line separators of Unicode (what
/// follows one looks like a line of its own) and bidirectional controls (they make a line read as
/// something that it does not say).
pub(crate) fn check(text: &str, limit: usize) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::EmptyMessage);
    }
    if text.len() > limit {
        return Err(Refusal::MessageTooLong);
    }
    if text.chars().any(is_forbidden) {
        return Err(Refusal::ForbiddenCharacter);
    }
    Ok(())
}

fn is_forbidden(character: char) -> bool {
    (parse::is_control(character) && character != '\t') || is_bidi_control(character)
}

/// The characters with the Unicode property `Bidi_Control`.
fn is_bidi_control(character: char) -> bool {
    matches!(
        character,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printable_text_may_be_said() {
        for text in ["hello", "a\tb", "åäö 漢字 🎉", "\"{}\\ null", " x "] {
            assert_eq!(check(text, 64), Ok(()), "{text:?}");
        }
    }

    #[test]
    fn nothing_is_no_message() {
        for text in ["", " ", "\t\t", "\u{3000}", "\n"] {
            assert_eq!(check(text, 64), Err(Refusal::EmptyMessage), "{text:?}");
        }
    }

    #[test]
    fn the_limit_is_in_bytes_and_inclusive() {
        assert_eq!(check("1234", 4), Ok(()));
        assert_eq!(check("12345", 4), Err(Refusal::MessageTooLong));
        assert_eq!(check("ééé", 4), Err(Refusal::MessageTooLong));
    }

    #[test]
    fn what_a_terminal_would_obey_is_refused() {
        let forbidden = ('\0'..=' ').chain('\u{7f}'..='\u{9f}').filter(|c| !"\t ".contains(*c));
        let bidi = "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\
                    \u{2066}\u{2067}\u{2068}\u{2069}";
        let separators = "\u{b}\u{c}\u{85}\u{2028}\u{2029}";
        for character in forbidden.chain(bidi.chars()).chain(separators.chars()) {
            let text = format!("a{character}b");
            assert_eq!(check(&text, 64), Err(Refusal::ForbiddenCharacter), "{text:?}");
        }
    }
}
