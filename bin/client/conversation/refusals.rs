//! Refusals that the client does not show at once: another request may follow.

use app::Refusal;
use parse::{Failure, Request, Response, Unsent};

use super::Conversation;
use crate::members::needs_account;
use crate::protocol::{JOIN, LOGIN, PASSWORD, ROOM, USERNAME};
use crate::tags;

impl Conversation {
    /// Sends a request whose refusal is not shown: [`refusal`](Conversation::refusal) returns it. There is
    /// one such request at a time.
    ///
    /// # Errors
    /// When the request cannot be sent.
    pub(crate) fn ask_silently(&self, request: Request) -> Result<(), Unsent> {
        self.ask_as(request, |known, tag| {
            known.silent = Some(tag);
            known.refusal = None;
        })
    }

    /// Keeps the refusal of a silent request; returns `false` if the response is something else.
    pub(crate) fn keep_refusal(&self, response: &Response) -> bool {
        let tag = tags::number(response);
        let mut known = self.known();
        match &response.outcome {
            Err(failure) if tag.is_some() && tag == known.silent => {
                known.refusal = Some(failure.clone());
                true
            }
            _ => false,
        }
    }

    /// Takes the refusal of the silent request. A refusal that comes later is shown.
    pub(crate) fn refusal(&self) -> Option<Failure> {
        let mut known = self.known();
        known.silent = None;
        known.refusal.take()
    }

    /// Sends a request whose answer decides about the next prompt. The main thread waits for it, and then calls
    /// [`locked`](Conversation::locked).
    ///
    /// # Errors
    /// When the request cannot be sent.
    pub(crate) fn ask_and_await(&self, request: Request) -> Result<(), Unsent> {
        let is_login = request.name == LOGIN;
        self.ask_as(request, |known, tag| {
            known.awaited = Some(tag);
            // The new login replaces those from before: they lead to no question.
            if is_login {
                known.asked.values_mut().for_each(|request| *request = None);
                known.refused_login = None;
            }
        })
    }

    /// Keeps the refused request if it would succeed with a password, and returns the lines to show instead of
    /// the refusal; `None` if the response is something else.
    ///
    /// If the main thread waits for this answer, there is no line: the thread gets the request from
    /// [`locked`](Conversation::locked) and asks for a password. After a late answer to a login, the main thread
    /// asks before the next line.
    pub(crate) fn lock(&self, response: &Response) -> Option<Vec<String>> {
        let tag = tags::number(response)?;
        let failure = response.outcome.as_ref().err().filter(|failure| wants_password(failure))?;
        let mut known = self.known();
        let request = known.asked.get_mut(&tag).and_then(Option::take)?;
        if known.awaited == Some(tag) {
            known.needs_account = needs_account(failure);
            known.locked = Some(request);
            return Some(Vec::new());
        }
        let name = name_of_login(&request)?;
        let text = format!("the name {name} needs a password");
        known.refused_login = Some(name);
        Some(vec![self.style.event(&text)])
    }

    /// Notes that the client could not enter a room by itself: a later `/join` makes it the current one.
    pub(crate) fn note_refused_join(&self, response: &Response) {
        let mut known = self.known();
        let request = tags::number(response).and_then(|tag| known.sent.get(&tag));
        let join = request.filter(|request| request.name == JOIN);
        let room = join.and_then(|join| join.arguments.string(ROOM).ok()).map(str::to_owned);
        if let Some(room) = room {
            known.chosen.takes_behind(&room);
            known.left.takes_back(&room);
            if known.joins_asked() <= 1 {
                known.chosen.take_kept();
            }
        }
    }

    /// Notes at a terminal that a request with a wrong password was refused: the person may type the password now.
    /// If the main thread has stopped waiting for the answer to this login, it asks for the password again.
    pub(crate) fn note_wrong_password(&self, response: &Response) {
        if !self.style.terminal || !response.outcome.as_ref().is_err_and(wants_password) {
            return;
        }
        let mut known = self.known();
        known.expects_secret.begin();
        let late = tags::number(response).filter(|_| known.awaited.is_none());
        let request = late.and_then(|tag| known.sent.get(&tag));
        let request = request.filter(|request| request.arguments.contains(PASSWORD));
        let name = request.and_then(name_of_login);
        if name.is_some() {
            known.refused_login = name;
        }
    }

    /// Ends the wait for the answer to the request from [`ask_and_await`](Conversation::ask_and_await). Takes the
    /// request if the server refused it because it needs a password. If it may need one and has no answer, the
    /// person may type the password without a question.
    pub(crate) fn locked(&self) -> Option<Request> {
        let mut known = self.known();
        let awaited = known.awaited.take();
        if awaited.is_some_and(|tag| matches!(known.asked.get(&tag), Some(Some(_)))) {
            known.expects_secret.begin();
        }
        known.locked.take()
    }
}

fn wants_password(failure: &Failure) -> bool {
    failure.code == Refusal::WrongPassword.code()
}

/// The name in a login; `None` if the request is something else.
fn name_of_login(request: &Request) -> Option<String> {
    let name = request.arguments.string(USERNAME).ok().filter(|_| request.name == LOGIN)?;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use parse::Dict;

    use super::*;
    use crate::conversation::testing::connected;
    use crate::protocol::login_as;

    /// What the client shows when the server refuses the login with this tag.
    fn refuse(conversation: &Conversation, tag: u64) -> Vec<String> {
        let failure = Failure::from(Refusal::WrongPassword);
        let response = Response::error(LOGIN, failure).tagged(Some(tag.into()));
        let lines = conversation.receive(&response);
        conversation.answered(&response);
        lines
    }

    #[test]
    fn a_refusal_that_the_main_thread_does_not_await_leads_to_a_question_before_the_next_line() {
        let (_server, conversation, _receiver) = connected(true);
        let begin = || {
            conversation.ask_and_await(login_as("carl")).unwrap();
            conversation.known().next - 1
        };
        let tag = begin();
        assert_eq!(refuse(&conversation, tag), [""; 0]);
        assert!(conversation.locked().is_some_and(|request| request.name == LOGIN));

        let late = begin();
        assert!(conversation.locked().is_none());
        conversation.enter_prompt();
        assert!(!conversation.is_prompt_stale());
        assert!(
            conversation.may_be_secret("hunter22"),
            "the person may type it without a question"
        );
        assert_eq!(refuse(&conversation, late), ["* the name carl needs a password"]);
        assert!(conversation.is_prompt_stale());
        assert_eq!(conversation.known().refused_login.take().as_deref(), Some("carl"));
        assert!(!conversation.is_prompt_stale());
    }

    #[test]
    fn only_the_last_login_leads_to_a_question() {
        let (_server, conversation, _receiver) = connected(true);
        let begin = || conversation.ask_and_await(login_as("carl")).unwrap();
        begin();
        assert!(conversation.locked().is_none());
        begin();
        let last = conversation.known().next - 1;
        assert_eq!(refuse(&conversation, last - 1).len(), 1);
        assert_eq!(refuse(&conversation, last), [""; 0]);
        assert!(conversation.locked().is_some());
        assert_eq!(conversation.known().refused_login, None);
    }

    #[test]
    fn a_message_during_a_login_is_shown_with_its_answer_and_changes_the_prompt_once() {
        let (_server, conversation, _receiver) = connected(true);
        conversation.ask_and_await(login_as("zoe")).unwrap();
        let login = conversation.known().next - 1;
        assert!(conversation.locked().is_none());
        conversation.enter_prompt();
        conversation.ask(Request::new("message", Dict::new().with("message", "hi"))).unwrap();
        let zoe = Dict::new().with(USERNAME, "zoe");
        let messages: Vec<parse::Value> = Vec::new();
        let body = zoe.clone().with("messages", messages);
        let response = Response::ok(LOGIN, body).tagged(Some(login.into()));
        assert_eq!(conversation.receive(&response), ["* you are zoe"]);
        assert!(conversation.is_prompt_stale());
        assert_eq!(conversation.enter_prompt().0, "zoe> ");
        let said = Response::ok("message", zoe.with("message", "hi"));
        let lines = conversation.receive(&said.tagged(Some((login + 1).into())));
        assert!(lines.iter().any(|line| line.ends_with("zoe: hi")), "{lines:?}");
        assert!(!conversation.is_prompt_stale());
        conversation.leave_prompt();
        conversation.known().me = None;
        assert!(!conversation.is_prompt_stale(), "the editor shows no prompt");
    }
}
