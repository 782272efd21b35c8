//! The keys that have another effect than in the line editor.
//!
//! - While input is hidden, `masking.rs` allows only the keys that enter a line.
//! - In the search through the history, which Ctrl-R starts, Ctrl-C leaves the search.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustyline::{
    Cmd, ConditionalEventHandler, Event, EventContext, KeyCode, KeyEvent, Modifiers, RepeatCount,
};

use crate::masking::Masking;

/// Whether the editor shows its search prompt. Clones share the flag.
#[derive(Debug, Clone, Default)]
pub(crate) struct Searching(Arc<AtomicBool>);

impl Searching {
    /// Records whether the editor shows another prompt than that of the line.
    pub(crate) fn note(&self, on: bool) {
        self.0.store(on, Ordering::Relaxed);
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
        match key {
            KeyEvent(KeyCode::Char('C'), Modifiers::CTRL) if self.searching.leave() => {
                Some(Cmd::Abort)
            }
            _ => None,
        }
    }
}
