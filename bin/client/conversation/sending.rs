//! Sends requests of the person and of the client itself.

use parse::{Dict, Request, Unsent};

use super::{Conversation, Known};
use crate::catalogue::Argument;
use crate::tags::OWN;

impl Conversation {
    /// Sends a request to the server.
    ///
    /// # Errors
    /// When the request cannot be sent.
    pub(crate) fn ask(&self, request: Request) -> Result<(), Unsent> {
        self.ask_as(request, |_, _| ())
    }

    /// Notes that this request is a part of a text, and is sent alone.
    pub(crate) fn note_part(&self, request: &Request) {
        let mut known = self.known();
        if known.asked.is_empty() {
            known.lost.forget_sent();
        }
        let typed = known.catalogue.retyped(request);
        known.lost.note_sent(typed);
    }

    /// Sends a request to the server. Before that, `note` gets its tag.
    pub(super) fn ask_as(
        &self,
        request: Request,
        note: impl FnOnce(&mut Known, u64),
    ) -> Result<(), Unsent> {
        let mut known = self.known();
        let tag = known.next;
        known.next += 1;
        note(&mut known, tag);
        let secrets = known.catalogue.find(&request.name).map(|entry| entry.secrets.as_slice());
        let secrets = secrets.unwrap_or_default().iter();
        let (given, lacking): (Vec<&Argument>, Vec<&Argument>) =
            secrets.partition(|secret| request.arguments.contains(&secret.name));
        let (has_secret, lacks_secret) = (!given.is_empty(), !lacking.is_empty());
        if has_secret {
            known.expects_secret.begin();
        }
        // Before the request is sent: its answer may arrive before this thread continues.
        known.asked.insert(tag, lacks_secret.then(|| request.clone()));
        let Known { sent, asked, .. } = &mut *known;
        sent.retain(|tag, _| asked.contains_key(tag));
        sent.insert(tag, request.clone());
        known.note_unshown(tag, &request);
        let request = known.with_session(request);
        drop(known);
        let result = self.link().send(request.tagged(tag));
        if result.is_err() {
            let mut known = self.known();
            // If the connection is just breaking, the request stays outstanding: the return names it.
            if result == Err(Unsent::Closed) && known.reconnects && known.me.is_some() {
                return Ok(());
            }
            known.asked.remove(&tag);
        }
        result
    }

    /// Sends a request that the client makes for itself.
    pub(crate) fn ask_own(&self, name: &str) {
        self.ask_own_with(Request::new(name, Dict::new()));
    }

    /// Sends a request with arguments that the client makes for itself.
    pub(crate) fn ask_own_with(&self, request: Request) {
        let mut known = self.known();
        let next = known.next;
        known.own.add(&request.name, next);
        let request = known.with_session(request);
        drop(known);
        let name = request.name.clone();
        if self.link().send(request.tagged(OWN)).is_err() {
            self.known().own.withdraw(&name, next);
        }
    }
}
