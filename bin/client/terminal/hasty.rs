//! Lines that come faster than anybody types: a paste that the terminal does not mark.
//!
//! Each of them is a line of its own for the editor. The client waits for the answer to one before it reads the next, as
//! with the lines of a marked paste, so that the server's limit of requests refuses none. After Ctrl-C, which arrives
//! while the client waits, the lines that came before the key are not sent.

use std::time::{Duration, Instant};

use super::{Person, say};

/// Nobody types a line and Enter in this time.
const FAST: Duration = Duration::from_millis(100);
/// After Ctrl-C, a line that took no longer than this was there before: the program that pastes may be slow.
const STOPPED: Duration = Duration::from_millis(500);
/// After so much waiting, the client says what it does.
const SLOW: Duration = Duration::from_secs(1);

/// The line that says it, and the one after Ctrl-C.
const HASTE: &str = "lines come faster than one types: sending them one by one; Ctrl-C stops";
const NO_FURTHER: &str = "stopped; the lines behind this one are not sent (Up brings them back)";

/// The lines that came fast, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Hasty {
    is_on: bool,
    /// How long the client has waited for answers, until it says so.
    waited: Option<Duration>,
    is_stopped: bool,
}

impl Hasty {
    /// If the next line, which is begun now, ends before this time, it is not sent.
    pub(super) fn drops_until(&self) -> Option<Instant> {
        self.is_stopped.then(|| Instant::now() + STOPPED)
    }

    /// Whether the lines come fast. Ctrl-C just before one of them then stops those behind it.
    pub(super) fn is_on(&self) -> bool {
        self.is_on
    }

    /// The person, or a paste, has entered a line that took this time.
    fn note(&mut self, took: Duration) {
        let fast = if self.is_stopped { STOPPED } else { FAST };
        if took >= fast {
            *self = Hasty::default();
        } else if !self.is_on {
            *self = Hasty { is_on: true, waited: Some(Duration::ZERO), ..Hasty::default() };
        }
    }
}

impl Person {
    /// Notes how long a line took. Returns whether the person has stopped the lines to which it belongs: it is then
    /// not sent, and Up brings it back, unless it may have a password.
    pub(super) fn is_stopped_in_haste(&mut self, took: Duration, line: &str) -> bool {
        if line.trim().is_empty() {
            // A key that is held down repeats itself.
            return self.hasty.is_stopped;
        }
        self.hasty.note(took);
        if self.hasty.is_stopped {
            self.remember(&[line]);
        }
        self.hasty.is_stopped
    }

    /// Waits for the answer to a line that came fast.
    pub(super) fn wait_in_haste(&mut self) {
        if !self.hasty.is_on {
            return;
        }
        let begun = Instant::now();
        let is_stopped = self.stops_between_lines();
        // Another prompt, as after the end of the connection, interrupts the wait, too.
        if is_stopped && !self.endings.has_any() {
            self.hasty.is_stopped = true;
            say(&self.conversation.style().event(NO_FURTHER));
            return;
        }
        let waited = self.hasty.waited.map(|waited| waited + begun.elapsed());
        self.hasty.waited = waited.filter(|waited| *waited < SLOW);
        if waited.is_some() && self.hasty.waited.is_none() {
            say(&self.conversation.style().event(HASTE));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_took_a_while_ends_the_haste() {
        let mut hasty = Hasty::default();
        hasty.note(FAST);
        assert!(!hasty.is_on);
        hasty.note(Duration::from_millis(1));
        assert!(hasty.is_on && hasty.drops_until().is_none());
        hasty.is_stopped = true;
        hasty.note(FAST);
        assert!(hasty.is_on && hasty.drops_until().is_some());
        hasty.note(STOPPED);
        assert!(!hasty.is_on && hasty.drops_until().is_none());
    }
}
