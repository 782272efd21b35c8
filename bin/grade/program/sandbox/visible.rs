//! What a program in a sandbox may see of the machine: the system's own folders, the programs of the
//! search path, and what the teacher's command or settings name.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustix::process::geteuid;
use tempfile::TempDir;

use super::message::{Setup, Visible};
use super::{NOBODY, root};
use crate::program::survey::Survey;
use crate::program::tree::PREFIX;

/// Folders of the system.
const SYSTEM: [&str; 11] = [
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix", "/snap",
];

/// Folders of tools in a home folder: a version manager needs all of its own.
const TOOLS: [&str; 20] = [
    ".pyenv",
    ".rbenv",
    ".nodenv",
    ".goenv",
    ".jenv",
    ".nvm",
    ".fnm",
    ".volta",
    ".asdf",
    ".sdkman",
    ".rustup",
    ".juliaup",
    ".ghcup",
    ".deno",
    ".bun",
    "go",
    "miniconda3",
    "anaconda3",
    "miniforge3",
    "mambaforge",
];

/// The folder of a program without a submission.
const EMPTY: &str = "/submission";

/// What the programs of one submission see.
#[derive(Debug, Clone)]
pub(in crate::program) struct Sandbox {
    setup: Setup,
    /// A copy of a large submission, made for its first program.
    given: Arc<OnceLock<TempDir>>,
    /// Only one program runs in it, so a copy for all programs saves nothing.
    is_for_one: bool,
}

/// Number of files from which one copy for all programs is cheaper than giving each program its files.
const MANY: usize = 500;

impl Sandbox {
    /// The sandbox of a submission, whose path is absolute and has no links, for this command. The
    /// teacher may make more visible; `hidden` folders stay hidden, whatever is visible.
    pub(in crate::program) fn new(
        submission: Option<&Path>,
        line: &str,
        visible: &[PathBuf],
        hidden: &[PathBuf],
    ) -> Sandbox {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut wanted: Vec<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
        let of_tools = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
        wanted.extend(of_tools.map(|folder| whole_tool(&folder)));
        wanted.extend(named(line));
        wanted.extend(words(line).filter_map(|word| tool_of(&word, &path)));
        wanted.extend(visible.iter().cloned());
        let mut hidden: Vec<PathBuf> = hidden.to_vec();
        // The other submissions are beside this one.
        hidden.extend(submission.and_then(Path::parent).map(Path::to_owned));
        hidden.sort();
        let visible = chosen(wanted, submission.unwrap_or(Path::new(EMPTY)));
        // A place that is not inside a visible folder is not there anyway.
        let is_inside = |it: &PathBuf| visible.iter().any(|seen| it.starts_with(&seen.target));
        hidden.retain(|it| is_inside(it) && is_hideable(it));
        hidden.extend(visible.iter().flat_map(credentials));
        let work = submission.unwrap_or(Path::new(EMPTY));
        let setup = Setup {
            submission: submission.map(Path::as_os_str).unwrap_or_default().to_owned(),
            given: OsString::new(),
            work: work.as_os_str().to_owned(),
            visible,
            writable: Vec::new(),
            hidden: hidden.into_iter().map(PathBuf::into).collect(),
            at_terminal: false,
            threads: 0,
            path,
        };
        Sandbox { setup, given: Arc::default(), is_for_one: false }
    }

    /// The same sandbox for one program, which may write to these folders, whose paths are absolute. Each
    /// has the same path inside, and also its path without links.
    pub(in crate::program) fn for_one_writing_to(mut self, folders: &[PathBuf]) -> Sandbox {
        for folder in folders {
            let Ok(source) = fs::canonicalize(folder) else { continue };
            for target in [&source, folder] {
                let (source, target) = (source.clone().into(), target.clone().into());
                self.setup.writable.push(Visible { source, target, link: None });
            }
        }
        self.setup.writable.sort_by(|one, other| one.target.cmp(&other.target));
        self.setup.writable.dedup();
        self.is_for_one = true;
        self
    }

    /// The folder in which the program runs.
    pub(in crate::program) fn work(&self) -> &Path {
        Path::new(&self.setup.work)
    }

    /// What the first process is told.
    ///
    /// # Errors
    /// A copy of the submission cannot be made.
    pub(in crate::program) fn setup(&self, at_terminal: bool, threads: u64) -> io::Result<Setup> {
        let given = self.given()?.map(|copy| copy.path().into()).unwrap_or_default();
        Ok(Setup { at_terminal, threads, given, ..self.setup.clone() })
    }

    /// A copy of the submission that belongs to the user of programs, if that saves work: if root runs
    /// the grader, and there are many files.
    fn given(&self) -> io::Result<Option<&TempDir>> {
        // Only one thread makes the copy; the others wait for it.
        static MAKING: Mutex<()> = Mutex::new(());
        let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
        let submission = Path::new(&self.setup.submission);
        let is_made = self.given.get().is_some();
        if !is_made && !self.is_for_one && geteuid().is_root() && count(submission, MANY)? >= MANY {
            let survey = Survey::of(submission)?;
            let place = survey.place();
            survey.copies(submission, &place).map_err(io::Error::other)?;
            let copy = tempfile::Builder::new().prefix(PREFIX).tempdir_in(place.folder)?;
            root::copy(submission, copy.path())?;
            NOBODY.own(copy.path())?;
            let _ = self.given.set(copy);
        }
        Ok(self.given.get())
    }
}

/// Number of files in a folder; counting stops at `most`.
fn count(folder: &Path, most: usize) -> io::Result<usize> {
    let mut found = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop().filter(|it| found < most && !it.as_os_str().is_empty()) {
        for entry in fs::read_dir(next)? {
            let entry = entry?;
            found += 1;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    Ok(found)
}

/// The files in a visible folder in which Cargo keeps the passwords of registries.
fn credentials(visible: &Visible) -> Vec<PathBuf> {
    let files =
        ["credentials.toml", "credentials"].map(|name| Path::new(&visible.target).join(name));
    files.into_iter().filter(|file| file.is_file()).collect()
}

/// Folders that cannot be hidden, because the system does not work without them.
fn is_hideable(folder: &Path) -> bool {
    folder.components().count() > 2
}

/// Sorts the wanted places, parents first, and leaves out those that others contain.
fn chosen(mut wanted: Vec<PathBuf>, work: &Path) -> Vec<Visible> {
    wanted.sort();
    wanted.dedup();
    let mut chosen: Vec<Visible> = Vec::new();
    for target in wanted {
        let Ok(source) = fs::canonicalize(&target) else { continue };
        let is_inside = chosen.iter().any(|it| it.link.is_none() && target.starts_with(&it.target));
        if is_inside || target.starts_with(work) || is_too_much(&source) || !is_plain(&target) {
            continue;
        }
        let link = fs::read_link(&target).ok().filter(|_| is_of_system(&target));
        let (source, target) = (source.into_os_string(), target.into_os_string());
        chosen.push(Visible { source, target, link: link.map(PathBuf::into_os_string) });
    }
    chosen
}

/// A folder that the system itself needs.
pub(in crate::program) fn is_of_system(path: &Path) -> bool {
    SYSTEM.iter().any(|folder| path == Path::new(folder))
}

/// A path without `..`, so that it can be compared with others.
fn is_plain(path: &Path) -> bool {
    path.is_absolute()
        && path.components().all(|it| matches!(it, Component::RootDir | Component::Normal(_)))
}

/// The root, a home folder, or a folder of home folders or of running programs.
pub(in crate::program) fn is_too_much(path: &Path) -> bool {
    let homes = [Path::new("/"), Path::new("/home"), Path::new("/root"), Path::new("/tmp")];
    let system = ["/proc", "/dev", "/sys", "/run", "/var"].iter().any(|it| path == Path::new(it));
    system || homes.contains(&path) || path.parent() == Some(Path::new("/home")) || is_home(path)
}

fn is_home(path: &Path) -> bool {
    std::env::var_os("HOME").is_some_and(|home| !home.is_empty() && path == Path::new(&home))
}

/// The folder of a tool that a folder of the search path belongs to; otherwise the folder alone.
fn whole_tool(folder: &Path) -> PathBuf {
    let mut ancestors = folder.ancestors();
    let tool = ancestors.find(|it| {
        let is_of_tools = it.file_name().is_some_and(|name| TOOLS.iter().any(|tool| name == *tool));
        is_of_tools && it.parent().is_some_and(|home| is_home(home) || is_too_much(home))
    });
    tool.unwrap_or(folder).to_owned()
}

/// The folder of a program that the search path knows under a link to somewhere else.
fn tool_of(word: &str, path: &OsStr) -> Option<PathBuf> {
    if word.contains('/') {
        return None;
    }
    let found = std::env::split_paths(path).map(|folder| folder.join(word)).find(|it| it.is_file());
    let real = fs::canonicalize(found?).ok()?;
    let folder = real.parent()?;
    let is_bin = folder.file_name() == Some(OsStr::new("bin"));
    let tool = folder.parent().filter(|above| is_bin && !is_too_much(above));
    Some(tool.unwrap_or(folder).to_owned())
}

/// The words of a command, without quotes. It need not be exact: a word only makes a file visible.
fn words(line: &str) -> impl Iterator<Item = String> {
    let ends = |letter: char| letter.is_whitespace() || "'\"=;|&()<>`$".contains(letter);
    line.split(ends).filter(|word| !word.is_empty()).map(str::to_owned)
}

/// The files and folders that a command names by absolute paths, also with spaces between quotes.
fn named(line: &str) -> Vec<PathBuf> {
    let quoted = line.split(['\'', '"']).map(str::to_owned);
    let all = words(line).chain(quoted).map(PathBuf::from);
    all.filter(|path| is_plain(path) && path.exists()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_makes_visible_what_it_names() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a server");
        fs::write(&file, "").unwrap();
        let line = format!("A={} '{}' /no/such/file", folder.path().display(), file.display());
        assert_eq!(named(&line), [folder.path().to_owned(), file]);
    }

    #[test]
    fn a_home_is_never_visible_as_a_whole() {
        for path in ["/", "/home", "/home/ada", "/root", "/run"] {
            assert!(is_too_much(Path::new(path)), "{path}");
        }
        assert!(!is_too_much(Path::new("/home/ada/course")));
        assert_eq!(whole_tool(Path::new("/home/ada/.pyenv/shims")), Path::new("/home/ada/.pyenv"));
        assert_eq!(whole_tool(Path::new("/root/.cargo/bin")), Path::new("/root/.cargo/bin"));
        assert_eq!(whole_tool(Path::new("/usr/go/bin")), Path::new("/usr/go/bin"));
    }

    #[test]
    fn the_folder_around_a_submission_is_hidden_only_inside_a_visible_one() {
        let folder = tempfile::tempdir().unwrap();
        let (submission, tool) = (folder.path().join("ada"), folder.path().join("tool"));
        fs::create_dir(&submission).unwrap();
        fs::write(&tool, "").unwrap();
        let hidden = |visible: &Path| {
            Sandbox::new(Some(&submission), "true", &[visible.to_owned()], &[]).setup.hidden
        };
        assert_eq!(hidden(&tool), Vec::<std::ffi::OsString>::new());
        assert_eq!(hidden(folder.path()), [folder.path().as_os_str()]);
    }

    #[test]
    fn a_place_inside_another_is_left_out() {
        let wanted = ["/usr/bin", "/usr", "/usr/share", "/no/such/folder"].map(PathBuf::from);
        let chosen = chosen(wanted.into(), Path::new("/submission"));
        let targets: Vec<_> = chosen.iter().map(|it| it.target.clone()).collect();
        assert_eq!(targets, ["/usr"]);
    }
}
