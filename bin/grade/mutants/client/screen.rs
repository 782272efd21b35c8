//! What is shown: one line for each thing, written whole and flushed.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::bugs::Bug;

pub(crate) struct Screen {
    bug: Bug,
    state: Mutex<State>,
}

/// What only the bug about ENTER needs.
#[derive(Default)]
struct State {
    /// What waits for the next line that is typed.
    later: Vec<String>,
    /// Whether a line was typed and nothing has come since.
    waits: bool,
}

impl Screen {
    pub(crate) fn new(bug: Bug) -> Screen {
        Screen { bug, state: Mutex::default() }
    }

    /// Shows a line, without anything that a terminal would obey.
    pub(crate) fn line(&self, text: &str) {
        let line = clean(text, self.bug);
        let mut state = self.lock();
        if self.bug == Bug::ShowsAfterEnter && !state.waits {
            state.later.push(line);
        } else {
            print(&line);
        }
    }

    /// A line was typed.
    pub(crate) fn entered(&self) {
        let mut state = self.lock();
        state.later.drain(..).for_each(|line| print(&line));
        state.waits = true;
    }

    /// All that came with one read was shown.
    pub(crate) fn came(&self) {
        self.lock().waits = false;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn print(line: &str) {
    // Where nobody looks any more, the input ends as well.
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

/// What makes a terminal show letters in another order than they were written in.
fn is_direction(letter: char) -> bool {
    let mark = matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}');
    mark || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_shown_that_a_terminal_would_obey() {
        let text = "a\u{1b}[2J\r\n\u{7}\u{9b}K\u{202e}ø";
        let shown = clean(text, Bug::None);
        assert_eq!(shown, "a\u{fffd}[2J\u{fffd}\u{fffd}\u{fffd}\u{fffd}K\u{fffd}ø");
        assert_eq!(clean(text, Bug::ObeysControl), text);
        assert!(clean(text, Bug::FiltersEscapeOnly).contains("\u{fffd}[2J\r\n\u{7}\u{9b}"));
    }
}
