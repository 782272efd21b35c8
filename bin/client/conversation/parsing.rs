//! Parses the input with what the client knows about the conversation.

use super::Conversation;
use crate::input::{self, Input};
use crate::mistyped::Here;

impl Conversation {
    /// Parses a line of input. A text is suspicious where the person may be typing a password.
    pub(crate) fn parse_input(&self, line: &str) -> Input {
        let known = self.known();
        let is_complete = self.style.terminal && !known.here.is_empty();
        let here = Here { names: &known.here, is_complete };
        match input::parse(line, &known.catalogue, &known.rooms, here) {
            Input::Ask(request) if known.expects_secret && input::is_text(line) => {
                Input::Suspicious(request)
            }
            parsed => parsed,
        }
    }
}
