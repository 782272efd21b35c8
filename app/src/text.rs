//! The text of a message: its characters and its length.

use crate::Refusal;

/// The character that closes an isolate.
const POP_ISOLATE: char = '\u{2069}';

/// Checks the text of a message.
///
/// # Errors
/// Returns an error if the text is blank, has more than `limit` bytes, or contains a character that
/// a terminal does not print but obeys:
///
/// - a control character except tab and newline, which may be a command to the terminal;
/// - a line separator of Unicode, because the rest would look like another line;
/// - a bidirectional control that may change how the text around it reads: an embedding, an override, or
///   an isolate that is not closed in its line.
///
/// The marks U+061C, U+200E and U+200F are allowed. They are on the keyboards of right-to-left scripts, and act
/// as a letter without width.
pub fn check(text: &str, limit: usize) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::EmptyMessage);
    }
    if text.len() > limit {
        return Err(Refusal::MessageTooLong);
    }
    let is_forbidden = |it: &char| *it != '\n' && is_forbidden(*it) && !is_isolate(*it);
    let mut forbidden = text.chars().find(is_forbidden);
    // A newline closes an isolate, and dialects of lines send each line as a message.
    forbidden = forbidden.or_else(|| text.split('\n').find_map(unbalanced));
    forbidden.map_or(Ok(()), |it| Err(Refusal::ForbiddenCharacter(describe(it))))
}

/// Returns an isolate of a line that is not closed, or a `POP DIRECTIONAL ISOLATE` that closes none.
fn unbalanced(line: &str) -> Option<char> {
    let mut open = Vec::new();
    for character in line.chars().filter(|character| is_isolate(*character)) {
        if character != POP_ISOLATE {
            open.push(character);
        } else if open.pop().is_none() {
            return Some(character);
        }
    }
    open.pop()
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

/// The most characters of a reason.
const REASON: usize = 200;

/// Returns the reason that a person gives for an act, as a [remark] of at most 200 characters.
pub(crate) fn reason(text: &str) -> Option<String> {
    remark(text, REASON)
}

fn is_forbidden(character: char) -> bool {
    (parse::is_control(character) && character != '\t') || is_bidi_control(character)
}

/// The characters with the Unicode property `Bidi_Control`, except the marks.
fn is_bidi_control(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}') || is_isolate(character)
}

/// The characters that begin an isolate, and the one that closes it.
fn is_isolate(character: char) -> bool {
    matches!(character, '\u{2066}'..=POP_ISOLATE)
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
        let bidi = "\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\
                    \u{2066}\u{2067}\u{2068}\u{2069}";
        let separators = "\u{b}\u{c}\u{85}\u{2028}\u{2029}";
        for character in forbidden.chain(bidi.chars()).chain(separators.chars()) {
            let text = format!("a{character}b");
            let Err(refusal) = check(&text, 64) else { panic!("{text:?} is allowed") };
            assert_eq!(refusal.code(), "forbidden-character", "{text:?}");
        }
    }

    #[test]
    fn marks_and_closed_isolates_of_right_to_left_scripts_are_allowed() {
        for text in [
            "\u{5e9}\u{5dc}\u{5d5}\u{5dd}\u{200f}!",
            "\u{200e}a\u{61c}",
            "a \u{2067}b\u{2069} c",
            "\u{2066}a\u{2068}b\u{2069}c\u{2069}",
        ] {
            assert_eq!(check(text, 64), Ok(()), "{text:?}");
        }
        for text in [
            "a\u{2067}b",
            "a\u{2069}b",
            "\u{2069}\u{2066}",
            "\u{2066}\u{2067}\u{2069}",
            "a\u{2066}\nb\u{2069}",
            "\u{2066}\u{202e}\u{2069}",
        ] {
            assert!(matches!(check(text, 64), Err(Refusal::ForbiddenCharacter(_))), "{text:?}");
        }
        assert_eq!(remark("a\u{200f}b\u{2066}c", 64).as_deref(), Some("a\u{200f}b c"));
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
