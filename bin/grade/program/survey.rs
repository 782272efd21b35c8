//! The size of a submission, and the number of copies for which there is room.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use super::place::Place;
use super::tree::{is_left_out, is_of_tools};
use super::trouble::Amount;

/// The largest submission. A larger folder is probably a home folder.
const LARGEST: u64 = 16 << 30;
const MOST_FILES: u64 = 500_000;

/// Limit for all copies of a submission together; one copy is made in any case.
const ALL_BYTES: u64 = 1 << 30;
const ALL_FILES: u64 = 250_000;

/// Greatest overhead of a file: the rest of a block, and its inode.
const EACH: u64 = 4096;

/// The size of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Survey {
    files: u64,
    bytes: u64,
}

impl Survey {
    /// Counts the files in this folder, and stops above the limit.
    pub(super) fn of(from: &Path) -> io::Result<Survey> {
        let mut survey = Survey::default();
        survey.add(from, false)?;
        Ok(survey)
    }

    fn add(&mut self, folder: &Path, in_tools: bool) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if self.is_too_large() {
                return Ok(());
            }
            if is_left_out(&entry, in_tools) {
                continue;
            }
            self.files += 1;
            self.bytes += EACH;
            match entry.file_type()? {
                kind if kind.is_dir() => {
                    let in_tools = in_tools || is_of_tools(&entry.file_name());
                    match self.add(&entry.path(), in_tools) {
                        // The folder is unreadable in the copy, too.
                        Err(error) if error.kind() == ErrorKind::PermissionDenied => {}
                        added => added?,
                    }
                }
                // The file may vanish during the count.
                kind if kind.is_file() => self.bytes += entry.metadata().map_or(0, |it| it.len()),
                _ => {}
            }
        }
        Ok(())
    }

    fn is_too_large(&self) -> bool {
        self.bytes > LARGEST || self.files > MOST_FILES
    }

    /// The best place for the copies.
    pub(super) fn place(&self) -> Place {
        Place::of(self.files, self.bytes)
    }

    /// The number of copies that may exist.
    ///
    /// # Errors
    /// One line of text: there is no room for a copy.
    pub(super) fn copies(&self, from: &Path, place: &Place) -> Result<usize, String> {
        let (from, temporary, free) = (from.display(), place.folder.display(), place.free);
        if self.is_too_large() {
            return Err(format!(
                "{from} is too large for a submission: more than {} or {MOST_FILES} files; --from \
                 names the folder of the submission",
                Amount(LARGEST)
            ));
        }
        if self.bytes > free {
            return Err(format!(
                "{from} takes {} to copy, and {temporary} has {} left; TMPDIR names another folder",
                Amount(self.bytes),
                Amount(free)
            ));
        }
        let by_bytes = ALL_BYTES.min(free / 2) / self.bytes.max(1);
        let copies = by_bytes.min(ALL_FILES / self.files.max(1)).max(1);
        Ok(usize::try_from(copies).unwrap_or(usize::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copies(files: u64, bytes: u64, free: u64) -> Result<usize, String> {
        let place = Place { folder: "/tmp".into(), free };
        Survey { files, bytes }.copies(Path::new("/sub"), &place)
    }

    #[test]
    fn large_submissions_get_fewer_copies_but_at_least_one() {
        const MIB: u64 = 1 << 20;
        const PLENTY: u64 = 1 << 40;
        assert_eq!(copies(5000, 200 * MIB, PLENTY), Ok(5));
        assert_eq!(copies(60_000, 300 * MIB, PLENTY), Ok(3));
        assert_eq!(copies(60_000, 250 * MIB, PLENTY), Ok(4));
        assert_eq!(copies(20_000, 5000 * MIB, PLENTY), Ok(1));
        assert_eq!(copies(10, 200 * MIB, 900 * MIB), Ok(2));
        assert_eq!(copies(10, 200 * MIB, 250 * MIB), Ok(1));
        assert!(copies(1, 4097, PLENTY).unwrap() > 1000 && copies(0, 0, PLENTY).is_ok());
    }

    #[test]
    fn a_submission_without_room_is_refused_with_sizes() {
        assert_eq!(
            copies(1, 300 << 20, 200 << 20).unwrap_err(),
            "/sub takes 300 MiB to copy, and /tmp has 200 MiB left; TMPDIR names another folder"
        );
        let error = copies(600_000, 1, u64::MAX).unwrap_err();
        assert!(error.contains("more than 16 GiB or 500000 files; --from"), "{error}");
        assert!(copies(1, 17 << 30, u64::MAX).is_err());
    }

    #[test]
    fn files_that_are_not_copied_do_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in [".git", "a/__pycache__", ".venv/__pycache__", "strata-grade-x"] {
            fs::create_dir_all(path(name)).unwrap();
            fs::write(path(name).join("file"), [0; 1000]).unwrap();
        }
        // `a`, `.venv`, and in that a folder with a file.
        let survey = Survey::of(folder.path()).unwrap();
        assert_eq!(survey, Survey { files: 4, bytes: 4 * EACH + 1000 });
    }
}
