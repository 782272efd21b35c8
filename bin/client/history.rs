//! The history file: the input of earlier runs, readable for its owner only.

use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The name of the file in the platform's folder for state.
const FILE: &str = "client-history";

/// Creates the history file and its folder; returns `None` if there is no home folder.
///
/// # Errors
/// A line that names the folder or the file that cannot be created.
pub(crate) fn file() -> Result<Option<PathBuf>, String> {
    let Some(folders) = directories::ProjectDirs::from("", "", "strata") else { return Ok(None) };
    // Only Linux has a folder for state.
    let folder = folders.state_dir().unwrap_or_else(|| folders.data_local_dir());
    make_private(folder)
        .map_err(|error| format!("cannot create the folder {}: {error}", folder.display()))?;
    let file = folder.join(FILE);
    open_private(&file).map_err(|error| format!("cannot open {}: {error}", file.display()))?;
    Ok(Some(file))
}

/// Creates a folder, with the folders above it, that only its owner can read.
pub(crate) fn make_private(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Creates the file if it is missing, and sets its mode to 0600 in any case.
fn open_private(file: &Path) -> io::Result<()> {
    let file = fs::OpenOptions::new().append(true).create(true).mode(0o600).open(file)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))
}
