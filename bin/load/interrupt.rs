//! Ctrl-C: a flag that every wait checks.
//!
//! The tool must end the processes that it has started. So a signal does not end the tool directly:
//! the current wait returns an error, and the children are killed on the way out.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::TERM_SIGNALS;

use crate::failure::Failure;

/// Whether a signal asks the tool to end.
#[derive(Debug, Clone)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Installs a handler for the signals that end a process.
    pub(crate) fn hook() -> io::Result<Interrupt> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in TERM_SIGNALS {
            signal_hook::flag::register(*signal, Arc::clone(&flag))?;
        }
        Ok(Interrupt(flag))
    }

    /// Checks the flag.
    ///
    /// # Errors
    /// [`Failure::Interrupted`] after a signal.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.0.load(Ordering::Relaxed) { Err(Failure::Interrupted) } else { Ok(()) }
    }
}
