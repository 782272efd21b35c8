//! Where work folders are made: among the temporary files, or in memory where there are many files.
//!
//! A disk takes far longer than memory to make and remove many small files; ext4 takes a millisecond for
//! each new one for minutes after many were removed. So a submission of many files is copied to
//! `/dev/shm`, where that is large enough and programs can be run from it. `TMPDIR` overrides this.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::{StatVfsMountFlags, statvfs};

/// A file system in memory, which nearly every Linux has.
const MEMORY: &str = "/dev/shm";

/// From so many files on it is worth the memory.
const MANY: u64 = 2000;

/// A folder to make work folders in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) folder: PathBuf,
    /// How many bytes may be written there.
    pub(super) free: u64,
}

impl Place {
    /// The place for a submission of so many files and bytes.
    pub(super) fn of(files: u64, bytes: u64) -> Place {
        if files >= MANY
            && env::var_os("TMPDIR").is_none()
            && let Some(place) = in_memory(Path::new(MEMORY), available())
            && bytes <= place.free
        {
            return place;
        }
        let folder = env::temp_dir();
        let free = statvfs(&folder).map(|about| about.f_bavail * about.f_frsize);
        // Where the system does not say it, the copy will show.
        Place { folder, free: free.unwrap_or(u64::MAX) }
    }
}

/// The file system in memory, if programs can be run from it. Most of it, and most of the memory of this
/// machine, is left for others.
fn in_memory(folder: &Path, available: u64) -> Option<Place> {
    let about = statvfs(folder).ok()?;
    let unfit = StatVfsMountFlags::NOEXEC | StatVfsMountFlags::RDONLY;
    if about.f_flag.intersects(unfit) || tempfile::tempdir_in(folder).is_err() {
        return None;
    }
    let free = (about.f_bavail * about.f_frsize / 2).min(available / 4);
    Some(Place { folder: folder.to_owned(), free })
}

/// How many bytes of memory programs can still have.
fn available() -> u64 {
    let about = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = about.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_taken_where_it_is_worth_it_and_enough() {
        let temporary = env::temp_dir();
        assert_eq!(Place::of(MANY - 1, 1).folder, temporary);
        assert_eq!(Place::of(MANY, u64::MAX).folder, temporary);
        let place = in_memory(&temporary, 4000).unwrap();
        assert_eq!(place, Place { folder: temporary, free: 1000 });
        assert_eq!(in_memory(Path::new("/proc"), u64::MAX), None);
    }
}
