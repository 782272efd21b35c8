//! The client's files in the platform's folders for configuration and for state.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

fn folders() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "strata")
}

/// A file in the folder for configuration, which may not exist; `None` if there is no home folder.
pub(crate) fn configuration(file: &str) -> Option<PathBuf> {
    folders().map(|folders| folders.config_dir().join(file))
}

/// A file in the folder for state, which may not exist; `None` if there is no home folder.
pub(crate) fn state(file: &str) -> Option<PathBuf> {
    let folders = folders()?;
    // Only Linux has a folder for state.
    Some(folders.state_dir().unwrap_or_else(|| folders.data_local_dir()).join(file))
}

/// Creates the folder of a file, with the folders above it, so that only its owner can read them.
///
/// # Errors
/// A line that names the folder that cannot be created.
pub(crate) fn make_private(file: &Path) -> Result<(), String> {
    let Some(folder) = file.parent() else { return Ok(()) };
    create(folder)
        .map_err(|error| format!("cannot create the folder {}: {error}", folder.display()))
}

fn create(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Replaces the contents of a file as a whole: the file never contains a half of them. Only its owner
/// can read it.
///
/// # Errors
/// The error of the system. The old contents stay.
pub(crate) fn replace(file: &Path, text: &str) -> io::Result<()> {
    let new = file.with_extension(format!("new-{}", std::process::id()));
    let mut opened =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    let written = opened.write_all(text.as_bytes()).and_then(|()| opened.sync_all());
    let replaced = written.and_then(|()| fs::rename(&new, file));
    if replaced.is_err() {
        let _ = fs::remove_file(&new);
    }
    replaced
}
