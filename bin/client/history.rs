//! The history file: the input of earlier runs, readable for its owner only.

use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::folders;

/// The name of the file in the folder for state.
const FILE: &str = "client-history";

/// Creates the history file and its folder; returns `None` if there is no home folder.
///
/// # Errors
/// A line that names the folder or the file that cannot be created.
pub(crate) fn file() -> Result<Option<PathBuf>, String> {
    let Some(file) = folders::state(FILE) else { return Ok(None) };
    folders::make_private(&file)?;
    open_private(&file).map_err(|error| format!("cannot open {}: {error}", file.display()))?;
    Ok(Some(file))
}

/// Creates the file if it is missing, and sets its mode to 0600 in any case.
fn open_private(file: &Path) -> io::Result<()> {
    let file = fs::OpenOptions::new().append(true).create(true).mode(0o600).open(file)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))
}
