//! Input while the client is on its way back to the conversation.

use super::{Person, say};
use crate::input::Input;
use crate::paste::needs_question;
use crate::protocol::{LOGIN, LOGOUT};

impl Person {
    /// Takes a finished line that cannot be executed as usual, because the client is on its way back. Returns
    /// whether it has taken it.
    ///
    /// A login and a logout replace the return. Up brings back another text for the server. Its Enter begins the
    /// next attempt to connect or to log in.
    pub(super) fn takes_away(&mut self, drawn: &str, line: &str, text: &str) -> bool {
        let event = |text: &str| say(&self.conversation.style().event(text));
        if text.trim().is_empty() {
            let Some(now) = self.conversation.hurry() else { return false };
            self.keyboard.erase(drawn, line);
            event(now);
            return true;
        }
        if !self.conversation.is_away() || !self.needs_server(text) {
            return false;
        }
        if let Some(lines) = self.replace_return(text) {
            self.remember(&[text]);
            lines.iter().for_each(|line| say(line));
        } else {
            let lacks = self.conversation.lacks();
            // A paste is not on the screen, and a text of many lines may be higher than the window.
            if !needs_question(text) {
                self.keyboard.erase(drawn, line);
            }
            let now = if self.conversation.hurry().is_some() { "; trying now" } else { " yet" };
            self.keep_unsent_because(&format!("{lacks}{now}"), text);
        }
        true
    }

    /// Executes a login or a logout; returns the lines to show, or `None` if the text is something else.
    fn replace_return(&self, text: &str) -> Option<Vec<String>> {
        let Input::Ask(request) = self.conversation.parse_part(text) else { return None };
        match &*request.name {
            _ if text.contains('\n') => None,
            LOGIN => self.conversation.log_in_instead(&request),
            LOGOUT => self.conversation.log_out_instead(),
            _ => None,
        }
    }

    /// Whether a line of the input sends something.
    pub(super) fn needs_server(&self, text: &str) -> bool {
        let sends = |line| {
            matches!(self.conversation.parse_input(line), Input::Ask(_) | Input::Suspicious(_))
        };
        text.lines().any(sends)
    }
}
