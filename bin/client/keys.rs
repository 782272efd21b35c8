//! The keys that have another effect than in the line editor.
//!
//! - While input is hidden, `masking.rs` allows only the keys that enter a line.
//! - A paste is collected (`paste.rs`), except in the search.
//! - In the search through the history, which Ctrl-R starts, Ctrl-C leaves the search.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustyline::{
    Cmd, ConditionalEventHandler, Event, EventContext, KeyCode, KeyEvent, Modifiers, RepeatCount,
};

use crate::masking::Masking;
use crate::paste::Paste;

/// Whether the editor shows its search prompt. Clones share the flag.
#[derive(Debug, Clone, Default)]
pub(crate) struct Searching(Arc<AtomicBool>);

impl Searching {
    /// Records whether the editor shows another prompt than that of the line.
    pub(crate) fn note(&self, on: bool) {
        self.0.store(on, Ordering::Relaxed);
    }

    fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Returns whether the search was on, and records its end.
    fn leave(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

/// The effects of the keys.
pub(crate) struct Keys {
    pub(crate) masking: Masking,
    pub(crate) searching: Searching,
    pub(crate) paste: Paste,
}

impl ConditionalEventHandler for Keys {
    fn handle(
        &self,
        event: &Event,
        count: RepeatCount,
        positive: bool,
        context: &EventContext<'_>,
    ) -> Option<Cmd> {
        let key = event.get(0)?;
        if self.masking.is_on() {
            return self.masking.handle(event, count, positive, context);
        }
        if let Some(command) = self.paste.collect(*key, context.line(), context.pos()) {
            return Some(command);
        }
        match key {
            KeyEvent(KeyCode::BracketedPasteStart, _) if !self.searching.is_on() => {
                self.paste.begin();
                Some(Cmd::Noop)
            }
            KeyEvent(KeyCode::Char('C'), Modifiers::CTRL) if self.searching.leave() => {
                Some(Cmd::Abort)
            }
            _ => None,
        }
    }
}
