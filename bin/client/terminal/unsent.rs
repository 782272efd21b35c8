//! Keeps the input for the key Up: what was typed, and what was not sent.

use super::{Person, say};
use crate::input::Input;
use crate::retyped::beginning;

impl Person {
    /// Adds the input to the history. A text that may contain a password is not saved: neither its lines
    /// nor the whole text may look so, because a command may be spread over lines. A command with a password,
    /// and a single line that may be one that was mistyped, are not even added.
    pub(super) fn remember(&mut self, lines: &[&str]) {
        let mut is_saved = true;
        let text = lines.join("\n");
        for line in lines.iter().copied().chain([&*text]) {
            match self.conversation.parse_part(line) {
                Input::Exposed(_) => return,
                Input::Unknown(_) if lines.len() == 1 && self.conversation.may_log_in(line) => {
                    return;
                }
                Input::Unknown(_) | Input::Suspicious(_) => is_saved = false,
                _ => is_saved &= lines.len() > 1 || !self.conversation.may_be_secret(line),
            }
        }
        if is_saved {
            self.keyboard.remember_line(&text);
        } else {
            self.keyboard.remember_unsaved(&text);
        }
    }

    /// Adds the lost lines of a text to the history, so that Up brings them back.
    pub(super) fn recall_lost(&mut self) {
        let lost = self.conversation.known().lost.take();
        lost.iter().for_each(|line| self.keyboard.remember_unsaved(line));
    }

    /// Says that a text was not sent. The key Up brings it back: in the editor, a person who types on would
    /// add to it, and a long text would hide why it is there.
    pub(super) fn keep_unsent(&mut self, text: &str) {
        self.keyboard.remember_unsaved(text);
        say(&self.conversation.style().event(&not_sent(text)));
    }

    /// Says why a text was not sent, and names a text of one line, unless it may be a password. Up brings it back.
    pub(super) fn keep_unsent_because(&mut self, why: &str, text: &str) {
        self.keyboard.remember_unsaved(text);
        let told = match self.conversation.parse_input(text) {
            Input::Ask(_) if text.lines().count() < 2 => {
                format!("not sent: {} (Up brings it back)", beginning(text))
            }
            _ => not_sent(text),
        };
        say(&self.conversation.style().event(&format!("{why}; {told}")));
    }

    /// Says that a text was not sent, nor the answer to a question about it. Up brings back the answer first.
    pub(super) fn keep_both_unsent(&mut self, text: &str, answer: &str) {
        self.keyboard.remember_unsaved(text);
        self.keyboard.remember_unsaved(answer);
        let told = match text.lines().count() {
            0 | 1 => "neither the text nor the answer was sent".to_owned(),
            count => format!("neither the {count} lines nor the answer were sent"),
        };
        say(&self.conversation.style().event(&format!("{told}; Up brings them back")));
    }
}

fn not_sent(text: &str) -> String {
    match text.lines().count() {
        0 | 1 => "not sent; Up brings it back".to_owned(),
        count => format!("{count} lines not sent; Up brings them back"),
    }
}
