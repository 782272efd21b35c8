//! The exit codes of grade, and its last words.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::report::visible;

/// Bad arguments, or a bad rubric.
pub(crate) const USAGE: u8 = 2;
/// A check is undecided, or grade could not start.
pub(crate) const UNDECIDED: u8 = 3;
/// `grade isolate`: the command took too long.
pub(crate) const TIMEOUT: u8 = 124;
/// `grade isolate`: the command could not be isolated or started.
pub(crate) const CANNOT: u8 = 125;
/// `grade isolate`: the command exceeded a limit.
pub(crate) const LIMIT: u8 = 126;
/// A signal ended grade.
pub(crate) const INTERRUPTED: u8 = 130;

/// Prints an error, and returns its exit code.
pub(crate) fn fail(code: u8, error: &str) -> ExitCode {
    // The text may contain a name that a student has chosen. If standard error is closed, the exit code
    // must suffice.
    let _ = writeln!(io::stderr(), "grade: {}", visible::line(error));
    ExitCode::from(code)
}

/// Prints a warning, if there is one.
pub(crate) fn warn(notice: Option<&str>) {
    if let Some(notice) = notice {
        // If standard error is closed, the reports say it.
        let _ = writeln!(io::stderr(), "grade: {}", visible::line(notice));
    }
}
