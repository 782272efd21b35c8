//! The duty of the first process in a container: it reaps orphans.
//!
//! The kernel makes it the parent of every process in the container whose own parent has ended. Such a process stays a zombie until its parent asks for its
//! exit code.

use std::{io, process, thread};

use rustix::process::{WaitOptions, wait};
use signal_hook::consts::SIGCHLD;
use signal_hook::iterator::Signals;

/// The number of the first process.
const FIRST: u32 = 1;

/// Starts the thread `orphans` if this is the first process. The server has no children of its own.
///
/// # Errors
/// When the system refuses a signal handler or a thread.
pub(crate) fn reap_if_first() -> io::Result<()> {
    if process::id() != FIRST {
        return Ok(());
    }
    let mut signals = Signals::new([SIGCHLD])?;
    let run = move || {
        for _ in signals.forever() {
            // One signal may stand for several children.
            while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
        }
    };
    thread::Builder::new().name("orphans".to_owned()).spawn(run).map(drop)
}
