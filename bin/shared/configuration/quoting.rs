//! Finds values that lack their quotes, as in `name = alice`.
//!
//! The parser for TOML can say of such a word only that it is no value. With the quotes, the field itself says what
//! it allows: a text, or for example true or false.

use std::ops::Range;

use toml::de::{DeTable, Error};

/// The beginning of the parser's error about a value that is no text, and nothing else.
pub(super) const NO_TEXT: &str = "string values must be quoted";
/// The beginnings of its errors about a value that begins like another one: `five` begins like `false`.
const ERRORS: [&str; 4] = [NO_TEXT, "invalid boolean", "invalid float", "invalid integer"];

/// A text in which every value has its quotes.
pub(super) struct Quoted {
    pub(super) text: String,
    /// The places of the values that had none, with their quotes.
    pub(super) added: Vec<Range<usize>>,
}

impl Quoted {
    /// Adds the missing quotes. They add no lines.
    pub(super) fn new(text: &str) -> Quoted {
        let mut quoted = Quoted { text: text.to_owned(), added: Vec::new() };
        while let Some(place) = unquoted(&quoted.text)
            && quoted.added.last().is_none_or(|last| last.end <= place.start)
        {
            quoted.text.insert(place.end, '"');
            quoted.text.insert(place.start, '"');
            quoted.added.push(place.start..place.end + 2);
        }
        quoted
    }
}

/// The place of the first value without quotes; `None` if the first error of the text is another one.
fn unquoted(text: &str) -> Option<Range<usize>> {
    let error = DeTable::parse(text).err()?;
    let at = error.span().filter(|_| is_about_value(&error))?.start;
    let (before, after) = text.split_at_checked(at)?;
    let start = before.rfind(['=', '[', ',', '\n']).map_or(0, |before| before + 1);
    let ends =
        |it: char| matches!(it, ',' | ']' | '}' | '#' | '"' | '\'' | '\\') || it.is_control();
    let end = at + after.find(ends).unwrap_or(after.len());
    let value = text.get(start..end)?;
    let start = end - value.trim_start().len();
    // The parser reports a value that has such a character, as in `a"b`.
    let breaks = ['"', '\'', '\\'];
    let is_quotable = !value.trim().is_empty()
        && !value.contains(breaks)
        && !text.get(end..)?.starts_with(breaks);
    is_quotable.then(|| start..start + value.trim().len())
}

fn is_about_value(error: &Error) -> bool {
    ERRORS.iter().any(|begin| error.message().starts_with(begin))
}
