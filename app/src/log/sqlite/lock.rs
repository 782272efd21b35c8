//! The lock file: it ensures that only one server uses a data file.
//!
//! The lock is on a separate file, because SQLite puts locks on the data file itself. The system
//! releases the lock when the process ends, even after a crash.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::DataError;
use super::place::{Identity, Place};

/// Suffix of a lock file.
pub(super) const SUFFIX: &str = "-lock";
/// The most bytes in a lock file, which contains the number of a process.
const LONGEST: u64 = 32;

/// The lock on a data file, held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file is not enough: a process that is just being started has a copy of it.
        let _ = self.file.unlock();
    }
}

/// Takes the lock.
///
/// Only the owner can read and lock the file. A link or a file with other content is not touched.
pub(super) fn take(place: &Place) -> Result<Lock, DataError> {
    let path = place.beside(SUFFIX);
    loop {
        let mut file = open(&path)?;
        let failed = |source| DataError::Lock { path: path.clone(), source };
        let content = content(&mut file, &path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = content.trim_matches(['\n', '\0']);
                let holder =
                    if holder.is_empty() { String::new() } else { format!(" (process {holder})") };
                return Err(DataError::InUse { path: place.path().to_owned(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        // Another program may have deleted the file since. Then another server would make a new one.
        let opened = file.metadata().map(|file| Identity::from(&file)).map_err(failed)?;
        if Identity::of(&path).is_ok_and(|named| named.number == opened.number) {
            name_holder(&mut file);
            return Ok(Lock { file });
        }
    }
}

/// Opens the lock file, and creates it if it does not exist.
fn open(path: &Path) -> Result<File, DataError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    // Follow no link, which may lead to any file, and do not wait for the other end of a FIFO.
    options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
    let failed = |source| DataError::Lock { path: path.to_owned(), source };
    let is_link = || path.symlink_metadata().is_ok_and(|file| file.is_symlink());
    let file = options
        .open(path)
        .map_err(|source| if is_link() { not_a_lock(path) } else { failed(source) })?;
    let found = file.metadata().map_err(failed)?;
    if !found.is_file() || Identity::from(&found).names > 1 {
        return Err(not_a_lock(path));
    }
    Ok(file)
}

/// Reads the content of the lock file, and makes the file private.
fn content(file: &mut File, path: &Path) -> Result<String, DataError> {
    let failed = |source| DataError::Lock { path: path.to_owned(), source };
    let mut content = Vec::new();
    Read::by_ref(file).take(LONGEST + 1).read_to_end(&mut content).map_err(failed)?;
    let content = String::from_utf8(content).map_err(|_| not_a_lock(path))?;
    // After a power cut the file may consist of zero bytes.
    let is_number = content.bytes().all(|byte| byte.is_ascii_digit() || b"\n\0".contains(&byte));
    if !is_number || content.len() as u64 > LONGEST {
        return Err(not_a_lock(path));
    }
    // Users who can read a file can lock it.
    let mut permissions = file.metadata().map_err(failed)?.permissions();
    if permissions.mode() & 0o077 != 0 {
        permissions.set_mode(0o600);
        file.set_permissions(permissions).map_err(failed)?;
    }
    Ok(content)
}

fn not_a_lock(path: &Path) -> DataError {
    DataError::NotALock { path: PathBuf::from(path) }
}

/// Writes the number of this process into the lock file, for people. The server starts even if that
/// fails, on a full disk for example.
fn name_holder(file: &mut File) {
    let _ = file.set_len(0).and_then(|()| file.rewind());
    let _ = writeln!(file, "{}", std::process::id());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_lock_is_free_even_if_another_process_has_a_copy_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::find_or_make(&folder.path().join("a.db")).unwrap();
        let lock = take(&place).unwrap();
        take(&place).expect_err("it is taken");
        let _copy = lock.file.try_clone().unwrap();
        drop(lock);
        take(&place).unwrap();
    }
}
