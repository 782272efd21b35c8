//! A copy of the line that the person is typing.
//!
//! The editor drops its line when it cannot read the terminal; a single byte that is not UTF-8
//! causes that. The rest of the line would then become a new line: the second half of a whisper
//! would go to everyone. So the client keeps a copy of the line, and starts the next line with it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A copy of the line that the person is typing. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft(Arc<Mutex<(String, String)>>);

impl Draft {
    /// Stores the line, with the cursor at byte `position`.
    pub(crate) fn note(&self, line: &str, position: usize) {
        let (before, after) = line.split_at(position);
        *self.lock() = (before.to_owned(), after.to_owned());
    }

    /// Returns the parts of the line before and after the cursor.
    pub(crate) fn get(&self) -> (String, String) {
        self.lock().clone()
    }

    /// Forgets the line when it is finished.
    pub(crate) fn clear(&self) {
        *self.lock() = Default::default();
    }

    fn lock(&self) -> MutexGuard<'_, (String, String)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_split_at_the_cursor_and_can_be_cleared() {
        let draft = Draft::default();
        draft.clone().note("h\u{e9}llo", 3);
        assert_eq!(draft.get(), ("h\u{e9}".to_owned(), "llo".to_owned()));
        draft.clear();
        assert_eq!(draft.get(), (String::new(), String::new()));
    }
}
