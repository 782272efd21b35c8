//! The state machine: an event in, answers out.

use std::collections::{HashMap, VecDeque};

use parse::{Audience, Dict, Event, ParseError, Peer, Request, Response, Unreadable};

use crate::commands::{self, Answer, Call, Command};
use crate::log::{Entry, Log};
use crate::passwords::Passwords;
use crate::people::People;
use crate::quota::Quota;
use crate::rooms::Rooms;
use crate::session::Session;
use crate::throttle::Throttle;
use crate::{Limits, Moment, Now, Refusal, Replies};

/// A chat. One thread owns it, so no lock is held while it decides.
pub struct Chat {
    pub(crate) people: People,
    pub(crate) rooms: Rooms,
    pub(crate) log: Box<dyn Log>,
    pub(crate) passwords: Box<dyn Passwords>,
    pub(crate) throttle: Throttle,
    pub(crate) quota: Quota,
    pub(crate) limits: Limits,
    pub(crate) sessions: HashMap<Peer, Session>,
    /// Who is to be looked at again, because it had no name then, and when: soonest first.
    pub(crate) strangers: VecDeque<(Moment, Peer)>,
    /// When the log next has something to forget.
    pub(crate) expires: Option<Moment>,
    /// An administrator has ended it.
    pub(crate) over: bool,
}

impl Chat {
    /// A chat with nobody in it, over this log.
    pub fn new(log: Box<dyn Log>, passwords: Box<dyn Passwords>, limits: Limits) -> Chat {
        Chat {
            people: People::default(),
            rooms: Rooms::new(),
            log,
            passwords,
            throttle: Throttle::default(),
            quota: Quota::default(),
            expires: None,
            limits,
            sessions: HashMap::new(),
            strangers: VecDeque::new(),
            over: false,
        }
    }

    /// Takes in what happened at this moment, and answers into `replies`.
    pub fn handle(&mut self, event: Event, now: Now, replies: &mut Replies) {
        match event {
            Event::Joined(peer, arrival) => {
                tracing::debug!(%peer, address = %arrival.address, "accepted");
                self.sessions.insert(peer, Session::new(arrival, now.monotonic));
                self.arrive(peer, arrival, now, replies);
            }
            Event::Speaks(peer, dialect) => {
                if let Some(session) = self.sessions.get_mut(&peer) {
                    session.arrival.dialect = dialect;
                }
                self.has_spoken(peer);
            }
            Event::Asked(peer, _) | Event::Unreadable(peer, _) => {
                self.has_spoken(peer);
                self.in_turn(peer, event, now, replies);
            }
            Event::Finished(peer) => self.in_turn(peer, event, now, replies),
            Event::Left(peer, reason) => self.left(peer, reason, replies),
        }
        // A log that needs no time has handed it back already.
        self.deliver(now, replies);
    }

    /// Delivers everything that the log has handed back and that was found out about passwords,
    /// and sees to what waited for that.
    pub fn deliver(&mut self, now: Now, replies: &mut Replies) {
        loop {
            if let Some(Entry { outcome, origin }) = self.log.next() {
                let asker = origin.as_ref().map(|origin| (origin.peer, origin.request.clone()));
                self.take_effect(outcome, origin, replies);
                if let Some((peer, request)) = asker {
                    self.go_on(peer, &request, now, replies);
                }
            } else if let Some((errand, finding)) = self.passwords.next() {
                self.found_out(errand, finding, now, replies);
            } else {
                return;
            }
        }
    }

    fn is_waiting(&self, peer: Peer) -> bool {
        self.sessions.get(&peer).is_some_and(|session| session.pipeline.is_waiting())
    }

    /// Whether somebody still waits for an answer.
    pub fn is_busy(&self) -> bool {
        self.sessions.values().any(|session| session.pipeline.is_waiting())
    }

    /// Whether an administrator has ended it. What is asked from then on is too late.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// From now on whatever is asked is too late.
    pub fn end(&mut self) {
        self.over = true;
    }

    /// Says something to everybody who is connected, in the server's own voice.
    pub fn farewell(&self, text: &str, replies: &mut Replies) {
        let everyone: Audience = self.sessions.keys().copied().collect();
        replies.say_to_all(everyone, notice(text));
    }

    /// Sees to what a peer did. Its turn has come.
    pub(crate) fn see_to(&mut self, event: Event, now: Now, replies: &mut Replies) {
        match event {
            Event::Asked(peer, request) => self.asked(peer, request, now, replies),
            Event::Unreadable(peer, unreadable) => self.unreadable(peer, *unreadable, replies),
            Event::Finished(peer) => self.close(peer, replies),
            // They come and go whatever they wait for.
            Event::Joined(..) | Event::Speaks(..) | Event::Left(..) => {}
        }
    }

    /// Looks the command up, checks what the table says about it, and lets it answer.
    fn asked(&mut self, peer: Peer, request: Request, now: Now, replies: &mut Replies) {
        let Some(session) = self.sessions.get_mut(&peer) else { return };
        if session.closing {
            return;
        }
        session.unreadable = 0;
        let name = session.name.clone();
        let Request { name: asked, arguments, tag } = request;
        let outcome = commands::find(&asked).ok_or(Refusal::UnknownRequest).and_then(|command| {
            self.check(command, peer, &arguments)?;
            let (arguments, tag) = (&arguments, tag.as_ref());
            let request = command.name;
            let mut call = Call { chat: self, peer, name, request, arguments, tag, now, replies };
            (command.run)(&mut call)
        });
        match outcome {
            Ok(Answer::Now(body)) => replies.say(peer, Response::ok(asked, body).tagged(tag)),
            Ok(Answer::Later) => self.wait(peer, &asked),
            Err(_) if self.is_waiting(peer) => {
                self.refuse_later(peer, Request { name: asked, arguments, tag }, replies);
            }
            Err(refusal) => {
                tracing::debug!(%peer, %refusal, "refused");
                replies.say(peer, Response::error(asked, refusal.to_string()).tagged(tag));
            }
        }
    }

    /// The preconditions that stand in the command table.
    fn check(&self, command: &Command, peer: Peer, arguments: &Dict) -> Result<(), Refusal> {
        let session = self.sessions.get(&peer).ok_or(Refusal::NotLoggedIn)?;
        command.access.check(session, || self.is_admin(session))?;
        command.arguments.iter().try_for_each(|argument| argument.check(arguments))
    }

    fn unreadable(&mut self, peer: Peer, unreadable: Unreadable, replies: &mut Replies) {
        let Some(session) = self.sessions.get_mut(&peer) else { return };
        if session.closing {
            return;
        }
        session.unreadable += 1;
        let too_many = session.unreadable >= self.limits.unreadable;
        let Unreadable { error, tag } = unreadable;
        // Not what it says: somebody may have typed a password there.
        if let ParseError::Foreign { protocol } = error {
            let (address, dialect) = (session.arrival.address, session.arrival.dialect);
            tracing::warn!(%address, %peer, dialect, "closed: the peer speaks {protocol}");
        } else {
            tracing::debug!(%peer, "unreadable");
        }
        replies.say(peer, Response::error("error", error.to_string()).tagged(tag));
        if too_many {
            tracing::info!(%peer, "closed: too many unreadable frames in a row");
            self.close(peer, replies);
        }
    }

    /// Hangs up on a peer. It leaves when its `Left` comes.
    pub(crate) fn close(&mut self, peer: Peer, replies: &mut Replies) {
        if let Some(session) = self.sessions.get_mut(&peer)
            && !session.closing
        {
            session.closing = true;
            replies.close(peer);
        }
    }
}

/// Something that the server says of itself.
pub(crate) fn notice(text: &str) -> Response {
    Response::ok("notice", Dict::new().with("message", text))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Room, dict};
    use parse::{Dict, Value};

    #[test]
    fn what_no_command_is_called_is_refused_under_its_name() {
        let mut room = Room::new();
        let stranger = room.connect();
        room.ask(stranger, "fly", Dict::new());
        assert_eq!(room.heard(stranger), ["fly error: Unknown request!"]);
    }

    #[test]
    fn a_tag_comes_back_with_answers_and_refusals_alike() {
        let mut room = Room::new();
        let stranger = room.connect();
        room.ask_tagged(stranger, "version", Dict::new(), Value::from("a"));
        room.ask_tagged(stranger, "names", Dict::new(), Value::Null);
        let said = room.heard(stranger);
        assert!(said[0].ends_with(r#" tag="a""#), "{said:?}");
        assert_eq!(said[1], "names error: You are not logged in! tag=null");
    }

    #[test]
    fn ten_unreadable_frames_in_a_row_end_the_connection() {
        let mut room = Room::new();
        let (alice, bob) = (room.login("alice"), room.login("bob"));
        room.heard(alice);
        for _ in 0..9 {
            room.babble(bob);
        }
        room.ask(bob, "version", Dict::new());
        assert_eq!(room.heard(bob).len(), 10, "nine in a row are forgiven");
        for _ in 0..10 {
            room.babble(bob);
        }
        let said = room.heard(bob);
        assert_eq!(said[9..], ["error error: Not a JSON object: babble", "(closed)"]);
        room.babble(bob);
        room.ask(bob, "message", dict("message", "still there"));
        assert_eq!(room.heard(bob), [""; 0], "what comes after the end is not answered");
        room.leave(bob);
        assert_eq!(room.heard(alice), [r#"leave username="bob" online=1"#]);
    }

    #[test]
    fn a_peer_that_finished_is_answered_and_then_hung_up_on() {
        let mut room = Room::new();
        let (alice, bob) = (room.login("alice"), room.login("bob"));
        room.heard(alice);
        room.ask(bob, "names", Dict::new());
        room.finish(bob);
        assert_eq!(room.heard(bob), [r#"names names=["alice","bob"]"#, "(closed)"]);
        room.leave(bob);
        assert_eq!(room.heard(alice), [r#"leave username="bob" online=1"#]);
    }

    #[test]
    fn a_stranger_comes_and_goes_unseen() {
        let mut room = Room::new();
        let alice = room.login("alice");
        let stranger = room.connect();
        room.leave(stranger);
        assert_eq!(room.heard(alice), [""; 0]);
    }

    #[test]
    fn everybody_is_told_that_the_server_goes_strangers_too() {
        let mut room = Room::new();
        let (alice, stranger) = (room.login("alice"), room.connect());
        room.farewell("bye");
        for peer in [alice, stranger] {
            assert_eq!(room.heard(peer), [r#"notice message="bye""#]);
        }
    }
}
