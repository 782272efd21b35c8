//! The time in which it is open in which room the person is: they no longer wait for the answer to `/join` or
//! `/leave`, and it has not come.
//!
//! A line that was typed behind such a command is meant for the room after it. So the client does not send a message to
//! a room during that time. It knows that the answer may come, because it does this only with a server that answers.

use parse::{Request, Response};

use crate::conversation::Conversation;
use crate::input::Input;
use crate::protocol::{JOIN, LEAVE, MESSAGE, TO};
use crate::tags;

impl Conversation {
    /// The main thread does not wait any more for the answer to its last request.
    pub(crate) fn stop_waiting(&self) {
        let mut known = self.known();
        let is_move = |tag: &u64| {
            let request = known.sent.get(tag);
            request.is_some_and(|request| [JOIN, LEAVE].contains(&&*request.name))
        };
        known.undecided = known.awaited.filter(is_move).filter(|_| known.may_answer());
    }

    /// Takes a response, which may be the answer.
    pub(crate) fn decide(&self, response: &Response) {
        let tag = tags::number(response);
        let mut known = self.known();
        known.undecided = known.undecided.filter(|undecided| tag != Some(*undecided));
    }

    /// Why a message to a room cannot be sent now; `None` if it can. A lost connection leaves no answer to come.
    pub(crate) fn open_question(&self) -> Option<String> {
        let known = self.known();
        let tag = known.undecided.filter(|tag| known.outstanding().any(|other| other == *tag))?;
        let request = known.sent.get(&tag)?;
        Some(format!("no answer to {} yet", known.catalogue.retyped(request)))
    }

    /// Whether the input, or a line of it, is a message to a room, and not to one person.
    pub(crate) fn is_for_room(&self, text: &str) -> bool {
        let is_to_all = |request: &Request| !request.arguments.contains(TO);
        if let Some(message) = self.block(text).message() {
            return is_to_all(message);
        }
        text.lines().any(|line| match self.parse_part(line) {
            Input::Ask(it) | Input::Suspicious(it) => it.name == MESSAGE && is_to_all(&it),
            _ => false,
        })
    }
}
