//! The text of a message: its characters and its length.

use crate::Refusal;

/// Checks the text of a message.
///
/// # Errors
/// Returns an error if the text is blank, has more than `limit` bytes, or contains a character that
/// a terminal does not print but obeys:
///
/// - a control character except tab and newline, which may be a command to the terminal;
/// - a line separator of Unicode, because the rest would look like another line;
/// - a bidirectional control, because the line would read differently from its text.
pub(crate) fn check(text: &str, limit: usize) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::EmptyMessage);
    }
    if text.len() > limit {
        return Err(Refusal::MessageTooLong);
    }
    match text.chars().find(|character| *character != '\n' && is_forbidden(*character)) {
        Some(character) => Err(Refusal::ForbiddenCharacter(describe(character))),
        None => Ok(()),
    }
}

/// Describes a forbidden character: what it is, and its number.
fn describe(character: char) -> String {
    let what = match character {
        '\r' => "a carriage return",
        '\u{85}' | '\u{2028}' | '\u{2029}' => "a line separator",
        _ if is_bidi_control(character) => "a control of the text direction",
        _ => "a control character",
    };
    format!("{what} (U+{:04X})", u32::from(character))
}

/// Returns a remark of a person as one line: every character that [`check`] forbids, and a tab, is a
/// space. Cuts it after `most` characters. Returns `None` if it is blank.
pub(crate) fn remark(text: &str, most: usize) -> Option<String> {
    let plain = |character| {
        if character == '\t' || is_forbidden(character) { ' ' } else { character }
    };
    let line: String = text.chars().map(plain).collect();
    let line: String = line.trim().chars().take(most).collect();
    let line = line.trim_end();
    (!line.is_empty()).then(|| line.to_owned())
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
    fn printable_text_is_allowed() {
        for text in ["hello", "a\tb", "a\nb\n\nc", "åäö 漢字 🎉", "\"{}\\ null", " x "] {
            assert_eq!(check(text, 64), Ok(()), "{text:?}");
        }
    }

    #[test]
    fn a_blank_text_is_refused() {
        for text in ["", " ", "\t\t", "\u{3000}", "\n"] {
            assert_eq!(check(text, 64), Err(Refusal::EmptyMessage), "{text:?}");
        }
    }

    #[test]
    fn a_remark_is_one_line_of_bounded_length() {
        assert_eq!(remark(" gone\thome\n", 64).as_deref(), Some("gone home"));
        assert_eq!(remark("a\u{1b}[2J\u{202e}b\u{2028}c", 64).as_deref(), Some("a [2J b c"));
        assert_eq!(remark("éèê", 2).as_deref(), Some("éè"));
        assert_eq!(remark("a  b", 3).as_deref(), Some("a"));
        for blank in ["", "  ", "\u{7}\n"] {
            assert_eq!(remark(blank, 64), None, "{blank:?}");
        }
    }

    #[test]
    fn the_limit_is_in_bytes_and_inclusive() {
        assert_eq!(check("1234", 4), Ok(()));
        assert_eq!(check("12345", 4), Err(Refusal::MessageTooLong));
        assert_eq!(check("ééé", 4), Err(Refusal::MessageTooLong));
    }

    #[test]
    fn characters_that_a_terminal_obeys_are_refused() {
        let forbidden = ('\0'..=' ').chain('\u{7f}'..='\u{9f}').filter(|c| !"\t\n ".contains(*c));
        let bidi = "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\
                    \u{2066}\u{2067}\u{2068}\u{2069}";
        let separators = "\u{b}\u{c}\u{85}\u{2028}\u{2029}";
        for character in forbidden.chain(bidi.chars()).chain(separators.chars()) {
            let text = format!("a{character}b");
            let Err(refusal) = check(&text, 64) else { panic!("{text:?} is allowed") };
            assert_eq!(refusal.code(), "forbidden-character", "{text:?}");
        }
    }

    #[test]
    fn an_error_describes_the_first_forbidden_character() {
        for (text, described) in [
            ("a\nb\u{1b}", "a control character (U+001B)"),
            ("a\r\n", "a carriage return (U+000D)"),
            ("a\u{1b}[2J\n", "a control character (U+001B)"),
            ("\u{202e}a", "a control of the text direction (U+202E)"),
            ("a\u{2028}", "a line separator (U+2028)"),
        ] {
            let want = format!("Forbidden character: {described}!");
            assert_eq!(check(text, 64).unwrap_err().to_string(), want);
        }
    }
}
