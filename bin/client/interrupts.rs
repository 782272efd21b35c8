//! Decides whether a press of Ctrl-C clears the line or ends the client.

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

/// The last press of Ctrl-C on an empty line, if no other key was pressed since. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupts(Arc<Mutex<Option<Instant>>>);

impl Interrupts {
    /// Records a press at `now`. Returns its effect. A press that clears a line does not count: a person
    /// who clears two lines does not leave.
    pub(crate) fn press(&self, was_empty: bool, now: Instant) -> Effect {
        if !was_empty {
            self.forget();
            return Effect::Cleared;
        }
        match self.last().replace(now) {
            Some(before) if now.duration_since(before) <= AGAIN => Effect::Leave,
            _ => Effect::Warn,
        }
    }

    /// Forgets the last press: the person has pressed another key since.
    pub(crate) fn forget(&self) {
        *self.last() = None;
    }

    fn last(&self) -> MutexGuard<'_, Option<Instant>> {
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
}
