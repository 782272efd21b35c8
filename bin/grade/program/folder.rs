//! The folders in which the programs of a submission work. Each program has one to itself, with a copy of
//! every file of the submission, so that nothing that it writes reaches the submission or another check.
//!
//! A folder is used again by the next program: what the last one has changed is put back (`tree`), and
//! the rest is not copied twice. So a large submission is copied once for each check that runs at the
//! same time; where it is very large, fewer checks run at the same time.

use std::env;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

use super::survey::Survey;
use super::tree::{PREFIX, Time, Tree, open_up};

/// The folders of one submission.
#[derive(Debug, Clone)]
pub(crate) struct Folders(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    /// The submission; its path is absolute and without links.
    from: Option<PathBuf>,
    /// Where the folders are made.
    place: PathBuf,
    /// The largest number of folders at the same time.
    most: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Prepared>,
    /// How many folders there are, idle or in use.
    count: usize,
}

/// A folder with the files of the submission.
#[derive(Debug)]
struct Prepared {
    /// There until it is removed.
    folder: Option<TempDir>,
    path: PathBuf,
    inode: u64,
    tree: Option<Tree>,
}

/// A folder in use. When it is dropped, it is put in order for the next program.
#[derive(Debug)]
pub(super) struct Folder {
    /// There until it is dropped.
    copy: Option<Prepared>,
    path: PathBuf,
    /// The time of the file system when the folder was handed out.
    since: Time,
    spoiled: bool,
    pool: Arc<Pool>,
}

impl Folders {
    /// Folders with the files of this one; empty ones, if there is none.
    ///
    /// # Errors
    /// In one line: the folder cannot be read, or it is too large to be copied.
    pub(crate) fn of<'p>(from: impl Into<Option<&'p Path>>) -> Result<Folders, String> {
        let from: Option<&Path> = from.into();
        let wrong = |from: &Path, error: io::Error| format!("{}: {error}", from.display());
        let from = from.map(|from| fs::canonicalize(from).map_err(|error| wrong(from, error)));
        let from = from.transpose()?;
        let (place, most) = match &from {
            None => (env::temp_dir(), usize::MAX),
            Some(from) => {
                let survey = Survey::of(from).map_err(|error| wrong(from, error))?;
                let place = survey.place();
                let most = survey.copies(from, &place)?;
                (place.folder, most)
            }
        };
        Ok(Folders::at_most(from, place, most))
    }

    /// So many of them at the same time.
    pub(super) fn at_most(from: Option<PathBuf>, place: PathBuf, most: usize) -> Folders {
        let (state, changed) = (Mutex::default(), Condvar::new());
        Folders(Arc::new(Pool { from, place, most, state, changed }))
    }

    /// A folder for one program; waits while as many are in use as there may be.
    pub(super) fn take(&self) -> io::Result<Folder> {
        let pool = &self.0;
        let copy = match pool.idle_or_room() {
            Some(copy) => copy,
            None => Prepared::make(pool).inspect_err(|_| pool.forget())?,
        };
        // This stamps the folder with the time of its file system.
        fs::set_permissions(&copy.path, Permissions::from_mode(0o700))?;
        let about = fs::symlink_metadata(&copy.path)?;
        let (path, since) = (copy.path.clone(), (about.ctime(), about.ctime_nsec()));
        Ok(Folder { copy: Some(copy), path, since, spoiled: false, pool: Arc::clone(pool) })
    }

    /// Removes the folders that no program works in.
    pub(crate) fn clear(&self) {
        let mut state = self.0.lock();
        let idle = std::mem::take(&mut state.idle);
        state.count -= idle.len();
    }
}

impl Pool {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An idle folder; or `None`, when there may be one more, which is counted already.
    fn idle_or_room(&self) -> Option<Prepared> {
        let mut state = self.lock();
        loop {
            if let Some(copy) = state.idle.pop() {
                return Some(copy);
            }
            if state.count < self.most {
                state.count += 1;
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// There is one folder less.
    fn forget(&self) {
        self.lock().count -= 1;
        self.changed.notify_one();
    }
}

impl Prepared {
    fn make(pool: &Pool) -> io::Result<Prepared> {
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&pool.place)?;
        // As the system tells it when asked where a process works.
        let path = fs::canonicalize(folder.path())?;
        let inode = fs::symlink_metadata(&path)?.ino();
        let mut copy = Prepared { folder: Some(folder), path, inode, tree: None };
        copy.tree = pool.from.as_ref().map(|from| Tree::copy(from, &copy.path)).transpose()?;
        Ok(copy)
    }

    /// Puts it in order after a program has worked in it.
    fn restore(&mut self, since: Time) -> io::Result<()> {
        let about = fs::symlink_metadata(&self.path)?;
        if !about.is_dir() || about.ino() != self.inode {
            return Err(io::Error::other("it is another folder"));
        }
        fs::set_permissions(&self.path, Permissions::from_mode(0o700))?;
        match &mut self.tree {
            Some(tree) => tree.restore(since),
            // An empty one is as soon made anew.
            None => Err(io::Error::other("there is nothing in it to keep")),
        }
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        let Some(folder) = self.folder.take() else { return };
        if folder.close().is_err() {
            // The program has taken the right to look into some folder away. What resists even now stays.
            open_up(&self.path);
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

impl Folder {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Some process still works in it: nobody else gets it.
    pub(super) fn spoil(&mut self) {
        self.spoiled = true;
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let Some(mut copy) = self.copy.take() else { return };
        if self.spoiled || copy.restore(self.since).is_err() {
            drop(copy);
            return self.pool.forget();
        }
        self.pool.lock().idle.push(copy);
        self.pool.changed.notify_one();
    }
}
