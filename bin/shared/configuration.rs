//! Parses configuration files in TOML. Errors name the file and the line.

use std::path::Path;

use serde::de::DeserializeOwned;

/// Parses the text of a configuration file.
///
/// # Errors
/// One line: the file, the line number, and the error. A wrong value is named with its field.
pub fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|mut error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1;
        // Without the text of the file, the error shows the field. Some errors have several lines.
        error.set_input(None);
        let text = error.to_string();
        let message = text.split_once('\n').map_or(text.as_str(), |(message, _)| message);
        let rest = text.lines().skip(1).map(|line| format!(" {line}")).collect::<String>();
        format!("{}, line {line}: {}{rest}", path.display(), plain(message))
    })
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
