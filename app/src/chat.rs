//! The state machine: an event in, answers out.

use std::collections::{HashMap, VecDeque};

use parse::{Audience, Dict, Event, ParseError, Peer, Request, Response, Unreadable};

use crate::commands::{self, Answer, Call, Command, Order};
use crate::log::{Entry, Log};
use crate::passwords::Passwords;
use crate::people::People;
use crate::pipeline::Pipeline;
use crate::quota::Quota;
use crate::rooms::Rooms;
use crate::session::Session;
use crate::throttle::Throttle;
use crate::{Limits, Moment, Now, Refusal, Replies};

/// The most requests and answers that may wait in the queue of one peer. Only a peer that sends
/// without waiting for answers gets here, and only on a server that does not limit floods or whose
/// disk does not respond.
const MOST_QUEUED: usize = 256;

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
    /// The requests and answers of each peer that sent a request.
    pub(crate) pipelines: HashMap<Peer, Pipeline<Event, Response>>,
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
            pipelines: HashMap::new(),
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
                self.enqueue(peer, event, now, replies);
            }
            Event::Finished(peer) => self.enqueue(peer, event, now, replies),
            Event::Left(peer, reason) => {
                self.pipelines.remove(&peer);
                self.left(peer, reason, replies);
            }
        }
        // A log that needs no time has handed it back already.
        self.deliver(now, replies);
    }

    /// Delivers everything that the log has committed, and the results of the password threads.
    pub fn deliver(&mut self, now: Now, replies: &mut Replies) {
        loop {
            let answered = if let Some(Entry { outcome, origin }) = self.log.next() {
                let peer = origin.as_ref().map(|origin| origin.peer);
                self.take_effect(outcome, origin, replies);
                peer
            } else if let Some((errand, finding)) = self.passwords.next() {
                self.found_out(errand, finding, now, replies)
            } else {
                return;
            };
            if let Some(peer) = answered {
                self.answered(peer, now, replies);
            }
        }
    }

    /// Adds an event to the queue of its peer, and runs what can run.
    fn enqueue(&mut self, peer: Peer, event: Event, now: Now, replies: &mut Replies) {
        if !self.sessions.contains_key(&peer) {
            return;
        }
        if self.over && !matches!(event, Event::Finished(_)) {
            return;
        }
        self.pipelines.entry(peer).or_default().push(event);
        self.run_queue(peer, now, replies);
    }

    /// Sends the answers that waited for an outstanding one, and runs what can run now.
    fn answered(&mut self, peer: Peer, now: Now, replies: &mut Replies) {
        let Some(pipeline) = self.pipelines.get_mut(&peer) else { return };
        for answer in pipeline.answered() {
            replies.say(peer, answer);
        }
        self.run_queue(peer, now, replies);
    }

    /// Runs the events of a peer whose turn has come, and bounds the rest.
    fn run_queue(&mut self, peer: Peer, now: Now, replies: &mut Replies) {
        while let Some(event) =
            self.pipelines.get_mut(&peer).and_then(|pipeline| pipeline.next(may_overlap))
        {
            self.run(event, now, replies);
        }
        let queued = self.pipelines.get(&peer).map_or(0, Pipeline::len);
        if queued > MOST_QUEUED && !self.is_closing(peer) {
            tracing::info!(%peer, "closed: too many requests before the first is answered");
            replies.say(peer, Response::error("error", ParseError::Flooded.to_string()));
            self.close(peer, replies);
        }
    }

    /// Answers a request, behind the outstanding answers to earlier ones.
    fn respond(&mut self, peer: Peer, response: Response, replies: &mut Replies) {
        let response = self.pipelines.entry(peer).or_default().answer(response);
        if let Some(response) = response {
            replies.say(peer, response);
        }
    }

    /// Whether this peer waits for an answer.
    pub(crate) fn is_waiting(&self, peer: Peer) -> bool {
        self.pipelines.get(&peer).is_some_and(Pipeline::is_waiting)
    }

    /// Whether any peer waits for an answer.
    pub fn is_busy(&self) -> bool {
        self.pipelines.values().any(Pipeline::is_waiting)
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

    /// Runs an event whose turn has come.
    fn run(&mut self, event: Event, now: Now, replies: &mut Replies) {
        match event {
            Event::Asked(peer, request) => self.asked(peer, request, now, replies),
            Event::Unreadable(peer, unreadable) => self.unreadable(peer, *unreadable, replies),
            Event::Finished(peer) => self.close(peer, replies),
            // These do not wait in the queue.
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
            Ok((command, (command.run)(&mut call)?))
        });
        match outcome {
            Ok((_, Answer::Now(body))) => {
                self.respond(peer, Response::ok(asked, body).tagged(tag), replies);
            }
            Ok((command, Answer::Later)) => {
                let pipeline = self.pipelines.entry(peer).or_default();
                pipeline.expect(command.order == Order::Alone);
            }
            Err(refusal) => {
                tracing::debug!(%peer, %refusal, "refused");
                let response = Response::error(asked, refusal.to_string());
                self.respond(peer, response.tagged(tag), replies);
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

/// Whether an event may run while an earlier answer to its peer is outstanding.
fn may_overlap(event: &Event) -> bool {
    let Event::Asked(_, request) = event else { return false };
    commands::find(&request.name).is_some_and(|command| command.order == Order::Log)
}

/// Something that the server says of itself.
pub(crate) fn notice(text: &str) -> Response {
    Response::ok("notice", Dict::new().with("message", text))
}

#[cfg(test)]
mod tests;
