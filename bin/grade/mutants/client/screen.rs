//! The output: one line for each answer, written and flushed as a whole.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::bugs::Bug;

pub(crate) struct Screen {
    bug: Bug,
    state: Mutex<State>,
}

/// State that only the bug `ShowsAfterEnter` uses.
#[derive(Default)]
struct State {
    /// Lines to show after the user types the next line.
    later: Vec<String>,
    /// Whether the user has typed a line and nothing has arrived since.
    waits: bool,
}

impl Screen {
    pub(crate) fn new(bug: Bug) -> Screen {
        Screen { bug, state: Mutex::default() }
    }

    /// Shows a line, without characters that a terminal executes.
    pub(crate) fn line(&self, text: &str) {
        let line = clean(text, self.bug);
        let mut state = self.lock();
        if self.bug == Bug::ShowsAfterEnter && !state.waits {
            state.later.push(line);
        } else {
            print(&line);
        }
    }

    /// Notes that the user has typed a line.
    pub(crate) fn entered(&self) {
        let mut state = self.lock();
        state.later.drain(..).for_each(|line| print(&line));
        state.waits = true;
    }

    /// Notes that everything in one read has been shown.
    pub(crate) fn came(&self) {
        self.lock().waits = false;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn print(line: &str) {
    // If the output is closed, the input ends too.
    let mut out = io::stdout().lock();
    let _ = out.write_all(format!("{line}\n").as_bytes());
    let _ = out.flush();
}

fn clean(text: &str, bug: Bug) -> String {
    let obeyed = |letter: char| match bug {
        Bug::ObeysControl => false,
        Bug::FiltersEscapeOnly => letter == '\u{1b}',
        _ => letter.is_control() || is_direction(letter),
    };
    let shown = |letter| if obeyed(letter) { '\u{fffd}' } else { letter };
    text.chars().map(shown).collect()
}

/// Characters that make a terminal show letters in another order.
fn is_direction(letter: char) -> bool {
    let mark = matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}');
    mark || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_not_shown() {
        let text = "a\u{1b}[2J\r\n\u{7}\u{9b}K\u{202e}ø";
        let shown = clean(text, Bug::None);
        assert_eq!(shown, "a\u{fffd}[2J\u{fffd}\u{fffd}\u{fffd}\u{fffd}K\u{fffd}ø");
        assert_eq!(clean(text, Bug::ObeysControl), text);
        assert!(clean(text, Bug::FiltersEscapeOnly).contains("\u{fffd}[2J\r\n\u{7}\u{9b}"));
    }
}
