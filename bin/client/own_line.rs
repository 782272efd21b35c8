//! The line that the person has sent: it gets a time and looks like the messages of others.
//!
//! When Enter ends the line, the editor draws it for the last time. If the line is a message, the client gives
//! the editor that message in place of the prompt and the typed text. The editor draws it before other threads
//! print again, so it replaces the typed line and nothing else.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use app::Limits;
use jiff::Timestamp;
use parse::Request;

use crate::conversation::Conversation;
use crate::day;
use crate::input::Input;
use crate::limits::forbidden;
use crate::paste::without_blank_lines;
use crate::protocol::{MESSAGE, TO, USERNAME, text_of};

/// The state of the line. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct OwnLine(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// Whether the editor reads a line that may be a message, and not an answer to a question.
    is_wanted: bool,
    /// If Enter ends the line before this time, the line is no message: the client does not send it.
    from: Option<Instant>,
    /// Whether Enter ended the line.
    is_entered: bool,
    /// What the editor draws in place of the line.
    message: Option<String>,
}

impl OwnLine {
    /// The editor begins a line that is a message if Enter ends it, and not before this time.
    pub(crate) fn want(&self, from: Option<Instant>) {
        let mut state = self.lock();
        (state.is_wanted, state.from, state.is_entered) = (true, from, false);
    }

    /// The editor has ended the line.
    pub(crate) fn end(&self) {
        self.lock().is_wanted = false;
    }

    /// Forgets the message of the line before.
    pub(crate) fn forget(&self) {
        self.lock().message = None;
    }

    /// The person presses Enter.
    pub(crate) fn enter(&self) {
        let mut state = self.lock();
        state.is_entered = state.from.is_none_or(|from| Instant::now() >= from);
    }

    /// The person presses Ctrl-C: the line is no message, whatever key came before.
    pub(crate) fn interrupt(&self) {
        self.lock().is_entered = false;
    }

    /// Whether Enter has ended a line that may be a message.
    pub(crate) fn is_entered(&self) -> bool {
        let state = self.lock();
        state.is_wanted && state.is_entered
    }

    /// The editor has to draw this message in place of the line.
    pub(crate) fn replace(&self, message: String) {
        self.lock().message = Some(message);
    }

    /// What the editor draws in place of the line.
    pub(crate) fn message(&self) -> Option<String> {
        self.lock().message.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Conversation {
    /// The line for the message that the person sends with this input; `None` if the input is something else,
    /// or cannot be sent now.
    pub(crate) fn own_message(&self, typed: &str) -> Option<String> {
        let text = without_blank_lines(typed);
        let block = self.block(text);
        if text.contains('\n') && block.needs_question(self.known().limits) {
            return None;
        }
        let Input::Ask(request) = block.first else { return None };
        if self.open_question().is_some() && !request.arguments.contains(TO) {
            return None;
        }
        // Whether a server that tells no limit takes a text that is longer than usual is open. A text of several
        // lines is then sent line by line.
        let most = self.known().limits.text.unwrap_or(Limits::default().text as u64);
        let is_too_long = || !text.contains('\n') && text_of(&request).len() as u64 > most;
        if request.name != MESSAGE || is_too_long() {
            return None;
        }
        // Whether the server takes the message may be open, and a forbidden character it refuses.
        let known = self.known();
        let is_refused = known.catalogue.is_servers() && forbidden(&request).is_some();
        if is_refused || known.may_be_refused(&request) {
            return None;
        }
        drop(known);
        self.as_sent(request)
    }

    /// The line for a message that the person sends; `None` if it cannot be sent now.
    pub(crate) fn as_sent(&self, message: Request) -> Option<String> {
        let style = self.style();
        let message = self.placed(&message.arguments).into_owned();
        let mut known = self.known();
        let me = known.me.clone().filter(|_| !known.closed && known.returning.is_none())?;
        let message =
            message.with(USERNAME, me.as_str()).with("timestamp", Timestamp::now().to_string());
        let line = style.message(&message, Some(&me), &known.palette).ok()?;
        let date = known.day.advance(day::today()).map(|date| style.event(&date) + "\n");
        Some(date.unwrap_or_default() + &line)
    }
}

#[cfg(test)]
mod tests {
    use parse::{Dict, Response, Value};

    use super::*;
    use crate::conversation::testing::connected;
    use crate::protocol::LOBBY;
    use crate::tags::OWN;

    #[test]
    fn a_line_is_a_message_only_after_enter_and_only_where_messages_are_typed() {
        let line = OwnLine::default();
        line.enter();
        assert!(!line.is_entered(), "an answer to a question");
        line.want(None);
        assert!(!line.is_entered());
        line.clone().enter();
        assert!(line.is_entered());
        line.interrupt();
        assert!(!line.is_entered());
        line.enter();
        line.replace("hi".to_owned());
        line.end();
        assert_eq!((line.is_entered(), line.message().as_deref()), (false, Some("hi")));
        line.forget();
        assert_eq!(line.message(), None);
    }

    #[test]
    fn messages_whispers_and_actions_are_shown_as_those_of_others() {
        let (_server, conversation, _receiver) = connected(true);
        let shown = |typed: &str| conversation.own_message(typed);
        assert_eq!(shown("hi"), None, "nobody is logged in");
        conversation.known().me = Some("alice".to_owned());
        let after_time = |typed: &str| shown(typed).unwrap().split_once(' ').unwrap().1.to_owned();
        assert_eq!(after_time("hi"), "alice: hi");
        assert_eq!(after_time("/msg bob psst"), "you -> bob: psst");
        assert_eq!(after_time("/me waves"), "* alice waves");
        assert_eq!(after_time("//fly"), "alice: /fly");
        assert_eq!(after_time("one\n\ntwo\n"), format!("alice: one\n{0}\n{0}two", " ".repeat(13)));
        for other in ["", "/names", "/fly", "one\n/names", "msg bob psst"] {
            assert_eq!(shown(other), None, "{other:?}");
        }
        conversation.known().rooms.log_in();
        conversation.known().rooms.enter("tea");
        assert_eq!(after_time("hi"), "#tea alice: hi");
        conversation.known().rooms.switch_to(LOBBY);
        assert_eq!(after_time("hi"), "#lobby alice: hi");
        assert_eq!(after_time("/msg bob psst"), "you -> bob: psst");
        conversation.known().closed = true;
        assert_eq!(shown("hi"), None, "it cannot be sent");
    }

    #[test]
    fn a_message_that_may_be_too_long_is_not_shown_as_sent() {
        let (_server, conversation, _receiver) = connected(true);
        conversation.known().me = Some("alice".to_owned());
        let help = Dict::new().with("help", Value::Array(vec![]));
        conversation.receive(&Response::ok("help", help).tagged(Some(OWN.into())));
        let line = "x".repeat(app::Limits::default().text);
        assert!(conversation.own_message(&line).is_some());
        assert_eq!(conversation.own_message(&format!("{line}x")), None);
        conversation.known().limits.text = Some(2);
        assert!(conversation.own_message("ab").is_some());
        assert_eq!(conversation.own_message("abc"), None);
        conversation.known().limits.text = None;
        let lines = format!("{line}\n{line}");
        assert!(conversation.own_message(&lines).is_some(), "it is sent line by line");
    }
}
