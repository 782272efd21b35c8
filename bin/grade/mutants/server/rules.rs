//! Rules for names and texts.

use crate::bugs::Bug;

/// Maximum length of a name, in characters.
const NAME: usize = 32;
/// Maximum length of a text, in bytes.
const TEXT: usize = 4096;

/// Names that users could mistake for the server or for all users.
const RESERVED: [&str; 4] = ["server", "admin", "system", "all"];

/// Whether the name is valid.
pub(crate) fn is_name(name: &str, bug: Bug) -> bool {
    let name = match bug {
        // The effect of `$` in a regular expression.
        Bug::TrailingNewline => name.strip_suffix('\n').unwrap_or(name),
        _ => name,
    };
    let allowed = |letter: char| match bug {
        Bug::DigitsRefused => letter.is_ascii_alphabetic() || letter == '_',
        Bug::UpperCaseRefused => {
            letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_'
        }
        // The effect of `\w` in a regular expression.
        Bug::NonAsciiAccepted => letter.is_alphanumeric() || letter == '_',
        _ => letter.is_ascii_alphanumeric() || letter == '_',
    };
    if name.is_empty() {
        return bug == Bug::EmptyNameAccepted;
    }
    let letters = name.chars().count();
    // The effect of `match` with a regular expression.
    let looked_at = if bug == Bug::PrefixMatch { 1 } else { letters };
    letters <= NAME && name.chars().take(looked_at).all(allowed)
}

pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved))
}

/// Whether two names are too similar to be used at the same time.
pub(crate) fn is_same(one: &str, other: &str, bug: Bug) -> bool {
    match bug {
        Bug::NotUnique => false,
        Bug::CaseSensitive => one == other,
        _ => one.to_lowercase() == other.to_lowercase(),
    }
}

/// Returns the error in a text.
pub(crate) fn check_text(text: &str) -> Result<(), &'static str> {
    if text.trim().is_empty() {
        return Err("Empty message!");
    }
    if text.len() > TEXT {
        return Err("Message too long!");
    }
    // Characters that a terminal executes, or that change the order of the text.
    let obeyed = |letter: char| {
        (letter.is_control() && !matches!(letter, '\t' | '\n')) || is_direction(letter)
    };
    if text.chars().any(obeyed) {
        return Err("Forbidden character!");
    }
    Ok(())
}

fn is_direction(letter: char) -> bool {
    matches!(
        letter,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// The text after encoding by hand, with changes that keep the JSON valid.
pub(crate) fn corrupted(text: &str) -> String {
    let text = text.replace('"', "'").replace('\\', "");
    text.replace('{', "(").replace('}', ")").replace("null", "None")
}
