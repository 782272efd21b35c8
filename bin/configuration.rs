//! Where files belong, and reading one of configuration: TOML, with mistakes in it named by file
//! and line.
//! Used by the server, the client and the grader.

use std::path::Path;

use directories::ProjectDirs;
use serde::de::DeserializeOwned;

/// Where the platform wants our files; `None` where there is no home.
pub(crate) fn folders() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "strata")
}

/// What the text of this file says.
///
/// # Errors
/// In one line: the file, the line in it, and what is wrong there.
pub(crate) fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        // Some messages have a list on lines of its own.
        let message = error.message().lines().collect::<Vec<_>>().join(" ");
        format!("{}, line {line}: {message}", path.display())
    })
}
