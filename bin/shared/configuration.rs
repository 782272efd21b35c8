//! Parses configuration files in TOML. Errors name the file and the line.

use std::path::Path;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue, Deserializer, Error};

/// Parses the text of a configuration file.
///
/// # Errors
/// A line for each mistake: the file, the line number, and the error. A wrong value is named with its field. A
/// text that is not TOML has one mistake, the first.
pub fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, String> {
    let named = |errors: &[Error]| {
        let lines: Vec<String> = errors.iter().map(|error| line(path, text, error)).collect();
        lines.join("\n")
    };
    let mut table = DeTable::parse(text).map_err(|error| named(&[error]))?;
    let mut errors: Vec<Error> = Vec::new();
    // Each error is about one field. The next attempt, without this field, finds the next error.
    loop {
        let error = match T::deserialize(Deserializer::from(table.clone())) {
            Ok(value) if errors.is_empty() => return Ok(value),
            Ok(_) => break,
            Err(error) => error,
        };
        // The field may be missing because it was wrong.
        let is_missing = error.message().starts_with("missing field");
        let is_left_out = error.span().is_some_and(|span| leave_out(table.get_mut(), span.start));
        if !is_missing || errors.is_empty() {
            errors.push(error);
        }
        if is_missing || !is_left_out {
            break;
        }
    }
    errors.sort_by_key(start);
    Err(named(&errors))
}

/// The byte at which the mistake begins.
fn start(error: &Error) -> usize {
    error.span().map_or(0, |span| span.start)
}

/// Removes the field at this byte of the text, from the innermost table that has it. Returns whether there was
/// one.
fn leave_out(table: &mut DeTable<'_>, at: usize) -> bool {
    for (_, value) in table.iter_mut() {
        if let DeValue::Table(inner) = value.get_mut()
            && leave_out(inner, at)
        {
            return true;
        }
    }
    let is_there = |key: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>| {
        key.span().contains(&at) || value.span().contains(&at)
    };
    let found = table.iter().find(|(key, value)| is_there(key, value));
    let name = found.map(|(key, _)| key.get_ref().clone().into_owned());
    name.is_some_and(|name| table.remove(&*name).is_some())
}

/// The line for an error.
fn line(path: &Path, text: &str, error: &Error) -> String {
    let number = text.bytes().take(start(error)).filter(|byte| *byte == b'\n').count() + 1;
    // Without the text of the file, the error shows the field. Some errors have several lines.
    let mut error = error.clone();
    error.set_input(None);
    let text = error.to_string();
    let message = text.split_once('\n').map_or(text.as_str(), |(message, _)| message);
    let rest = text.lines().skip(1).map(|line| format!(" {line}")).collect::<String>();
    format!("{}, line {number}: {}{rest}", path.display(), plain(message))
}

/// An error about a value in words for people who do not know the types of Rust.
fn plain(message: &str) -> String {
    let parts = |kind| message.strip_prefix(kind)?.rsplit_once(", expected ");
    if let Some((found, allowed)) = parts("unknown variant ") {
        let allowed = allowed.trim_start_matches("one of ");
        return format!("{found} is no possible value; possible are {allowed}");
    }
    if let Some((found, wanted)) = parts("invalid type: ") {
        return format!("expected {}, not {}", wanted_in_words(wanted), found_in_words(found));
    }
    message.to_owned()
}

fn wanted_in_words(wanted: &str) -> &str {
    match wanted {
        "a boolean" => "true or false",
        "a sequence" => "a list, as in [\"a\", \"b\"]",
        "a string" => "a text in quotes",
        "a map" => "a section, as in [name]",
        "f64" => "a number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number",
        other => other,
    }
}

fn found_in_words(found: &str) -> String {
    let number = |number: &str| format!("the number {}", number.trim_matches('`'));
    match found.split_once(' ') {
        Some(("string", text)) => format!("the text {text}"),
        Some(("integer", value)) => number(value),
        Some(("floating", value)) => number(value.trim_start_matches("point ")),
        Some(("boolean", value)) => value.trim_matches('`').to_owned(),
        _ if found == "sequence" => "a list".to_owned(),
        _ if found == "map" => "a section".to_owned(),
        _ => found.to_owned(),
    }
}
