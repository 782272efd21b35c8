//! `/search` at a terminal.

use std::time::Instant;

use super::{LOOK, PROMPT, Person, say, say_all};

impl Person {
    /// Searches the history for a text. Ctrl-C ends the search.
    pub(super) fn search(&self, text: &str) {
        self.keyboard.take_interrupt();
        say_all(&self.conversation.look_up(text, || self.stops_search(), say));
    }

    /// Waits for a page. Returns whether the person has pressed Ctrl-C.
    fn stops_search(&self) -> bool {
        let until = Instant::now() + PROMPT;
        loop {
            let is_here = self.conversation.wait_for_page(LOOK);
            // Another prompt, as after a late answer to a login, interrupts the wait, too.
            if self.keyboard.take_interrupt() && !self.endings.has_any() {
                return true;
            }
            if is_here || Instant::now() >= until {
                return false;
            }
        }
    }
}
