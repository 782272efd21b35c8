//! Copies of a workspace: of the reference for starters and for grading.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::lab;

/// Files of a workspace: path and content.
pub(crate) type Files = BTreeMap<PathBuf, Vec<u8>>;

/// What a workspace consists of. Other things beside it, such as submissions, are never copied.
const TOP: [&str; 14] = [
    "ARCHITECTURE.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "app",
    "bin",
    "clippy.toml",
    "handout",
    "net",
    "parse",
    "rustfmt.toml",
    "tests",
    // The folder of a student; the reference has none.
    lab::TRANSCRIPTS,
];

/// The files of the reference, relative to its root, in order.
pub(crate) fn files(root: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for name in TOP {
        let path = root.join(name);
        if path.is_dir() {
            collect(root, &path, &mut found)?;
        } else if path.is_file() {
            found.push(PathBuf::from(name));
        }
    }
    found.sort();
    Ok(found)
}

/// Collects the files of a folder, but for hidden ones and what tools leave behind.
fn collect(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    for entry in fs::read_dir(folder).map_err(Failure::file("read", folder))? {
        let path = entry.map_err(Failure::file("read", folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || name == "target" || name == "__pycache__" {
            continue;
        }
        let kind = fs::symlink_metadata(&path).map_err(Failure::file("read", &path))?;
        if kind.is_dir() {
            collect(root, &path, found)?;
        } else if kind.is_file() {
            found.push(path.strip_prefix(root).unwrap_or(&path).to_owned());
        }
    }
    Ok(())
}

/// Writes a file, and the folders above it. A file with this content already keeps its time, so that
/// nothing is built again for it. Returns whether the file has changed.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<bool, Failure> {
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Failure::file("create", folder))?;
    }
    fs::write(path, content).map_err(Failure::file("write", path))?;
    Ok(true)
}

/// Writes a workspace into a folder, and removes all other files there.
pub(crate) fn write_all(root: &Path, files: &Files) -> Result<(), Failure> {
    for (path, content) in files {
        write(&root.join(path), content)?;
    }
    for path in self::files(root)? {
        if !files.contains_key(&path) {
            let path = root.join(path);
            fs::remove_file(&path).map_err(Failure::file("remove", &path))?;
        }
    }
    Ok(())
}

pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(Failure::file("read", path))
}
