//! The files of a submission, copied into a folder and restored there after a program has changed them.
//!
//! A change of a file shows in its inode, its mode, its size, or the change time of its inode. The
//! system sets that time at every write, even through a mapping or a hard link, and no call sets it
//! back. So unchanged files are neither read nor copied again.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, DirEntry, File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::links::target_in_copy;

/// The prefix of the names of work folders; a submission that contains them is copied without them.
pub(super) const PREFIX: &str = "strata-grade-";

/// Folders that no program needs to run.
const LEFT_OUT: [&str; 2] = [".git", "__pycache__"];

/// Folders made by tools. Nothing in them is left out: Python recompiles a module without its
/// `__pycache__`.
const TOOLS: [&str; 4] = ["target", "node_modules", "venv", ".venv"];

/// Greatest size of a file that is copied with one read and one write.
const SMALL: u64 = 64 * 1024;

/// A copy of a folder.
#[derive(Debug)]
pub(super) struct Tree {
    from: PathBuf,
    to: PathBuf,
    entries: Entries,
}

type Entries = BTreeMap<OsString, Entry>;

/// One entry in a folder of the copy.
#[derive(Debug)]
struct Entry {
    kind: Kind,
    stamp: Stamp,
    /// Found unchanged in the last comparison.
    intact: bool,
}

#[derive(Debug)]
enum Kind {
    /// A file or a link; or an unreadable folder, which is empty in the copy.
    Leaf,
    Folder(Entries),
}

/// A time as the file system stamps it: seconds and nanoseconds.
pub(super) type Time = (i64, i64);

#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    mode: u32,
    size: u64,
    changed: Time,
}

impl Stamp {
    fn of(about: &Metadata) -> Stamp {
        let changed = (about.ctime(), about.ctime_nsec());
        Stamp { inode: about.ino(), mode: about.mode(), size: about.size(), changed }
    }
}

impl Entry {
    fn new(kind: Kind, about: &Metadata) -> Entry {
        Entry { kind, stamp: Stamp::of(about), intact: true }
    }

    /// Returns whether no program has changed the entry since this time. A file system has few time
    /// stamps a second, so an entry made at that time or later could have changed within the same
    /// stamp.
    fn is_unchanged(&self, about: &Metadata, since: Time) -> bool {
        let now = Stamp::of(about);
        match self.kind {
            Kind::Leaf => now == self.stamp && now.changed < since,
            // The entries of a folder tell the rest.
            Kind::Folder(_) => (now.inode, now.mode) == (self.stamp.inode, self.stamp.mode),
        }
    }
}

/// Returns whether this folder or file of a submission is left out of the copy.
pub(super) fn is_left_out(entry: &DirEntry, in_tools: bool) -> bool {
    let name = entry.file_name();
    let is_work = name.to_string_lossy().starts_with(PREFIX);
    let unneeded = !in_tools && LEFT_OUT.iter().any(|other| name == OsStr::new(other));
    (is_work || unneeded) && entry.file_type().is_ok_and(|kind| kind.is_dir())
}

/// Returns whether a tool makes folders of this name.
pub(super) fn is_of_tools(name: &OsStr) -> bool {
    TOOLS.iter().any(|other| name == OsStr::new(other))
}

impl Tree {
    /// Copies a folder into another, which is empty. Both paths are absolute and contain no links.
    pub(super) fn copy(from: &Path, to: &Path) -> io::Result<Tree> {
        let mut tree = Tree { from: from.into(), to: to.into(), entries: Entries::new() };
        tree.entries = tree.copy_entries(Path::new(""), false)?;
        Ok(tree)
    }

    fn copy_entries(&self, inside: &Path, in_tools: bool) -> io::Result<Entries> {
        let mut entries = Entries::new();
        for entry in fs::read_dir(self.from.join(inside))? {
            let entry = entry?;
            if is_left_out(&entry, in_tools) {
                continue;
            }
            let name = entry.file_name();
            if let Some(entry) = self.copy_entry(&inside.join(&name), in_tools)? {
                entries.insert(name, entry);
            }
        }
        Ok(entries)
    }

    /// Copies the entry at this path. Does nothing for an entry that cannot be part of a submission.
    fn copy_entry(&self, inside: &Path, in_tools: bool) -> io::Result<Option<Entry>> {
        let (from, to) = (self.from.join(inside), self.to.join(inside));
        let kind = match fs::symlink_metadata(&from) {
            // The entry has vanished since its name was read.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            about => about?.file_type(),
        };
        if kind.is_symlink() {
            symlink(target_in_copy(&self.from, &self.to, &from)?, &to)?;
        } else if kind.is_dir() {
            fs::create_dir(&to)?;
            let in_tools = in_tools || inside.file_name().is_some_and(is_of_tools);
            match self.copy_entries(inside, in_tools) {
                // The copy is as unreadable as the original.
                Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                    fs::set_permissions(&to, Permissions::from_mode(0o0))?;
                }
                entries => {
                    let kind = Kind::Folder(entries?);
                    return Ok(Some(Entry::new(kind, &fs::symlink_metadata(&to)?)));
                }
            }
        } else if kind.is_file() {
            return copy_file(&from, &to).map(|about| Some(Entry::new(Kind::Leaf, &about)));
        } else {
            // A pipe, a socket or a device.
            return Ok(None);
        }
        Ok(Some(Entry::new(Kind::Leaf, &fs::symlink_metadata(&to)?)))
    }

    /// Restores everything that was changed since this time, and removes new entries.
    pub(super) fn restore(&mut self, since: Time) -> io::Result<()> {
        let mut entries = std::mem::take(&mut self.entries);
        let restored = self.restore_entries(Path::new(""), &mut entries, since, false);
        self.entries = entries;
        restored
    }

    fn restore_entries(
        &self,
        inside: &Path,
        entries: &mut Entries,
        since: Time,
        in_tools: bool,
    ) -> io::Result<()> {
        entries.values_mut().for_each(|entry| entry.intact = false);
        for found in fs::read_dir(self.to.join(inside))? {
            let found = found?;
            let about = found.metadata()?;
            match entries.get_mut(&found.file_name()) {
                Some(entry) if entry.is_unchanged(&about, since) => entry.intact = true,
                _ => remove(&found.path(), &about)?,
            }
        }
        for (name, entry) in entries {
            let inside = inside.join(name);
            if !entry.intact {
                let gone = || io::Error::new(ErrorKind::NotFound, "the submission has changed");
                *entry = self.copy_entry(&inside, in_tools)?.ok_or_else(gone)?;
            } else if let Kind::Folder(entries) = &mut entry.kind {
                self.restore_entries(&inside, entries, since, in_tools || is_of_tools(name))?;
            }
        }
        Ok(())
    }
}

/// Copies a file with its mode and its time: tools such as `make` compare times. Returns the entry of
/// the copy.
fn copy_file(from: &Path, to: &Path) -> io::Result<Metadata> {
    let mut create = OpenOptions::new();
    create.write(true).create_new(true).mode(0o600);
    let mut source = match File::open(from) {
        // The copy is as unreadable as the original.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            let copy = create.open(to)?;
            copy.set_permissions(Permissions::from_mode(0o0))?;
            return copy.metadata();
        }
        source => source?,
    };
    let about = source.metadata()?;
    let mut copy = create.open(to)?;
    if about.len() <= SMALL {
        let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0) + 1);
        source.read_to_end(&mut bytes)?;
        copy.write_all(&bytes)?;
    } else {
        // The system copies, and shares the blocks of both files where the file system can.
        io::copy(&mut source, &mut copy)?;
    }
    copy.set_permissions(about.permissions())?;
    copy.set_modified(about.modified()?)?;
    copy.metadata()
}

fn remove(path: &Path, about: &Metadata) -> io::Result<()> {
    if !about.is_dir() {
        return fs::remove_file(path);
    }
    fs::remove_dir_all(path).or_else(|_| {
        open_up(path);
        fs::remove_dir_all(path)
    })
}

/// Restores all rights on a folder and its subfolders, which a program may have removed.
pub(super) fn open_up(folder: &Path) {
    let _ = fs::set_permissions(folder, Permissions::from_mode(0o700));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&entry.path());
        }
    }
}
