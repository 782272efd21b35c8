//! What is typed and must not be seen.
//!
//! While it is on, the editor shows blanks for what is typed, and takes only the keys that make a
//! line: no history to look through, nothing to complete, and nothing that is put aside to be
//! pasted again later.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustyline::{
    Cmd, ConditionalEventHandler, Event, EventContext, KeyCode, KeyEvent, Modifiers, RepeatCount,
};

/// Whether the line being typed is hidden. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Masking(Arc<AtomicBool>);

impl Masking {
    pub(crate) fn set(&self, on: bool) {
        self.0.store(on, Ordering::Relaxed);
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// What is shown for a line. Blanks, and not nothing: the editor counts columns and rows.
    pub(crate) fn hide<'l>(&self, line: &'l str) -> Cow<'l, str> {
        if self.is_on() {
            let blank = |character| if character == '\n' { '\n' } else { ' ' };
            Cow::Owned(line.chars().map(blank).collect())
        } else {
            Cow::Borrowed(line)
        }
    }
}

impl ConditionalEventHandler for Masking {
    fn handle(&self, event: &Event, _: RepeatCount, _: bool, _: &EventContext<'_>) -> Option<Cmd> {
        let key = event.get(0).filter(|_| self.is_on())?;
        key_while_hidden(*key)
    }
}

/// What a key does; `None` when it does what it always does.
fn key_while_hidden(KeyEvent(code, modifiers): KeyEvent) -> Option<Cmd> {
    match (code, modifiers) {
        (KeyCode::Char(_), Modifiers::NONE | Modifiers::SHIFT)
        | (KeyCode::Enter | KeyCode::Backspace | KeyCode::BracketedPasteStart, Modifiers::NONE)
        // Give up, hang up, delete, and Enter in two spellings.
        | (KeyCode::Char('C' | 'D' | 'H' | 'J' | 'M' | 'Z'), Modifiers::CTRL) => None,
        // Clears the line. As the editor does it, what was cleared could be pasted with Ctrl-Y
        // into what is said next; so the line is completed to nothing.
        (KeyCode::Char('U' | 'W'), Modifiers::CTRL) => Some(Cmd::Complete),
        _ => Some(Cmd::Noop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_shown_of_a_hidden_line_but_its_length() {
        let masking = Masking::default();
        assert_eq!(masking.hide("secret"), "secret");
        masking.clone().set(true);
        assert_eq!(masking.hide("sé\nret\t"), "  \n    ");
    }

    #[test]
    fn only_the_keys_that_make_a_line_do_something() {
        let key = |code, modifiers| key_while_hidden(KeyEvent(code, modifiers));
        assert_eq!(key(KeyCode::Char('a'), Modifiers::NONE), None);
        assert_eq!(key(KeyCode::Char('C'), Modifiers::CTRL), None);
        assert_eq!(key(KeyCode::Char('U'), Modifiers::CTRL), Some(Cmd::Complete));
        for code in [KeyCode::Up, KeyCode::Tab, KeyCode::Home, KeyCode::Left] {
            assert_eq!(key(code, Modifiers::NONE), Some(Cmd::Noop));
        }
        for letter in ['R', 'P', 'K', 'Y', 'V'] {
            assert_eq!(key(KeyCode::Char(letter), Modifiers::CTRL), Some(Cmd::Noop));
        }
        assert_eq!(key(KeyCode::Char('d'), Modifiers::ALT), Some(Cmd::Noop));
    }
}
