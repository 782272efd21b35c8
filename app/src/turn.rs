//! One thing after the other: what a peer asks for while an earlier answer is still to come.
//!
//! Most answers are there at once. What goes through the log, or to the thread that looks at
//! passwords, takes a while; the chat goes on meanwhile, but not with this peer: whoever sends a
//! `login` and a `message` in one packet means the message to be said after the login, and
//! whoever says something and hangs up means it to be said. So what comes early is held back.
//!
//! Messages are the exception. The log keeps their order, so a peer may have many of them on
//! their way, and they share a commit.

use std::collections::VecDeque;

use parse::{Event, ParseError, Peer, Response};

use crate::{Chat, Replies, Timestamp, commands};

/// How many requests may be held back for one peer. Only who sends without waiting for answers
/// gets here, and only on a server that bounds no floods or whose disk hangs.
const MOST: usize = 256;

/// What a peer waits for, and what waits for that.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// How many of its messages are with the log.
    said: usize,
    /// Another answer is still to come.
    busy: bool,
    /// What it did meanwhile, in order.
    held: VecDeque<Event>,
}

impl Turn {
    /// Whether this can be seen to now.
    fn is_open_for(&self, event: &Event) -> bool {
        let message =
            matches!(event, Event::Asked(_, request) if commands::is_in_log_order(&request.name));
        !self.busy && (self.said == 0 || message)
    }

    /// Whether an answer is still to come.
    pub(crate) fn is_waiting(&self) -> bool {
        self.busy || self.said > 0
    }
}

impl Chat {
    /// Sees to what a peer did, now or when its earlier requests are answered.
    pub(crate) fn in_turn(
        &mut self,
        peer: Peer,
        event: Event,
        now: Timestamp,
        replies: &mut Replies,
    ) {
        let Some(session) = self.sessions.get_mut(&peer) else { return };
        if self.over && !matches!(event, Event::Finished(_)) {
            return;
        }
        if session.turn.held.is_empty() && session.turn.is_open_for(&event) {
            return self.see_to(event, now, replies);
        }
        session.turn.held.push_back(event);
        if session.turn.held.len() > MOST && !session.closing {
            tracing::info!(%peer, "closed: too many requests before the first is answered");
            replies.say(peer, Response::error("error", ParseError::Flooded.to_string()));
            self.close(peer, replies);
        }
    }

    /// The answer to a request of this peer will come later.
    pub(crate) fn wait(&mut self, peer: Peer, request: &str) {
        if let Some(session) = self.sessions.get_mut(&peer) {
            if commands::is_in_log_order(request) {
                session.turn.said += 1;
            } else {
                session.turn.busy = true;
            }
        }
    }

    /// The answer to a request of this peer is out: sees to what waited for that.
    pub(crate) fn go_on(
        &mut self,
        peer: Peer,
        request: &str,
        now: Timestamp,
        replies: &mut Replies,
    ) {
        let Some(session) = self.sessions.get_mut(&peer) else { return };
        if commands::is_in_log_order(request) {
            session.turn.said = session.turn.said.saturating_sub(1);
        } else {
            session.turn.busy = false;
        }
        loop {
            let Some(session) = self.sessions.get_mut(&peer) else { return };
            let turn = &mut session.turn;
            let open = turn.held.front().is_some_and(|event| turn.is_open_for(event));
            let Some(event) = turn.held.pop_front_if(|_| open) else { return };
            self.see_to(event, now, replies);
        }
    }
}
