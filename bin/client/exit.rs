//! Exit codes of the client.

use std::process::ExitCode;

/// The server refused something or closed the connection.
pub(crate) const REFUSED: u8 = 1;
/// Bad arguments, or a bad configuration file.
pub(crate) const USAGE: u8 = 2;
/// The client cannot connect.
pub(crate) const CANNOT_CONNECT: u8 = 3;
/// A person pressed Ctrl-C. In a pipe the signal ends the client, and a shell shows the same code.
pub(crate) const INTERRUPTED: u8 = 130;

/// The exit code after a signal; a shell uses the same one.
pub(crate) fn by_signal(signal: i32) -> ExitCode {
    ExitCode::from(u8::try_from(128 + signal).unwrap_or(REFUSED))
}
