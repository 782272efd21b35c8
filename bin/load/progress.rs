//! The progress line. It is written only to a terminal.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// The time between two updates of the line.
const EVERY: Duration = Duration::from_millis(200);

/// A line on standard error that is updated in place.
#[derive(Debug)]
pub(crate) struct Progress {
    next: Option<Instant>,
    what: String,
    shown: bool,
}

impl Progress {
    /// A line that begins with `what`. It is hidden if standard error is not a terminal.
    pub(crate) fn new(what: String) -> Progress {
        let next = io::stderr().is_terminal().then(Instant::now);
        Progress { next, what, shown: false }
    }

    /// A hidden line.
    pub(crate) fn hidden() -> Progress {
        Progress { next: None, what: String::new(), shown: false }
    }

    /// Updates the line if the last update is long enough ago.
    pub(crate) fn tell(&mut self, state: impl FnOnce() -> String) {
        let Some(next) = self.next else { return };
        let now = Instant::now();
        if now >= next {
            self.next = Some(now + EVERY);
            self.shown = true;
            // "\x1b[K" clears the rest of a longer line.
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
