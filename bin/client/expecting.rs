//! Decides whether the next text may be a password.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The time after a question for a password in which a person may type it as a text.
const SOON: Duration = Duration::from_secs(20);
/// The most typed passwords that the client remembers.
const MOST: usize = 8;

/// Since when a text may be a password: the client has asked for one, or the person has typed one, and the command
/// has not succeeded. Also the passwords that were typed. They are in memory only.
#[derive(Clone, Default)]
pub(crate) struct ExpectedSecret {
    since: Option<Instant>,
    typed: VecDeque<String>,
}

impl ExpectedSecret {
    /// The client asks for a password, or the person has typed one.
    pub(crate) fn begin(&mut self) {
        self.since = Some(Instant::now());
    }

    /// The command has succeeded, or the person does something else.
    pub(crate) fn end(&mut self) {
        self.since = None;
    }

    /// The person has typed this password in answer to a question.
    pub(crate) fn note(&mut self, password: &str) {
        if self.is_typed(password) || password.trim().is_empty() {
            return;
        }
        if self.typed.len() >= MOST {
            self.typed.pop_front();
        }
        self.typed.push_back(password.to_owned());
    }

    fn is_typed(&self, text: &str) -> bool {
        self.typed.iter().any(|password| password.trim() == text.trim())
    }

    /// Whether this text, typed at `now`, may be a password: it is one that was typed before, or one word that comes
    /// soon and is as long as passwords on this server are, if that is known. A sentence is none.
    pub(crate) fn may_be(&self, text: &str, now: Instant, knows_lengths: bool) -> bool {
        if self.is_typed(text) {
            return true;
        }
        let is_soon = self.since.is_some_and(|since| now.saturating_duration_since(since) <= SOON);
        let is_long_enough = !knows_lengths || app::passwords::check(text.trim()).is_ok();
        is_soon && is_long_enough && text.split_whitespace().count() == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_soon_after_the_command_may_be_a_password() {
        let mut expected = ExpectedSecret::default();
        let now = Instant::now();
        assert!(!expected.may_be("hunter22", now, true));
        expected.begin();
        let soon = now + SOON / 2;
        assert!(expected.may_be("hunter22", soon, true));
        assert!(expected.may_be(" hunter22 ", soon, true));
        for text in ["hello friends", "hunter22\nhello", "", " "] {
            assert!(!expected.may_be(text, soon, true), "{text:?}");
        }
        assert!(!expected.may_be("hunter22", now + SOON * 2, true));
        expected.end();
        assert!(!expected.may_be("hunter22", now, true));
    }

    #[test]
    fn a_word_that_is_too_short_or_too_long_for_a_password_is_none() {
        let mut expected = ExpectedSecret::default();
        expected.begin();
        let now = Instant::now();
        for (length, may_be) in [(7, false), (8, true), (128, true), (129, false)] {
            let word = "é".repeat(length);
            assert_eq!(expected.may_be(&word, now, true), may_be, "{length}");
            assert!(expected.may_be(&word, now, false), "the rule of the server is not known");
        }
    }

    #[test]
    fn a_password_that_was_typed_is_one_at_any_time() {
        let mut expected = ExpectedSecret::default();
        let later = Instant::now() + SOON * 2;
        expected.note("correct horse");
        expected.note("");
        assert!(expected.may_be("correct horse ", later, true));
        assert!(!expected.may_be("correct", later, true) && !expected.may_be("", later, true));
        (0..MOST).for_each(|number| expected.note(&format!("password {number}")));
        assert!(!expected.may_be("correct horse", later, true), "the oldest is forgotten");
        assert!(expected.may_be("password 0", later, true));
    }
}
