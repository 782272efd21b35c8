//! The failures of a run and their exit codes.

use thiserror::Error;

/// The reason why there is no result. A violation is not a failure, because it is a result.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// The arguments make no sense or are not possible on this machine.
    #[error("{0}")]
    Usage(String),
    /// No program listens on the address.
    #[error("cannot connect to {0}")]
    CannotConnect(String),
    /// The server refused a request, closed a connection, or did not answer.
    #[error("{0}")]
    Broken(String),
    /// The user pressed Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

impl Failure {
    /// The exit code. The client uses the same numbers.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Failure::Broken(_) => 1,
            Failure::Usage(_) => 2,
            Failure::CannotConnect(_) => 3,
            Failure::Interrupted => 130,
        }
    }
}
