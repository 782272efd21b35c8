//! Parses the input with what the client knows about the conversation.

use std::borrow::Cow;
use std::time::Instant;

use super::{Conversation, Known};
use crate::input::{self, Input};
use crate::mistyped::Here;
use crate::nearest::is_like_secret;
use crate::protocol::{PASSWORD, REGISTER};

impl Conversation {
    /// Parses a line of input. A text is suspicious where the person may be typing a password, if others
    /// would read it.
    pub(crate) fn parse_input(&self, line: &str) -> Input {
        match self.parse_part(line) {
            Input::Ask(request) if self.may_be_secret(line) && self.may_be_heard() => {
                Input::Suspicious(request)
            }
            parsed => parsed,
        }
    }

    /// Whether others may read what the person sends now.
    fn may_be_heard(&self) -> bool {
        let known = self.known();
        known.me.is_some() || known.is_logging_in()
    }

    /// Parses one of several lines of input, which is no password.
    pub(crate) fn parse_part(&self, line: &str) -> Input {
        let known = self.known();
        let is_complete = self.style.terminal && !known.here.is_empty();
        let here = Here { names: &known.here, is_complete };
        let line = known.with_own_name(line, self.style.terminal);
        let mut parsed = input::parse(&line, &known.catalogue, &known.rooms, here);
        if let Input::Ask(request) = &mut parsed {
            known.spell_receiver(request);
        }
        parsed
    }

    /// Whether the first word of a line may stand for a command with a password.
    pub(crate) fn may_log_in(&self, line: &str) -> bool {
        let word = line.split_whitespace().next().unwrap_or_default();
        is_like_secret(word, &self.known().catalogue)
    }

    /// Whether a line may be a password: the one of the login, one that was typed, or one for the last command.
    pub(crate) fn may_be_secret(&self, line: &str) -> bool {
        let known = self.known();
        let knows_lengths = known.catalogue.is_servers();
        let login = known.login.as_ref().filter(|_| self.style.terminal);
        let password = login.and_then(|login| login.arguments.string(PASSWORD).ok());
        let is_own = password.is_some_and(|password| password.trim() == line.trim());
        let may_be = is_own || known.expects_secret.may_be(line, Instant::now(), knows_lengths);
        input::is_text(line) && may_be
    }
}

impl Known {
    /// The line, in which a registration without a name at a terminal gets the name of the person.
    fn with_own_name<'l>(&self, line: &'l str, is_terminal: bool) -> Cow<'l, str> {
        let word = input::without_slash(line).map(str::trim);
        let registers = word.is_some_and(|word| &*self.catalogue.command(word) == REGISTER);
        match self.me.as_deref().filter(|_| is_terminal && registers) {
            Some(me) => format!("{} {me}", line.trim_end()).into(),
            None => line.into(),
        }
    }
}

#[cfg(test)]
mod tests;
