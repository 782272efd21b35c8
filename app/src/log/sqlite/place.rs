//! The place of a data file: the same absolute path for all names of the file.

use std::fs::{self, FileType, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::DataError;

/// Absolute path of a data file that exists, without symbolic links.
///
/// All names of a file lead to one place, and so to one lock. SQLite takes some relative names for a
/// URI (`file:…`) or for a database in memory, but no absolute path.
#[derive(Debug, Clone)]
pub(super) struct Place(PathBuf);

impl Place {
    /// Finds a data file that exists.
    pub(super) fn find(path: &Path) -> Result<Place, DataError> {
        let failed = |source| DataError::Io { path: path.to_owned(), source };
        let place = Place(fs::canonicalize(path).map_err(failed)?);
        // Check this before opening the file: the open of a FIFO waits for its other end.
        let file = fs::metadata(&place.0).map_err(failed)?;
        if !file.is_file() {
            return Err(DataError::NotAFile { path: place.0, kind: kind(file.file_type()) });
        }
        Ok(place)
    }

    /// Finds a data file. Creates it and its folder if they do not exist.
    pub(super) fn find_or_make(path: &Path) -> Result<Place, DataError> {
        // Do not open a file that exists: the close would release the locks that SQLite has on it in
        // this process.
        if fs::metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            make(path).map_err(|source| DataError::Io { path: path.to_owned(), source })?;
        }
        Place::find(path)
    }

    /// The absolute path.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Returns the path of a file that belongs to this one: its name with a suffix.
    pub(super) fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.0.clone().into_os_string();
        name.push(suffix);
        PathBuf::from(name)
    }
}

/// Creates the file, and its folder if only that is missing: a mistyped path makes no tree. Only the
/// owner can read them, because the file contains hashes of passwords. SQLite gives its own files the
/// same mode.
fn make(path: &Path) -> io::Result<()> {
    let mut folder = fs::DirBuilder::new();
    let mut file = OpenOptions::new();
    file.append(true).create(true);
    folder.mode(0o700);
    file.mode(0o600);
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        match folder.create(parent) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let missing = parent.parent().unwrap_or(parent).display();
                let why = format!("the folder {missing} does not exist");
                return Err(io::Error::new(io::ErrorKind::NotFound, why));
            }
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    file.open(path).map(drop)
}

/// Names the kind of a file that is not a regular file.
fn kind(file: FileType) -> &'static str {
    if file.is_fifo() {
        "a FIFO"
    } else if file.is_socket() {
        "a socket"
    } else if file.is_char_device() || file.is_block_device() {
        "a device"
    } else if file.is_dir() {
        "a folder"
    } else {
        "no regular file"
    }
}

/// Identity of the file that a path names now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Identity {
    /// Device and inode.
    pub(super) number: (u64, u64),
    /// Number of its names.
    pub(super) names: u64,
}

impl Identity {
    /// Returns the identity of a file, or of the symbolic link itself.
    pub(super) fn of(path: &Path) -> io::Result<Identity> {
        fs::symlink_metadata(path).map(|file| Identity::from(&file))
    }
}

impl From<&fs::Metadata> for Identity {
    fn from(file: &fs::Metadata) -> Identity {
        Identity { number: (file.dev(), file.ino()), names: file.nlink() }
    }
}
