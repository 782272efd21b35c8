//! Reading a file that somebody has named.

use std::fs;
use std::path::Path;

/// How many bytes such a file may have.
const MOST: u64 = 1 << 20;

/// The text of it. Only a plain file is read: anything else could have no end, or keep us waiting.
///
/// # Errors
/// In one line: the file, and what is wrong with it.
pub(crate) fn read(path: &Path) -> Result<String, String> {
    let wrong = |why: &str| format!("{}: {why}", path.display());
    let about = fs::metadata(path).map_err(|error| wrong(&error.to_string()))?;
    if !about.is_file() {
        return Err(wrong("it is no file"));
    }
    if about.len() > MOST {
        return Err(wrong("it is too long"));
    }
    fs::read_to_string(path).map_err(|error| wrong(&error.to_string()))
}
