//! What was typed in earlier runs, in a file that only its owner can read.

use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The name of the file in the platform's folder for state.
const FILE: &str = "client-history";

/// The history file, with its folder made; `None` where there is no home.
///
/// # Errors
/// When the folder cannot be made, in one line.
pub(crate) fn file() -> Result<Option<PathBuf>, String> {
    let Some(folders) = directories::ProjectDirs::from("", "", "strata") else { return Ok(None) };
    // Only Linux has a folder of its own for this.
    let folder = folders.state_dir().unwrap_or_else(|| folders.data_local_dir());
    make_private(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let file = folder.join(FILE);
    open_private(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(Some(file))
}

fn make_private(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes the file if it is not there; its mode is 0600 also if somebody made it otherwise.
fn open_private(file: &Path) -> io::Result<()> {
    let file = fs::OpenOptions::new().append(true).create(true).mode(0o600).open(file)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))
}
