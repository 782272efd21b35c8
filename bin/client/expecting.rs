//! Decides whether the next text may be a password.

use std::time::{Duration, Instant};

/// The time after a command in which a person may type its password as a text.
const SOON: Duration = Duration::from_secs(20);

/// Since when a text may be a password: the person gave a command that may need one, and it has not
/// succeeded.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ExpectedSecret(Option<Instant>);

impl ExpectedSecret {
    /// The person gave such a command.
    pub(crate) fn begin(&mut self) {
        self.0 = Some(Instant::now());
    }

    /// The command has succeeded, or the person does something else.
    pub(crate) fn end(&mut self) {
        self.0 = None;
    }

    /// Whether the last command of the person may need a password, and has not succeeded.
    pub(crate) fn is_on(self) -> bool {
        self.0.is_some()
    }

    /// Whether this text, typed at `now`, may be the password: it is one word, and comes soon. A sentence
    /// is none.
    pub(crate) fn may_be(self, text: &str, now: Instant) -> bool {
        let is_soon = self.0.is_some_and(|since| now.saturating_duration_since(since) <= SOON);
        is_soon && text.split_whitespace().count() == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_soon_after_the_command_may_be_a_password() {
        let mut expected = ExpectedSecret::default();
        let now = Instant::now();
        assert!(!expected.may_be("hunter22", now));
        expected.begin();
        assert!(expected.is_on());
        let soon = now + SOON / 2;
        assert!(expected.may_be("hunter22", soon) && expected.may_be(" hunter22 ", soon));
        for text in ["hello friends", "hunter22\nhello", "", " "] {
            assert!(!expected.may_be(text, soon), "{text:?}");
        }
        assert!(!expected.may_be("hunter22", now + SOON * 2));
        expected.end();
        assert!(!expected.is_on() && !expected.may_be("hunter22", now));
    }
}
