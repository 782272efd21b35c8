//! Refusals that the client does not show at once: another request may follow.

use app::Refusal;
use parse::{Failure, Request, Response, Unsent};

use super::Conversation;
use crate::members::needs_account;
use crate::tags;

impl Conversation {
    /// Sends a request whose refusal is not shown: [`refusal`](Conversation::refusal) returns it. There is
    /// one such request at a time.
    ///
    /// # Errors
    /// When the request cannot be sent.
    pub(crate) fn ask_silently(&self, request: Request) -> Result<(), Unsent> {
        let mut known = self.known();
        known.silent = Some(known.next);
        known.refusal = None;
        drop(known);
        self.ask(request)
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

    /// Keeps the refused request if it would succeed with a password. Then the refusal is not
    /// shown: the terminal gets the request from [`locked`](Conversation::locked) and asks for a
    /// password.
    pub(crate) fn lock(&self, response: &Response) -> bool {
        let Some(tag) = tags::number(response) else { return false };
        let wants_password = |failure: &Failure| failure.code == Refusal::WrongPassword.code();
        if !response.outcome.as_ref().is_err_and(wants_password) {
            return false;
        }
        let mut known = self.known();
        known.needs_account = response.outcome.as_ref().is_err_and(needs_account);
        known.locked = known.asked.get_mut(&tag).and_then(Option::take);
        known.locked.is_some()
    }

    /// Takes the request that the server refused because it needs a password. The client no longer
    /// waits for the other outstanding requests, so it forgets that they could need one.
    pub(crate) fn locked(&self) -> Option<Request> {
        let mut known = self.known();
        known.asked.values_mut().for_each(|request| *request = None);
        known.locked.take()
    }
}
