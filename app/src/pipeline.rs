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

use parse::{Event, ParseError, Peer, Request, Response};

use crate::{Chat, Now, Replies, commands};

/// How many requests may be held back for one peer. Only who sends without waiting for answers
/// gets here, and only on a server that bounds no floods or whose disk hangs.
const MOST: usize = 256;

/// What a peer waits for, and what waits for that.
#[derive(Debug, Default)]
pub(crate) struct Pipeline {
    /// How many of its messages are with the log.
    said: usize,
    /// Another answer is still to come.
    busy: bool,
    /// One of its messages is refused; that is said when those before it are through.
    refused: bool,
    /// What it did meanwhile, in order.
    held: VecDeque<Event>,
}

impl Pipeline {
    /// Whether this can be seen to now.
    fn is_open_for(&self, event: &Event) -> bool {
        let message =
            matches!(event, Event::Asked(_, request) if commands::is_in_log_order(&request.name));
        !self.busy && (self.said == 0 || message && !self.refused)
    }

    /// Whether an answer is still to come.
    pub(crate) fn is_waiting(&self) -> bool {
        self.busy || self.said > 0
    }
}

impl Chat {
    /// Sees to what a peer did, now or when its earlier requests are answered.
    pub(crate) fn in_turn(&mut self, peer: Peer, event: Event, now: Now, replies: &mut Replies) {
        let Some(session) = self.sessions.get_mut(&peer) else { return };
        if self.over && !matches!(event, Event::Finished(_)) {
            return;
        }
        if session.pipeline.held.is_empty() && session.pipeline.is_open_for(&event) {
            self.see_to(event, now, replies);
        } else {
            session.pipeline.held.push_back(event);
            self.bound_held(peer, replies);
        }
    }

    /// A message is refused while others of this peer are on their way: that is not to overtake
    /// them, so it is looked at again when they are through.
    pub(crate) fn refuse_later(&mut self, peer: Peer, request: Request, replies: &mut Replies) {
        if let Some(session) = self.sessions.get_mut(&peer) {
            session.pipeline.refused = true;
            session.pipeline.held.push_front(Event::Asked(peer, request));
            self.bound_held(peer, replies);
        }
    }

    fn bound_held(&mut self, peer: Peer, replies: &mut Replies) {
        let Some(session) = self.sessions.get_mut(&peer) else { return };
        if session.pipeline.held.len() > MOST && !session.closing {
            tracing::info!(%peer, "closed: too many requests before the first is answered");
            replies.say(peer, Response::error("error", ParseError::Flooded.to_string()));
            self.close(peer, replies);
        }
    }

    /// The answer to a request of this peer will come later.
    pub(crate) fn wait(&mut self, peer: Peer, request: &str) {
        if let Some(session) = self.sessions.get_mut(&peer) {
            if commands::is_in_log_order(request) {
                session.pipeline.said += 1;
            } else {
                session.pipeline.busy = true;
            }
        }
    }

    /// The answer to a request of this peer is out: sees to what waited for that.
    pub(crate) fn go_on(&mut self, peer: Peer, request: &str, now: Now, replies: &mut Replies) {
        let Some(session) = self.sessions.get_mut(&peer) else { return };
        if commands::is_in_log_order(request) {
            session.pipeline.said = session.pipeline.said.saturating_sub(1);
            session.pipeline.refused &= session.pipeline.said > 0;
        } else {
            session.pipeline.busy = false;
        }
        loop {
            let Some(session) = self.sessions.get_mut(&peer) else { return };
            let pipeline = &mut session.pipeline;
            let open = pipeline.held.front().is_some_and(|event| pipeline.is_open_for(event));
            let Some(event) = pipeline.held.pop_front_if(|_| open) else { return };
            self.see_to(event, now, replies);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Disk, Room, dict};
    use parse::{Dict, Value};

    /// A room whose log takes its time, with alice in it.
    fn slow() -> (Room, Disk, Peer) {
        let disk = Disk::default();
        let mut room = Room::over(disk.clone());
        let alice = room.login("alice");
        disk.hold();
        (room, disk, alice)
    }

    /// The names of what a peer was told.
    fn names(room: &mut Room, peer: Peer) -> Vec<String> {
        let said = room.heard(peer);
        said.iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
    }

    #[test]
    fn nobody_sees_a_message_before_the_log_has_handed_it_back() {
        let (mut room, disk, alice) = slow();
        let bob = room.login("bob");
        room.heard(alice);
        room.ask(alice, "message", dict("message", "hello"));
        room.ask(bob, "history", Dict::new());
        assert_eq!(room.heard(alice), [""; 0]);
        assert_eq!(room.heard(bob), ["history messages=[] more=false"], "others go on");
        disk.release();
        room.deliver();
        assert_eq!(
            (names(&mut room, alice), names(&mut room, bob)),
            (vec!["message".into()], vec!["message".into()])
        );
    }

    #[test]
    fn many_messages_of_a_peer_are_on_their_way_and_what_follows_waits_for_them() {
        let (mut room, disk, alice) = slow();
        for text in ["one", "two"] {
            room.ask(alice, "message", dict("message", text));
        }
        assert_eq!(disk.waiting(), 2, "both share a commit");
        room.ask(alice, "names", Dict::new());
        room.ask(alice, "message", dict("message", "three"));
        room.babble(alice);
        room.ask(alice, "logout", Dict::new());
        room.finish(alice);
        assert_eq!(disk.waiting(), 2, "after what waits, everything waits");
        disk.release();
        room.deliver();
        let want = ["message", "message", "names", "message", "error", "logout", "(closed)"];
        assert_eq!(names(&mut room, alice), want);
    }

    #[test]
    fn a_refusal_does_not_overtake_what_was_said_before() {
        let (mut room, disk, alice) = slow();
        for text in ["one", "", "two", " ", "three"] {
            room.ask(alice, "message", dict("message", text));
        }
        room.ask(alice, "names", Dict::new());
        assert_eq!(room.heard(alice), [""; 0]);
        disk.release();
        room.deliver();
        let said = room.heard(alice);
        for (at, text) in [(0, "one"), (2, "two"), (4, "three"), (5, "names")] {
            assert!(said[at].contains(text), "{said:?}");
        }
        for at in [1, 3] {
            assert_eq!(said[at], "message error: Empty message!");
        }
    }

    #[test]
    fn what_cannot_be_kept_is_refused_to_its_sender_and_heard_by_nobody() {
        let (mut room, disk, alice) = slow();
        let bob = room.login("bob");
        room.heard(alice);
        room.ask_tagged(alice, "message", dict("message", "hello"), Value::from(1));
        disk.fail();
        room.deliver();
        let error = "message error: It cannot be kept right now, try again later! tag=1";
        assert_eq!(room.heard(alice), [error]);
        assert_eq!(room.heard(bob), [""; 0]);
        disk.release();
        room.ask(alice, "message", dict("message", "hello again"));
        assert_eq!(names(&mut room, bob), ["message"]);
    }

    #[test]
    fn a_log_that_is_full_is_said_at_once() {
        let (mut room, disk, alice) = slow();
        disk.fill();
        room.ask(alice, "message", dict("message", "hello"));
        assert_eq!(room.heard(alice), ["message error: The server is busy, try again!"]);
        room.ask(alice, "names", Dict::new());
        assert_eq!(names(&mut room, alice), ["names"], "nothing is waited for");
    }

    #[test]
    fn who_sends_on_and_on_without_an_answer_is_hung_up_on() {
        let (mut room, disk, alice) = slow();
        room.ask(alice, "message", dict("message", "hello"));
        for _ in 0..MOST {
            room.ask(alice, "names", Dict::new());
        }
        assert_eq!(room.heard(alice), [""; 0]);
        room.ask(alice, "names", Dict::new());
        let flooded = "error error: Too many requests, slow down!";
        assert_eq!(room.heard(alice), [flooded, "(closed)"]);
        disk.release();
        room.deliver();
        assert_eq!(names(&mut room, alice), ["message"], "it was said before the end");
        room.leave(alice);
    }

    #[test]
    fn who_has_gone_is_not_answered_and_was_heard_all_the_same() {
        let (mut room, disk, alice) = slow();
        let bob = room.login("bob");
        room.heard(bob);
        room.ask(alice, "message", dict("message", "and goodbye"));
        room.leave(alice);
        disk.release();
        room.deliver();
        assert_eq!(room.heard(alice), ["join username=\"bob\" online=2"]);
        assert_eq!(names(&mut room, bob), ["leave", "message"]);
    }

    #[test]
    fn the_chat_is_busy_while_somebody_waits() {
        let (mut room, disk, alice) = slow();
        assert!(!room.is_busy());
        room.ask(alice, "message", dict("message", "hello"));
        assert!(room.is_busy());
        disk.release();
        room.deliver();
        assert!(!room.is_busy());
    }
}
