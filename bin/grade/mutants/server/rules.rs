//! Rules for names and texts.

use crate::bugs::{Bug, Bugs};

/// Maximum length of a name, in characters.
const NAME: usize = 32;
/// Maximum length of a text, in bytes.
const TEXT: usize = 4096;

/// Names that users could mistake for the server or for all users.
const RESERVED: [&str; 4] = ["server", "admin", "system", "all"];

/// Whether the name is valid.
pub(crate) fn is_name(name: &str, bugs: Bugs) -> bool {
    // The effect of `$` in a regular expression.
    let stripped = name.strip_suffix('\n').filter(|_| bugs.has(Bug::TrailingNewline));
    let name = stripped.unwrap_or(name);
    let allowed = |letter: char| match letter {
        '0'..='9' => !bugs.has(Bug::DigitsRefused),
        'A'..='Z' => !bugs.has(Bug::UpperCaseRefused),
        'a'..='z' | '_' => true,
        // The effect of `\w` in a regular expression.
        _ => letter.is_alphanumeric() && bugs.has(Bug::NonAsciiAccepted),
    };
    if name.is_empty() {
        return bugs.has(Bug::EmptyNameAccepted);
    }
    let letters = name.chars().count();
    // The effect of `match` with a regular expression.
    let looked_at = if bugs.has(Bug::PrefixMatch) { 1 } else { letters };
    letters <= NAME && name.chars().take(looked_at).all(allowed)
}

pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved))
}

/// Whether two names are too similar to be used at the same time.
pub(crate) fn is_same(one: &str, other: &str, bugs: Bugs) -> bool {
    let is_same = match bugs.has(Bug::CaseSensitive) {
        true => one == other,
        false => one.to_lowercase() == other.to_lowercase(),
    };
    is_same && !bugs.has(Bug::NotUnique)
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
