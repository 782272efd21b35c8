//! The folder in which a graded program works: its own, with what was handed in.

use std::ffi::OsStr;
use std::fs::{self, DirEntry, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use tempfile::TempDir;

/// The name of such a folder begins with this.
const PREFIX: &str = "strata-grade-";

/// What is not copied but linked to: a file that is larger than this, and what comes after so
/// many files or bytes.
const LARGEST: u64 = 1024 * 1024;
const ALL_BYTES: u64 = 64 * 1024 * 1024;
const ALL_FILES: usize = 5000;

/// Folders that nothing needs to run.
const LEFT_OUT: [&str; 2] = [".git", "__pycache__"];

/// Folders that it may need to run, and that are large and made by tools: there is one for all.
const LINKED: [&str; 4] = ["target", "node_modules", "venv", ".venv"];

/// Vanishes when it is dropped, with all that the program has put there.
#[derive(Debug)]
pub(super) struct Folder(Option<TempDir>, PathBuf);

impl Folder {
    /// Makes one, with what is in `from`.
    pub(super) fn with<'p>(from: impl Into<Option<&'p Path>>) -> io::Result<Folder> {
        let from = from.into().map(fs::canonicalize).transpose()?;
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir()?;
        // As the system tells it when asked where a process works.
        let path = fs::canonicalize(folder.path())?;
        let folder = Folder(Some(folder), path);
        let mut left = Left { bytes: ALL_BYTES, files: ALL_FILES };
        if let Some(from) = from {
            copy(&from, folder.path(), &mut left)?;
        }
        Ok(folder)
    }

    pub(super) fn path(&self) -> &Path {
        &self.1
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let Some(folder) = self.0.take() else { return };
        if folder.close().is_err() {
            // It has taken the right to look into some folder away. What resists even now stays.
            open_up(&self.1);
            let _ = fs::remove_dir_all(&self.1);
        }
    }
}

/// How much may still be copied.
struct Left {
    bytes: u64,
    files: usize,
}

impl Left {
    fn allows(&mut self, bytes: u64) -> bool {
        if bytes > LARGEST || bytes > self.bytes || self.files == 0 {
            return false;
        }
        self.bytes -= bytes;
        self.files -= 1;
        true
    }
}

fn copy(from: &Path, to: &Path, left: &mut Left) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy_entry(&entry, &to.join(entry.file_name()), left)?;
    }
    Ok(())
}

fn copy_entry(entry: &DirEntry, to: &Path, left: &mut Left) -> io::Result<()> {
    let (name, from, kind) = (entry.file_name(), entry.path(), entry.file_type()?);
    let is_one_of = |names: &[&str]| names.iter().any(|other| name == OsStr::new(other));
    if kind.is_symlink() {
        let target = fs::read_link(&from)?;
        let stays = target.components().all(|part| matches!(part, Component::Normal(_)));
        symlink(if stays { &target } else { &from }, to)
    } else if kind.is_dir() {
        if is_one_of(&LEFT_OUT) || name.to_string_lossy().starts_with(PREFIX) {
            return Ok(());
        }
        if is_one_of(&LINKED) || left.files == 0 || fs::read_dir(&from).is_err() {
            return symlink(&from, to);
        }
        fs::create_dir(to)?;
        copy(&from, to, left)
    } else if kind.is_file() {
        // What cannot be read it shall find as it is.
        if left.allows(entry.metadata()?.len()) && fs::copy(&from, to).is_ok() {
            return Ok(());
        }
        let _ = fs::remove_file(to);
        symlink(&from, to)
    } else {
        // A pipe, a socket, a device: nothing that somebody hands in.
        Ok(())
    }
}

/// Gives us back all rights on the folders in it.
fn open_up(folder: &Path) {
    let _ = fs::set_permissions(folder, Permissions::from_mode(0o700));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn submission() -> TempDir {
        let from = tempfile::tempdir().unwrap();
        let path = |name: &str| from.path().join(name);
        for folder in ["src", ".git", "src/__pycache__", "target", "strata-grade-other"] {
            fs::create_dir(path(folder)).unwrap();
            fs::write(path(folder).join("file"), folder).unwrap();
        }
        fs::write(path("server.sh"), "#!/bin/sh\n").unwrap();
        fs::set_permissions(path("server.sh"), Permissions::from_mode(0o755)).unwrap();
        fs::write(path("large"), vec![7; 1024 * 1024 + 1]).unwrap();
        symlink("src/file", path("inside")).unwrap();
        symlink("../there", path("outside")).unwrap();
        from
    }

    #[test]
    fn small_files_are_copied_and_large_ones_linked() {
        let from = submission();
        let folder = Folder::with(from.path()).unwrap();
        let is_link = |name: &str| folder.path().join(name).is_symlink();
        assert!(!is_link("server.sh") && !is_link("src") && !is_link("src/file"));
        let mode = fs::metadata(folder.path().join("server.sh")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
        assert!(is_link("large") && is_link("target"));
        assert_eq!(fs::read_to_string(folder.path().join("target/file")).unwrap(), "target");
        for absent in [".git", "src/__pycache__", "strata-grade-other"] {
            assert!(!folder.path().join(absent).exists(), "{absent}");
        }
        // Its own copy of the file, and the way out as it was.
        assert_eq!(fs::read_link(folder.path().join("inside")).unwrap(), Path::new("src/file"));
        let from = fs::canonicalize(from.path()).unwrap();
        assert_eq!(fs::read_link(folder.path().join("outside")).unwrap(), from.join("outside"));
    }

    #[test]
    fn nothing_is_left_of_it_whatever_is_done_to_it() {
        let from = submission();
        let folder = Folder::with(from.path()).unwrap();
        let path = folder.path().to_owned();
        fs::create_dir_all(path.join("a/b")).unwrap();
        fs::set_permissions(path.join("a"), Permissions::from_mode(0o0)).unwrap();
        fs::remove_dir_all(path.join("src")).unwrap();
        drop(folder);
        assert!(!path.exists());
        assert!(from.path().join("src/file").exists() && from.path().join("target/file").exists());
    }

    #[test]
    fn what_is_left_is_counted() {
        let mut left = Left { bytes: 10, files: 2 };
        assert!(!left.allows(11) && left.allows(6) && !left.allows(5) && left.allows(4));
        assert!(!left.allows(0), "no more files");
    }

    #[test]
    fn there_is_none_of_what_is_not_there() {
        assert!(Folder::with(Path::new("/nowhere/at/all")).is_err());
    }
}
