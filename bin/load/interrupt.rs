//! Ctrl-C: a flag that everything which waits looks at.
//!
//! The tool starts processes and must not leave them behind, so a signal does not end it at
//! once: whoever is waiting sees the flag, gives up, and the children are ended on the way out.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::TERM_SIGNALS;

use crate::failure::Failure;

/// Whether somebody wants us to end.
#[derive(Debug, Clone)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Takes over the signals that end a process.
    pub(crate) fn hook() -> io::Result<Interrupt> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in TERM_SIGNALS {
            signal_hook::flag::register(*signal, Arc::clone(&flag))?;
        }
        Ok(Interrupt(flag))
    }

    /// # Errors
    /// [`Failure::Interrupted`] once a signal has come.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.0.load(Ordering::Relaxed) { Err(Failure::Interrupted) } else { Ok(()) }
    }
}
