//! How a run can end badly, and the exit code that says so.

use thiserror::Error;

/// Why there is nothing to report. A violation is not here: it is found by a run that worked.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// What was asked for makes no sense, or cannot be had on this machine.
    #[error("{0}")]
    Usage(String),
    /// Nobody answers at the address.
    #[error("cannot connect to {0}")]
    CannotConnect(String),
    /// The server refused something, hung up, or did not answer.
    #[error("{0}")]
    Broken(String),
    /// Somebody pressed Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

impl Failure {
    /// The exit code: the same numbers as the client's.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Failure::Broken(_) => 1,
            Failure::Usage(_) => 2,
            Failure::CannotConnect(_) => 3,
            Failure::Interrupted => 130,
        }
    }
}
