//! Exit codes of the server, and the way to fail with one.

use std::io::{self, Write};
use std::process::ExitCode;

/// `server account` failed: the account is missing, or exists already. `server backup` failed: a file
/// has the name of the copy.
pub(crate) const REFUSED: u8 = 1;
/// Bad arguments, or a bad configuration file.
pub(crate) const USAGE: u8 = 2;
/// The server cannot listen, use its data file, copy it, or start a thread or a signal handler.
pub(crate) const CANNOT_START: u8 = 3;

/// The server cannot follow the log that it shares with others any further.
pub(crate) const CANNOT_GO_ON: u8 = 4;

/// Prints the error to standard error; returns the exit code for it.
pub(crate) fn fail(code: u8, error: &str) -> ExitCode {
    // With standard error closed, only the exit code is left to report the error.
    let _ = writeln!(io::stderr(), "server: {error}");
    ExitCode::from(code)
}
