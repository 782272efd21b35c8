//! Keeps texts that were not sent.

use super::{Person, say};

impl Person {
    /// Says that a text was not sent. The key Up brings it back: in the editor, a person who types on would
    /// add to it, and a long text would hide why it is there.
    pub(super) fn keep_unsent(&mut self, text: &str) {
        self.keyboard.remember_unsent(text);
        let told = match text.lines().count() {
            0 | 1 => "not sent; Up brings it back".to_owned(),
            count => format!("{count} lines not sent; Up brings them back"),
        };
        say(&self.conversation.style().event(&told));
    }
}
