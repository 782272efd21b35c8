//! The place for work folders: the disk, or memory if a submission has many files.
//!
//! A disk takes far longer than memory to make and remove many small files; ext4 takes a millisecond
//! for each new file for minutes after many were removed. So a submission of many files is copied to
//! `/dev/shm` if that is large enough and allows programs to run from it. `TMPDIR` overrides this
//! choice.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::{StatVfsMountFlags, statvfs};

/// A file system in memory, which nearly every Linux has.
const MEMORY: &str = "/dev/shm";

/// Number of files from which memory is worth its price.
const MANY: u64 = 2000;

/// A folder to make work folders in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) folder: PathBuf,
    /// Number of bytes that may be written there.
    pub(super) free: u64,
}

impl Place {
    /// The place for a submission with this many files and bytes.
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
        // If the system does not tell the free space, copying will show it.
        Place { folder, free: free.unwrap_or(u64::MAX) }
    }
}

/// The file system in memory, if programs can run from it. Grade leaves most of it, and most of the
/// memory of the machine, to others.
fn in_memory(folder: &Path, available: u64) -> Option<Place> {
    let about = statvfs(folder).ok()?;
    #[cfg(target_os = "linux")]
    let unfit = StatVfsMountFlags::NOEXEC | StatVfsMountFlags::RDONLY;
    #[cfg(not(target_os = "linux"))]
    let unfit = StatVfsMountFlags::RDONLY;
    if about.f_flag.intersects(unfit) || tempfile::tempdir_in(folder).is_err() {
        return None;
    }
    let free = (about.f_bavail * about.f_frsize / 2).min(available / 4);
    Some(Place { folder: folder.to_owned(), free })
}

/// Bytes of memory that programs can still allocate.
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
    fn memory_is_used_for_many_files_if_it_suffices() {
        let temporary = env::temp_dir();
        assert_eq!(Place::of(MANY - 1, 1).folder, temporary);
        assert_eq!(Place::of(MANY, u64::MAX).folder, temporary);
        let place = in_memory(&temporary, 4000).unwrap();
        assert_eq!(place, Place { folder: temporary, free: 1000 });
        assert_eq!(in_memory(Path::new("/proc"), u64::MAX), None);
    }
}
