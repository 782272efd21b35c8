//! Commands that are not graded, such as the build of a submission. A command may write to real folders, and
//! its output is passed on as it comes.

use std::fs;
use std::io::{self, ErrorKind, PipeReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use super::folder::Folders;
use super::handle::Program;
use super::isolation::Isolation;
use super::limits::Limits;
use super::registry;
use super::sandbox::{Sandbox, is_of_system, is_too_much};
use super::start::Launch;
use super::terminal::Ends;
use super::trouble::Trouble;

/// The folders and files that a command can reach.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reach<'a> {
    /// The folder in which it runs.
    pub(crate) from: &'a Path,
    /// Folders that it may write to.
    pub(crate) writable: &'a [PathBuf],
    /// Files and folders that it may read.
    pub(crate) visible: &'a [PathBuf],
}

/// A running command.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) program: Program,
    pub(crate) output: PipeReader,
    pub(crate) errors: PipeReader,
}

impl Isolation {
    /// The sandbox of a command. Without isolation, a copy of its folder, or the folder itself if the
    /// command may write to it.
    ///
    /// # Errors
    /// One line of text: a path is missing, or must not be visible or writable.
    pub(crate) fn confine(&self, reach: Reach<'_>) -> Result<Folders, String> {
        let from = real("--from", reach.from)?;
        if !from.is_dir() {
            return Err(format!("--from {}: it is not a folder", reach.from.display()));
        }
        if is_too_much(&from) {
            let from = reach.from.display();
            return Err(format!("--from {from}: it is a home folder or a folder of the system"));
        }
        let writable =
            reach.writable.iter().map(|path| writable(path)).collect::<Result<_, _>>()?;
        let writable: Vec<PathBuf> = writable;
        let visible = reach.visible.iter().map(|path| visible(path, &writable));
        let visible: Vec<PathBuf> = visible.collect::<Result<_, _>>()?;
        if *self == Isolation::On {
            let sandbox = Sandbox::new(Some(&from), "", &visible, &[]);
            return Ok(Folders::enclosed(sandbox.for_one_writing_to(&writable)));
        }
        let writable = writable.iter().map(|path| real("--write", path));
        let writable: Vec<PathBuf> = writable.collect::<Result<_, _>>()?;
        if writable.iter().any(|folder| from.starts_with(folder)) {
            return Ok(Folders::in_place(from));
        }
        match writable.iter().find(|folder| folder.starts_with(&from)) {
            Some(folder) => Err(format!(
                "--write {}: without isolation, the command runs in a copy of --from, so this folder must \
                 be outside of it",
                folder.display()
            )),
            None => Folders::of(from.as_path()),
        }
    }
}

/// A folder that the command may write to. It is made if it is missing.
fn writable(path: &Path) -> Result<PathBuf, String> {
    fs::create_dir_all(path).map_err(|error| format!("--write {}: {error}", path.display()))?;
    let real = real("--write", path)?;
    if is_too_much(&real) || is_of_system(&real) {
        let path = path.display();
        return Err(format!("--write {path}: it is a home folder or a folder of the system"));
    }
    Ok(inside(path, real))
}

/// A file or folder that the command may read.
fn visible(path: &Path, writable: &[PathBuf]) -> Result<PathBuf, String> {
    let real = real("--visible", path)?;
    if is_too_much(&real) {
        return Err(format!(
            "--visible {}: a home folder or a folder of the system is never visible as a whole",
            path.display()
        ));
    }
    let inside = inside(path, real);
    match writable.iter().find(|folder| inside.starts_with(folder)) {
        None => Ok(inside),
        Some(folder) => Err(format!(
            "--visible {}: the command may write to it, because of --write {}",
            path.display(),
            folder.display()
        )),
    }
}

/// The path without links.
fn real(option: &str, path: &Path) -> Result<PathBuf, String> {
    path.canonicalize().map_err(|error| format!("{option} {}: {error}", path.display()))
}

/// The path in the sandbox: as outside, unless its spelling goes up.
fn inside(path: &Path, real: PathBuf) -> PathBuf {
    let absolute = std::path::absolute(path).ok();
    absolute.filter(|path| path.components().all(|it| it.as_os_str() != "..")).unwrap_or(real)
}

impl Program {
    /// Starts a command of the shell without input. The caller reads its output and its error output.
    ///
    /// # Errors
    /// As with [`start`](Program::start).
    pub(crate) fn start_command(
        line: &str,
        environment: &[(String, String)],
        folders: &Folders,
        limits: &Limits,
    ) -> Result<Running, Trouble> {
        let (ends, [output, errors]) =
            Ends::apart().map_err(|error| Trouble::CannotStart(format!("a pipe: {error}")))?;
        let (ends, environment) = (Some(ends), Some(environment));
        let launch = Launch { line, limits, at_terminal: false, ends, environment };
        let program = Program::launch(launch, folders, &mut |_| Ok(()))?;
        program.close_stdin();
        Ok(Running { program, output, errors })
    }

    /// Starts a thread that writes everything from this pipe to `to`. `total` counts the bytes of all pipes
    /// of the program; above its limit, the program ends.
    ///
    /// # Errors
    /// The system starts no thread.
    pub(crate) fn pass_on(
        &self,
        mut from: PipeReader,
        mut to: impl Write + Send + 'static,
        total: &Arc<AtomicUsize>,
    ) -> io::Result<JoinHandle<()>> {
        let (run, total) = (Arc::clone(&self.run), Arc::clone(total));
        thread::Builder::new().name("relay".to_owned()).spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            let mut is_open = true;
            loop {
                let read = match from.read(&mut buffer) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Ok(0) | Err(_) => return,
                    Ok(read) => read,
                };
                if total.fetch_add(read, Ordering::Relaxed) + read > run.limits.output {
                    // Only the end of the pipe is awaited.
                    is_open = false;
                    run.condemn(Trouble::TooMuchOutput { limit: run.limits.output });
                    run.end_group();
                    registry::wake();
                }
                let (printed, _) = buffer.split_at(read);
                // If nobody reads the output, the command may still end.
                is_open = is_open && to.write_all(printed).and_then(|()| to.flush()).is_ok();
            }
        })
    }
}
