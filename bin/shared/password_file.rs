//! A password in a file, for whoever cannot be asked. Used by the server and by the client.

use std::path::Path;

/// The password in the first line of a file.
///
/// # Errors
/// In one line, when the file cannot be read, or has none.
pub fn read(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| format!("{}: {error}", path.display()))?;
    match text.lines().next() {
        None | Some("") => Err(format!("{}: its first line is no password", path.display())),
        Some(password) => Ok(password.to_owned()),
    }
}
