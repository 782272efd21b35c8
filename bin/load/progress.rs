//! The line on a terminal that says how far it is. A file or a pipe gets none of it.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often the line is written anew.
const EVERY: Duration = Duration::from_millis(200);

/// One line that is written over itself, on standard error.
#[derive(Debug)]
pub(crate) struct Progress {
    next: Option<Instant>,
    what: String,
    shown: bool,
}

impl Progress {
    /// A line that begins with `what` is measured, where standard error is a terminal.
    pub(crate) fn new(what: String) -> Progress {
        let next = io::stderr().is_terminal().then(Instant::now);
        Progress { next, what, shown: false }
    }

    /// No line at all.
    pub(crate) fn hidden() -> Progress {
        Progress { next: None, what: String::new(), shown: false }
    }

    /// Says how far it is, if it is time to.
    pub(crate) fn tell(&mut self, state: impl FnOnce() -> String) {
        let Some(next) = self.next else { return };
        let now = Instant::now();
        if now >= next {
            self.next = Some(now + EVERY);
            self.shown = true;
            // "\x1b[K" clears what a longer line has left behind.
            let _ = write!(io::stderr(), "\r{}: {}\x1b[K", self.what, state());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
