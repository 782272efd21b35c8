//! Notices that the prompt at which the person types is not the right one any more.
//!
//! The main thread waits for the answers that change the prompt. If the person stops the wait, or it takes too
//! long, such an answer arrives while the editor shows the prompt of before.

use super::{Conversation, Known};
use crate::protocol::LOGIN;

impl Known {
    /// Whether a login of the person has no answer.
    pub(crate) fn is_logging_in(&self) -> bool {
        let is_login = |tag| self.sent.get(&tag).is_some_and(|request| request.name == LOGIN);
        self.outstanding().any(is_login)
    }

    /// Whether an answer may still come: the server has answered a request of the client itself, or nothing has
    /// come from it yet, because it is busy or the network is.
    pub(crate) fn may_answer(&self) -> bool {
        self.manners.answers || !self.liveness.has_heard()
    }
}

impl Conversation {
    /// The prompt for the next line of a client that is connected: plain and coloured. The editor shows it
    /// until [`leave_prompt`](Conversation::leave_prompt).
    pub(crate) fn enter_prompt(&self) -> (String, String) {
        let mut known = self.known();
        let prompt = self.prompt_of(&known);
        known.shown_prompt = Some(prompt.0.clone());
        prompt
    }

    /// The editor has left the prompt.
    pub(crate) fn leave_prompt(&self) {
        self.known().shown_prompt = None;
    }

    /// Whether the editor shows a prompt that has to change, or that a question for a password has to replace.
    pub(crate) fn is_prompt_stale(&self) -> bool {
        let known = self.known();
        let is_old = |shown: &String| *shown != self.prompt_of(&known).0;
        known.has_returned
            || known
                .shown_prompt
                .as_ref()
                .is_some_and(|shown| known.refused_login.is_some() || is_old(shown))
    }

    fn prompt_of(&self, known: &Known) -> (String, String) {
        self.style.prompt(known.me.as_deref(), known.rooms.tag())
    }
}
