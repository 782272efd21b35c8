//! The errors of the tool, each one line for the person at the terminal.

use std::io;
use std::path::{Path, PathBuf};

/// A reason why a command of the tool cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("there is no workspace with handout/labs in {0} or above it")]
    NoWorkspace(PathBuf),
    #[error("there is no lab {0}; the course has labs {1}")]
    NoLab(u32, String),
    #[error("cannot {verb} {}: {source}", path.display())]
    File { verb: &'static str, path: PathBuf, source: io::Error },
    #[error("{}: {problem}", path.display())]
    Lab { path: PathBuf, problem: String },
    #[error("{}: {problem}", path.display())]
    Code { path: PathBuf, problem: String },
    #[error("{} exists and is not an empty folder", .0.display())]
    NotEmpty(PathBuf),
    #[error("cannot run {program}: {source}")]
    Program { program: String, source: io::Error },
    #[error("{program} failed: {output}")]
    ProgramFailed { program: String, output: String },
    #[error("{0}")]
    Message(String),
}

impl Failure {
    /// Makes the error of an operation on a file, such as "read".
    pub(crate) fn file(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Failure {
        let path = path.to_owned();
        move |source| Failure::File { verb, path, source }
    }
}
