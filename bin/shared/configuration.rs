//! Reading a configuration file: TOML, with each mistake named by file and line.

use std::path::Path;

use serde::de::DeserializeOwned;

/// Reads the text of a file.
///
/// # Errors
/// One line: the file, the line in it, and the mistake.
pub fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1;
        // Some messages have a list on lines of its own.
        let message = error.message().lines().collect::<Vec<_>>().join(" ");
        format!("{}, line {line}: {message}", path.display())
    })
}
