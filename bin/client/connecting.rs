//! The first connection to a server, whose key a person at a terminal may have to confirm.

use std::ops::ControlFlow::{self, Break, Continue};
use std::process::ExitCode;

use parse::{ConnectError, Link, SecurityError};

use crate::server::{Server, explain};
use crate::style::Style;
use crate::terminal::Terminal;

/// Connects. At a terminal, asks whether to trust a key for which no authority vouches. Breaks with the
/// exit code if the person leaves instead of answering.
///
/// # Errors
/// A text that says why the client cannot connect, and what to do.
pub(crate) fn connect(
    server: &mut Server,
    mut terminal: Option<&mut Terminal>,
    style: Style,
) -> Result<ControlFlow<ExitCode, Link>, String> {
    loop {
        let reached = match &mut terminal {
            Some(terminal) => terminal.connect(server, style),
            None => Continue(server.connect()),
        };
        let error = match reached {
            Continue(Ok(link)) => return Ok(Continue(link)),
            Continue(Err(error)) => error,
            Break(code) => return Ok(Break(code)),
        };
        let ConnectError::Insecure { source: SecurityError::UnknownKey { key, why }, .. } = &error
        else {
            return Err(explain(&error));
        };
        let Some(terminal) = &mut terminal else { return Err(explain(&error)) };
        match terminal.ask_trust(&server.target, *key, why, style) {
            Continue(true) => server.trust(*key)?,
            Continue(false) => {
                return Err(format!(
                    "not connected to {}: you do not trust its key",
                    server.target
                ));
            }
            Break(code) => return Ok(Break(code)),
        }
    }
}
