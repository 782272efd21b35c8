//! Decides whether a press of Ctrl-C clears the line or ends the client.

use std::time::{Duration, Instant};

/// The time in which a second press ends the client.
const AGAIN: Duration = Duration::from_secs(2);

/// The presses of Ctrl-C.
#[derive(Debug, Default)]
pub(crate) struct Interrupts {
    last: Option<Instant>,
}

impl Interrupts {
    /// Records a press at `now`. Returns whether the client ends: the line was empty, and the
    /// press before was at most `AGAIN` ago.
    pub(crate) fn press(&mut self, was_empty: bool, now: Instant) -> bool {
        let before = self.last.replace(now);
        was_empty && before.is_some_and(|before| now.duration_since(before) <= AGAIN)
    }

    /// Forgets the last press: the person has entered a line since.
    pub(crate) fn forget(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_second_press_on_an_empty_line_ends_the_client() {
        let now = Instant::now();
        let mut interrupts = Interrupts::default();
        assert!(!interrupts.press(true, now));
        assert!(!interrupts.press(false, now + AGAIN / 2));
        assert!(interrupts.press(true, now + AGAIN));
        interrupts.forget();
        assert!(!interrupts.press(true, now + AGAIN));
    }

    #[test]
    fn a_second_press_after_more_than_two_seconds_is_a_first_one() {
        let now = Instant::now();
        let mut interrupts = Interrupts::default();
        let late = now + AGAIN + Duration::from_millis(1);
        assert!(!interrupts.press(true, now));
        assert!(!interrupts.press(true, late));
        assert!(interrupts.press(true, late + AGAIN));
    }
}
