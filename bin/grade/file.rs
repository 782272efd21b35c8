//! Reads files that a user has named.

use std::fs;
use std::path::Path;

/// Greatest number of bytes in such a file.
const MOST: u64 = 1 << 20;

/// Reads the text of a regular file. Other files could be endless, or block.
///
/// # Errors
/// One line of text: the file and its error.
pub(crate) fn read(path: &Path) -> Result<String, String> {
    let wrong = |why: &str| format!("{}: {why}", path.display());
    let about = fs::metadata(path).map_err(|error| wrong(&error.to_string()))?;
    if !about.is_file() {
        return Err(wrong("it is no file"));
    }
    if about.len() > MOST {
        return Err(wrong("it is longer than 1 MiB"));
    }
    fs::read_to_string(path).map_err(|error| wrong(&error.to_string()))
}
