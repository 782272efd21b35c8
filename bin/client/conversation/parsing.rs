//! Parses the input with what the client knows about the conversation.

use std::time::Instant;

use super::Conversation;
use crate::input::{self, Input};
use crate::mistyped::Here;

impl Conversation {
    /// Parses a line of input. A text is suspicious where the person may be typing a password, if others
    /// would read it.
    pub(crate) fn parse_input(&self, line: &str) -> Input {
        match self.parse_part(line) {
            Input::Ask(request) if self.may_be_secret(line) && self.me().is_some() => {
                Input::Suspicious(request)
            }
            parsed => parsed,
        }
    }

    /// Parses one of several lines of input, which is no password.
    pub(crate) fn parse_part(&self, line: &str) -> Input {
        let known = self.known();
        let is_complete = self.style.terminal && !known.here.is_empty();
        let here = Here { names: &known.here, is_complete };
        let mut parsed = input::parse(line, &known.catalogue, &known.rooms, here);
        if let Input::Ask(request) = &mut parsed {
            known.spell_receiver(request);
        }
        parsed
    }

    /// Whether a line may be a password for the last command.
    pub(crate) fn may_be_secret(&self, line: &str) -> bool {
        input::is_text(line) && self.known().expects_secret.may_be(line, Instant::now())
    }
}
