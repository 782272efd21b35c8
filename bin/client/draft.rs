//! The line that is being typed, for when the editor gives it up.
//!
//! The editor drops its line when it cannot read the terminal. A byte that is not UTF-8 is enough for
//! that, and the rest of the line, typed after it, would be a line of its own: the second half of a
//! whisper, said to everybody. So the line is noted as it grows, and the next one begins with it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The line that is being typed. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft(Arc<Mutex<(String, String)>>);

impl Draft {
    /// Notes the line, with the cursor at this byte of it.
    pub(crate) fn note(&self, line: &str, position: usize) {
        let (before, after) = line.split_at(position);
        *self.lock() = (before.to_owned(), after.to_owned());
    }

    /// The line, as what stands before the cursor and what stands after it.
    pub(crate) fn get(&self) -> (String, String) {
        self.lock().clone()
    }

    /// The line is finished.
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
    fn a_line_is_split_at_the_cursor_until_it_is_finished() {
        let draft = Draft::default();
        draft.clone().note("h\u{e9}llo", 3);
        assert_eq!(draft.get(), ("h\u{e9}".to_owned(), "llo".to_owned()));
        draft.clear();
        assert_eq!(draft.get(), (String::new(), String::new()));
    }
}
