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
    let bytes = read_bytes(path, MOST)?;
    String::from_utf8(bytes).map_err(|_| format!("{}: it is no UTF-8", path.display()))
}

/// Reads a regular file of at most this many bytes.
///
/// # Errors
/// One line of text: the file and its error.
pub(crate) fn read_bytes(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let wrong = |why: &str| format!("{}: {why}", path.display());
    let about = fs::metadata(path).map_err(|error| wrong(&error.to_string()))?;
    if !about.is_file() {
        return Err(wrong("it is no file"));
    }
    if about.len() > most {
        return Err(wrong(&format!("it is longer than {} MiB", most >> 20)));
    }
    fs::read(path).map_err(|error| wrong(&error.to_string()))
}
