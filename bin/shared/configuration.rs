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
        let message = error.to_string().lines().collect::<Vec<_>>().join(" ");
        format!("{}, line {line}: {message}", path.display())
    })
}
