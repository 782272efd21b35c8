//! The servers inside `grade`: a right one, and mutants of it with one known bug each.
//!
//! A student who has only `grade` can play transcripts against them. `grade` starts itself with the hidden
//! command `built-in`, in a sandbox like any other server. The servers come from the library `mutants`. A
//! starter does not have it, because it is a solution; there, these functions say so.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use crate::course::Course;
use crate::program::{Folders, Isolation, Limits, Sight};
use crate::seed::Seed;
use crate::shell::quoted;
use crate::subject::Subject;
use crate::wire::Dialect;

/// Longest wait for one of these servers to listen.
const START: Duration = Duration::from_secs(20);

/// A bug that the server can have.
#[derive(Debug, Clone)]
pub(crate) struct Mutant {
    /// The number of the bug, from 1 on.
    pub(crate) number: usize,
    /// The name for `--bug`.
    pub(crate) name: &'static str,
    /// The visible effect, beginning with a verb.
    pub(crate) summary: &'static str,
}

/// Runs the server with these arguments.
#[cfg(feature = "mutants")]
pub(crate) fn serve(arguments: &[String]) -> ExitCode {
    mutants::run(arguments)
}

/// Says that there is no server.
#[cfg(not(feature = "mutants"))]
pub(crate) fn serve(_: &[String]) -> ExitCode {
    crate::exit::fail(crate::exit::USAGE, NONE)
}

/// The bugs that exist in this dialect.
#[cfg(feature = "mutants")]
pub(crate) fn mutants(dialect: Dialect) -> Vec<Mutant> {
    let numbered = mutants::mutants().into_iter().zip(1..);
    let exists = numbered.filter(|(mutant, _)| mutant.dialects.contains(&dialect.name()));
    let known = |(mutant, number): (mutants::Mutant, usize)| Mutant {
        number,
        name: mutant.name,
        summary: mutant.summary,
    };
    exists.map(known).collect()
}

/// The bugs that exist in this dialect: none, without the library.
#[cfg(not(feature = "mutants"))]
pub(crate) fn mutants(_: Dialect) -> Vec<Mutant> {
    Vec::new()
}

/// Why a starter cannot play against these servers.
const NONE: &str = "this grade was built from a starter, which has no servers of its own: use the grade of \
                    a release";

/// The way to start the servers, which all of them share.
#[derive(Debug, Clone)]
pub(crate) struct BuiltIn {
    /// The command of `grade`, quoted for the shell.
    program: String,
    folders: Folders,
    notice: Option<String>,
    course: Arc<Course>,
}

impl BuiltIn {
    /// Finds out how to start the servers, in sandboxes if `is_isolated` and if the machine allows them.
    ///
    /// # Errors
    /// One line that names the error.
    pub(crate) fn find(is_isolated: bool) -> Result<BuiltIn, String> {
        if !cfg!(feature = "mutants") {
            return Err(NONE.to_owned());
        }
        let own = std::env::current_exe().map_err(|error| format!("cannot find grade: {error}"))?;
        let program = quoted(&own.display().to_string());
        let isolation = Isolation::find(is_isolated);
        let folders = isolation.folders(None, &program, Sight::default())?;
        let course = Arc::new(Course::read(crate::arguments::DEFAULT_COURSE)?);
        Ok(BuiltIn { program, folders, notice: isolation.notice(), course })
    }

    /// What the user has to know if the servers do not run in sandboxes.
    pub(crate) fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// The server with further arguments, such as `--bug no-echo`, for [`play`](crate::play::play).
    pub(crate) fn server(&self, dialect: Dialect, more: &str, patience: Duration) -> Subject {
        let line =
            format!("{} built-in --port {{port}} --dialect {{dialect}} {more}", self.program);
        Subject {
            line: line.trim_end().to_owned(),
            profile: None,
            folders: self.folders.clone(),
            dialect,
            course: Arc::clone(&self.course),
            knowledge: Arc::default(),
            seed: Seed::new("built-in"),
            patience,
            start: START,
            limits: Limits::default(),
            port: None,
        }
    }
}

#[cfg(all(test, feature = "mutants"))]
mod tests {
    use super::*;

    #[test]
    fn every_mutant_has_a_number_of_its_own_in_every_dialect() {
        let all = |dialect| -> Vec<(usize, &str)> {
            mutants(dialect).iter().map(|mutant| (mutant.number, mutant.name)).collect()
        };
        let json = all(Dialect::Json);
        assert!(json.len() > 40, "{json:?}");
        for (number, name) in all(Dialect::Ktn15) {
            let same = json.iter().find(|(_, other)| *other == name);
            assert!(same.is_none_or(|(other, _)| *other == number), "{name}");
        }
    }
}
