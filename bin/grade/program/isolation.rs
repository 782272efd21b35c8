//! Whether programs run in sandboxes, which is found out with a real one.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::event::{Timespec, poll};

use super::folder::Folders;
use super::handle::Program;
use super::limits::Limits;
use super::sandbox::{self, Sandbox};
use super::trouble::Ended;
use super::user::User;

/// Time for the first sandbox, on a machine that may be busy.
const TRY: Duration = Duration::from_secs(30);

/// Number of tries, and the pause between two.
const TRIES: usize = 5;
const PAUSE: Timespec = Timespec { tv_sec: 0, tv_nsec: 300_000_000 };

/// Errors that do not go away.
const FORBIDDEN: [&str; 4] =
    ["not permitted", "Permission denied", "Invalid argument", "has no namespaces"];

/// Whether programs run in sandboxes, or why they do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Isolation {
    On,
    Off { why: String },
}

/// The options that decide what a program sees, besides its command.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sight<'a> {
    /// Files and folders that the teacher makes visible.
    pub(crate) visible: &'a [PathBuf],
    /// Folders that stay hidden.
    pub(crate) hidden: &'a [PathBuf],
    /// The user of programs that do not run in a sandbox.
    pub(crate) user: Option<User>,
}

impl Isolation {
    /// Finds out whether this machine allows sandboxes, unless the teacher wants none.
    pub(crate) fn find(is_wanted: bool) -> Isolation {
        if !is_wanted {
            return Isolation::Off { why: "--no-isolation was given".to_owned() };
        }
        static FOUND: OnceLock<Isolation> = OnceLock::new();
        let found = FOUND.get_or_init(|| attempt_patiently(attempt)).clone();
        if found != Isolation::On {
            sandbox::stop();
        }
        found
    }

    /// What every report has to say; `None` with isolation.
    pub(crate) fn notice(&self) -> Option<String> {
        let Isolation::Off { why } = self else { return None };
        Some(format!(
            "NOT ISOLATED: the program ran beside the grader and could reach files and processes of this \
             machine, perhaps also reports and other submissions ({why}). See handout/grading.md, \
             \"Isolation\"."
        ))
    }

    /// The folders, or the sandbox, for programs of this submission.
    ///
    /// # Errors
    /// One line of text: the folder cannot be read, or it is too large to be copied.
    pub(crate) fn folders(
        &self,
        from: Option<&Path>,
        line: &str,
        sight: Sight<'_>,
    ) -> Result<Folders, String> {
        let wrong = |path: &Path, error| format!("{}: {error}", path.display());
        for path in sight.visible {
            path.metadata().map_err(|error| wrong(path, error))?;
        }
        if *self != Isolation::On {
            return Ok(Folders::of(from)?.for_user(sight.user));
        }
        let from = from.map(|it| it.canonicalize().map_err(|error| wrong(it, error)));
        let absolute = |paths: &[PathBuf]| -> Vec<PathBuf> {
            paths.iter().filter_map(|path| std::path::absolute(path).ok()).collect()
        };
        let (visible, hidden) = (absolute(sight.visible), absolute(sight.hidden));
        let sandbox = Sandbox::new(from.transpose()?.as_deref(), line, &visible, &hidden);
        Ok(Folders::enclosed(sandbox))
    }
}

/// Tries a few times, unless the system forbids it: on a machine that is short of something for a
/// moment, the whole run would not be isolated.
fn attempt_patiently(mut attempt: impl FnMut() -> Isolation) -> Isolation {
    let is_forbidden = |why: &str| FORBIDDEN.iter().any(|words| why.contains(words));
    for _ in 1..TRIES {
        match attempt() {
            Isolation::Off { why } if !is_forbidden(&why) => {
                // Waits for nothing but the time.
                let _ = poll(&mut [], Some(&PAUSE));
            }
            found => return found,
        }
    }
    attempt()
}

/// A command that the shell executes itself, so that no second program has to start.
const NOTHING: &str = ":";

/// Runs a shell in a sandbox.
fn attempt() -> Isolation {
    let sandbox = Sandbox::new(None, NOTHING, &[], &[]);
    let program = match Program::start(NOTHING, &Folders::enclosed(sandbox), &Limits::default()) {
        Ok(program) => program,
        Err(trouble) => return Isolation::Off { why: trouble.to_string() },
    };
    match program.wait_end(Instant::now() + TRY) {
        Some(Ended::Code(0)) => Isolation::On,
        Some(ended) => {
            let why =
                format!("in a sandbox, the command `{NOTHING}` {ended}: {}", program.output());
            Isolation::Off { why: why.trim_end().to_owned() }
        }
        None => Isolation::Off { why: format!("the command `{NOTHING}` hangs in a sandbox") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortage_that_ends_does_not_switch_isolation_off() {
        let off = |why: &str| Isolation::Off { why: why.to_owned() };
        let mut tries = [off("fork: Resource temporarily unavailable"), Isolation::On].into_iter();
        assert_eq!(attempt_patiently(|| tries.next().unwrap()), Isolation::On);
        let forbidden = off("unshare: Operation not permitted");
        let mut tries = [forbidden.clone()].into_iter();
        assert_eq!(attempt_patiently(|| tries.next().unwrap()), forbidden);
    }
}
