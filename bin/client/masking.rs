//! Hides secret input.
//!
//! While masking is on, the editor shows blanks and accepts only the keys that enter a line. There
//! is no history, no completion, and no clipboard that keeps deleted text.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustyline::{
    Cmd, ConditionalEventHandler, Event, EventContext, KeyCode, KeyEvent, Modifiers, RepeatCount,
};

/// Whether the editor hides its line. Clones share the flag.
#[derive(Debug, Clone, Default)]
pub(crate) struct Masking(Arc<AtomicBool>);

impl Masking {
    pub(crate) fn set(&self, on: bool) {
        self.0.store(on, Ordering::Relaxed);
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The text to show for a line: blanks while masking is on, because the editor counts columns.
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

/// The effect of a key while masking is on; `None` if the key keeps its usual effect.
fn key_while_hidden(KeyEvent(code, modifiers): KeyEvent) -> Option<Cmd> {
    match (code, modifiers) {
        (KeyCode::Char(_), Modifiers::NONE | Modifiers::SHIFT)
        | (KeyCode::Enter | KeyCode::Backspace | KeyCode::BracketedPasteStart, Modifiers::NONE)
        // Interrupt, end of input, delete, and Enter in two spellings.
        | (KeyCode::Char('C' | 'D' | 'H' | 'J' | 'M'), Modifiers::CTRL) => None,
        // Clears the line. The editor's own command would keep the deleted text, and Ctrl-Y could
        // paste it into the next message. So the line is completed to an empty one.
        (KeyCode::Char('U' | 'W'), Modifiers::CTRL) => Some(Cmd::Complete),
        _ => Some(Cmd::Noop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_line_shows_only_its_length() {
        let masking = Masking::default();
        assert_eq!(masking.hide("secret"), "secret");
        masking.clone().set(true);
        assert_eq!(masking.hide("sé\nret\t"), "  \n    ");
    }

    #[test]
    fn only_the_keys_that_enter_a_line_have_an_effect() {
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
