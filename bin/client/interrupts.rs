//! Decides whether a press of Ctrl-C clears the line or ends the client.
//!
//! The editor forgets the keys that it has read but not handled when it ends with an error, as its own Ctrl-C does. So
//! Ctrl-C ends the line as Enter does, and the client notes here that it was Ctrl-C.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The time in which a second press ends the client.
const AGAIN: Duration = Duration::from_secs(2);

/// The effect of a press.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The line had a text, and is empty now.
    Cleared,
    /// The person has to press again to leave.
    Warn,
    /// The client ends.
    Leave,
}

/// The presses of Ctrl-C since the last other key. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupts(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The last press on an empty line.
    last: Option<Instant>,
    /// Whether Ctrl-C ends the line in the editor.
    ends_line: bool,
}

impl Interrupts {
    /// Records a press at `now`. Returns its effect. A press that clears a line does not count: a person
    /// who clears two lines does not leave.
    pub(crate) fn press(&self, was_empty: bool, now: Instant) -> Effect {
        if !was_empty {
            self.forget();
            return Effect::Cleared;
        }
        match self.lock().last.replace(now) {
            Some(before) if now.duration_since(before) <= AGAIN => Effect::Leave,
            _ => Effect::Warn,
        }
    }

    /// Forgets the last press: the person has pressed another key since.
    pub(crate) fn forget(&self) {
        *self.lock() = State::default();
    }

    /// Ctrl-C ends the line in the editor.
    pub(crate) fn end_line(&self) {
        self.lock().ends_line = true;
    }

    /// Returns whether Ctrl-C has ended the line that the editor returns.
    pub(crate) fn take_end(&self) -> bool {
        std::mem::take(&mut self.lock().ends_line)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_second_press_on_an_empty_line_ends_the_client() {
        let now = Instant::now();
        let interrupts = Interrupts::default();
        assert_eq!(interrupts.press(true, now), Effect::Warn);
        assert_eq!(interrupts.press(false, now + AGAIN / 2), Effect::Cleared);
        assert_eq!(interrupts.press(true, now + AGAIN), Effect::Warn);
        assert_eq!(interrupts.press(true, now + AGAIN), Effect::Leave);
        interrupts.forget();
        assert_eq!(interrupts.press(true, now + AGAIN), Effect::Warn);
    }

    #[test]
    fn a_second_press_after_more_than_two_seconds_is_a_first_one() {
        let now = Instant::now();
        let interrupts = Interrupts::default();
        let late = now + AGAIN + Duration::from_millis(1);
        assert_eq!(interrupts.press(true, now), Effect::Warn);
        assert_eq!(interrupts.press(true, late), Effect::Warn);
        assert_eq!(interrupts.press(true, late + AGAIN), Effect::Leave);
    }

    #[test]
    fn a_line_that_another_key_ends_is_not_interrupted() {
        let interrupts = Interrupts::default();
        interrupts.clone().end_line();
        assert!(interrupts.take_end() && !interrupts.take_end());
        // In a list of completions, Ctrl-C does not end the line.
        interrupts.end_line();
        interrupts.forget();
        assert!(!interrupts.take_end());
    }
}
