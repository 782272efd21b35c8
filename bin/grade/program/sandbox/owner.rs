//! The owner of the files that a program may change.
//!
//! A walk through a folder goes from open folder to open folder, not from path to path. So it follows no
//! link, not even one that a program of another sandbox puts in place of a folder meanwhile.

use std::ffi::CStr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Gid, Mode, OFlags, Uid, chownat, fchown, fstat, openat, statat,
};
use rustix::io::Errno;
use rustix::path::Arg;

use super::root::{Result, step};

/// Who the program is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner {
    pub(super) user: u32,
    pub(super) group: u32,
    /// Root builds the file system, and files have to be given to the program.
    pub(super) is_given: bool,
}

impl Owner {
    /// Gives one file or folder to the program.
    pub(super) fn take(self, path: &Path) -> Result<()> {
        if !self.is_given {
            return Ok(());
        }
        let (user, group) = self.ids();
        step(path.display(), chownat(CWD, path, user, group, AtFlags::SYMLINK_NOFOLLOW))
    }

    /// Gives a folder with everything in it to the program, except what is mounted in it.
    pub(super) fn take_all(self, path: &Path) -> Result<()> {
        if !self.is_given {
            return Ok(());
        }
        let folder = step(path.display(), open(CWD, path))?;
        let device = step(path.display(), fstat(&folder))?.st_dev;
        self.take_folder(path, &folder, device)
    }

    /// Gives an open folder of this device with everything in it. The path is for errors.
    fn take_folder(self, path: &Path, folder: &OwnedFd, device: u64) -> Result<()> {
        let about = step(path.display(), fstat(folder))?;
        if about.st_dev != device {
            return Ok(());
        }
        for entry in step(path.display(), Dir::read_from(folder))? {
            let entry = step(path.display(), entry)?;
            if ![c".", c".."].contains(&entry.file_name()) {
                self.take_entry(path, folder, entry.file_name(), device)?;
            }
        }
        let (user, group) = self.ids();
        if about.st_uid == self.user {
            return Ok(());
        }
        step(path.display(), fchown(folder, user, group))
    }

    fn take_entry(self, path: &Path, folder: &OwnedFd, name: &CStr, device: u64) -> Result<()> {
        let path = path.join(name.to_string_lossy().as_ref());
        let path = path.as_path();
        let about = match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            // A program of another sandbox has removed it.
            Err(Errno::NOENT) => return Ok(()),
            about => step(path.display(), about)?,
        };
        match FileType::from_raw_mode(about.st_mode) {
            FileType::Directory => match open(folder, name) {
                // A program of another sandbox has replaced it.
                Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(()),
                opened => self.take_folder(path, &step(path.display(), opened)?, device),
            },
            // The permissions of a link mean nothing.
            FileType::Symlink => Ok(()),
            _ if about.st_uid == self.user => Ok(()),
            _ => {
                let (user, group) = self.ids();
                match chownat(folder, name, user, group, AtFlags::SYMLINK_NOFOLLOW) {
                    Err(Errno::NOENT) => Ok(()),
                    given => step(path.display(), given),
                }
            }
        }
    }

    fn ids(self) -> (Option<Uid>, Option<Gid>) {
        (Some(Uid::from_raw(self.user)), Some(Gid::from_raw(self.group)))
    }
}

/// Opens a folder that is not a link.
fn open(at: impl AsFd, name: impl Arg) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(at, name, flags, Mode::empty())
}
