//! Parts of a text that were sent one by one and got lost with the connection.
//!
//! The history has the whole text, so Up would not bring back a single part of it. When the client is back and
//! knows that such a part was lost, the main thread adds the part to the history.

use std::collections::BTreeSet;

/// The parts of texts that were sent one by one, and the lost ones among them.
#[derive(Debug, Default)]
pub(crate) struct Lost {
    parts: BTreeSet<String>,
    lines: Vec<String>,
}

impl Lost {
    /// Forgets the lines that were sent: all of them are answered.
    pub(crate) fn forget_sent(&mut self) {
        self.parts.clear();
    }

    /// Notes that this line of a text is sent by itself.
    pub(crate) fn note_sent(&mut self, typed: String) {
        self.parts.insert(typed);
    }

    /// Notes that an input was lost, or perhaps lost. Up brings back an input that is no part of a text anyway.
    pub(crate) fn note_lost(&mut self, typed: &str) {
        if self.parts.remove(typed) {
            self.lines.push(typed.to_owned());
        }
    }

    /// Takes the lost lines, in the order in which they were sent.
    pub(crate) fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_lost_line_of_a_text_is_taken_and_once() {
        let mut lost = Lost::default();
        lost.note_sent("answered".to_owned());
        lost.forget_sent();
        ["two", "one"].into_iter().for_each(|line| lost.note_sent(line.to_owned()));
        for line in ["one", "typed", "answered", "two", "one"] {
            lost.note_lost(line);
        }
        assert_eq!(lost.take(), ["one", "two"]);
        assert_eq!(lost.take(), [""; 0]);
    }
}
