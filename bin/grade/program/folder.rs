//! Work folders for the programs of a submission. Each program has a work folder with a copy of every
//! file of the submission, so that nothing it writes reaches the submission or another check.
//!
//! The next program gets the same folder: files that the last program changed are restored (`tree`),
//! and the others are not copied again. So a large submission is copied once for each check that runs
//! in parallel; for a very large submission, fewer checks run in parallel.

use std::env;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

use super::sandbox::Sandbox;
use super::survey::Survey;
use super::tree::{PREFIX, Time, Tree, open_up};
use super::user::User;

/// The work folders of one submission, or its sandbox.
#[derive(Debug, Clone)]
pub(crate) struct Folders {
    pool: Arc<Pool>,
    /// Programs in a sandbox need no work folders.
    sandbox: Option<Arc<Sandbox>>,
    /// The user of programs beside the grader, if it is another one.
    user: Option<User>,
    /// A real folder in which programs work, in place of work folders.
    in_place: Option<PathBuf>,
}

#[derive(Debug)]
struct Pool {
    /// The submission; the path is absolute and contains no symbolic links.
    from: Option<PathBuf>,
    /// The folder in which work folders are made.
    place: PathBuf,
    /// The largest number of work folders.
    most: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Prepared>,
    /// Number of work folders, idle or in use.
    count: usize,
}

/// A work folder with the files of the submission.
#[derive(Debug)]
struct Prepared {
    /// `None` only after the folder was removed.
    folder: Option<TempDir>,
    path: PathBuf,
    inode: u64,
    tree: Option<Tree>,
}

/// A work folder in use. Dropping it restores it for the next program.
#[derive(Debug)]
pub(super) struct Folder {
    /// `None` for a real folder, and while it is dropped.
    copy: Option<Prepared>,
    path: PathBuf,
    /// The time of the file system when the folder was handed out.
    since: Time,
    spoiled: bool,
    pool: Arc<Pool>,
}

impl Folders {
    /// Work folders with the files of `from`; empty ones if there is none.
    ///
    /// # Errors
    /// One line of text: the folder cannot be read, or it is too large to be copied.
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

    /// Work folders of which at most `most` exist.
    pub(super) fn at_most(from: Option<PathBuf>, place: PathBuf, most: usize) -> Folders {
        let (state, changed) = (Mutex::default(), Condvar::new());
        let pool = Arc::new(Pool { from, place, most, state, changed });
        Folders { pool, sandbox: None, user: None, in_place: None }
    }

    /// The same folders, for programs of another user.
    pub(super) fn for_user(self, user: Option<User>) -> Folders {
        Folders { user, ..self }
    }

    pub(super) fn user(&self) -> Option<User> {
        self.user
    }

    /// No work folders: programs run in a sandbox.
    pub(super) fn enclosed(sandbox: Sandbox) -> Folders {
        let sandbox = Some(Arc::new(sandbox));
        Folders { sandbox, ..Folders::at_most(None, env::temp_dir(), 0) }
    }

    /// No work folders: programs work in this real folder.
    pub(super) fn in_place(folder: PathBuf) -> Folders {
        Folders { in_place: Some(folder), ..Folders::at_most(None, env::temp_dir(), 0) }
    }

    /// Returns whether programs run in a sandbox.
    pub(crate) fn is_enclosed(&self) -> bool {
        self.sandbox.is_some()
    }

    pub(super) fn sandbox(&self) -> Option<&Sandbox> {
        self.sandbox.as_deref()
    }

    /// Hands out a work folder for one program. Waits while the largest number of folders is in use.
    pub(super) fn take(&self) -> io::Result<Folder> {
        let pool = &self.pool;
        if let Some(path) = self.in_place.clone() {
            let pool = Arc::clone(pool);
            return Ok(Folder { copy: None, path, since: (0, 0), spoiled: false, pool });
        }
        let copy = match pool.idle_or_room() {
            Some(copy) => copy,
            None => Prepared::make(pool).inspect_err(|_| pool.forget())?,
        };
        // The write stamps the folder with the time of its file system.
        fs::set_permissions(&copy.path, Permissions::from_mode(0o700))?;
        let about = fs::symlink_metadata(&copy.path)?;
        let (path, since) = (copy.path.clone(), (about.ctime(), about.ctime_nsec()));
        if let Some(user) = self.user {
            user.own(&path)?;
        }
        // Files with another owner cannot be compared with the submission.
        let spoiled = self.user.is_some();
        Ok(Folder { copy: Some(copy), path, since, spoiled, pool: Arc::clone(pool) })
    }

    /// Removes the idle work folders.
    pub(crate) fn clear(&self) {
        let mut state = self.pool.lock();
        let idle = std::mem::take(&mut state.idle);
        state.count -= idle.len();
    }
}

impl Pool {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an idle work folder; `None` allows the caller to make one, which is counted already.
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

    /// Counts one work folder less.
    fn forget(&self) {
        self.lock().count -= 1;
        self.changed.notify_one();
    }
}

impl Prepared {
    fn make(pool: &Pool) -> io::Result<Prepared> {
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&pool.place)?;
        // The form in which the system names a working directory.
        let path = fs::canonicalize(folder.path())?;
        let inode = fs::symlink_metadata(&path)?.ino();
        let mut copy = Prepared { folder: Some(folder), path, inode, tree: None };
        copy.tree = pool.from.as_ref().map(|from| Tree::copy(from, &copy.path)).transpose()?;
        Ok(copy)
    }

    /// Restores the folder after a program has worked in it.
    fn restore(&mut self, since: Time) -> io::Result<()> {
        let about = fs::symlink_metadata(&self.path)?;
        if !about.is_dir() || about.ino() != self.inode {
            return Err(io::Error::other("another folder stands in its place"));
        }
        fs::set_permissions(&self.path, Permissions::from_mode(0o700))?;
        match &mut self.tree {
            Some(tree) => tree.restore(since),
            // An empty folder is made anew just as quickly.
            None => Err(io::Error::other("the folder holds nothing to keep")),
        }
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        let Some(folder) = self.folder.take() else { return };
        if folder.close().is_err() {
            // The program may have removed the right to enter some folder. A file that resists even now
            // is left behind.
            open_up(&self.path);
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

impl Folder {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps the folder from other programs, because a process still works in it.
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
