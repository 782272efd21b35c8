//! The state machine: events in, replies out.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use parse::{Dict, Event, ParseError, Peer, Request, Response, Unreadable, Value};

use crate::commands::{self, Answer, Call, Command, Order};
use crate::log::{Log, PresenceChange, Probe};
use crate::passwords::Passwords;
use crate::pipeline::Pipeline;
use crate::replies::{answer, notice};
use crate::state::State;
use crate::trace::Tracer;
use crate::{Figures, Limits, Now, Ran, Refusal, Replies, Trace, effects, moderation};

#[cfg(test)]
mod tests;

/// The most requests and answers that may wait in the queue of one peer. Only a peer that sends
/// without waiting for answers gets here, and only on a server that does not limit floods or whose
/// disk does not respond.
const MOST_QUEUED: usize = 256;

/// Least time until a login deadline after the process stood still. In that time the server reads
/// the logins that peers sent before.
const GRACE: Duration = Duration::from_secs(5);

/// Wait before the chat appends again what the log has refused and must get.
const AGAIN: Duration = Duration::from_millis(100);

/// A chat. One thread owns it, so it holds no lock while it decides.
///
/// The chat has no socket, no thread and no clock. Its caller hands it events and the time, and
/// carries out its replies:
///
/// ```
/// use app::passwords::Pool;
/// use app::{Chat, Limits, Memory, Moment, Now, Replies, Reply, Retention, Timestamp};
/// use parse::{Arrival, Dict, Event, Peer, Presence, Request};
///
/// let log = Memory::new(Retention::default());
/// let passwords = Pool::start(|| (), || ())?;
/// let mut chat = Chat::new(Box::new(log), Box::new(passwords), Limits::default());
///
/// let alice = Peer::new(1);
/// let address = "127.0.0.1:7000".parse()?;
/// let arrival = Arrival { address, dialect: "json", presence: Presence::Named };
/// let login = Request::new("login", Dict::new().with("username", "alice"));
/// let now = Now { wall: Timestamp::UNIX_EPOCH, monotonic: Moment::default() };
/// let mut replies = Replies::new();
/// chat.handle(Event::Joined(alice, arrival), now, &mut replies);
/// chat.handle(Event::Asked(alice, login), now, &mut replies);
///
/// let Some(Reply::Say(_, response)) = replies.drain().next() else { panic!("no answer") };
/// assert_eq!(response.outcome?.string("username"), Ok("alice"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Chat {
    pub(crate) state: State,
    /// The queue of each peer that waits for an answer.
    pipelines: HashMap<Peer, Pipeline<Event, Response>>,
    tracer: Tracer,
}

impl Chat {
    /// Creates a chat without peers over this log.
    pub fn new(log: Box<dyn Log>, passwords: Box<dyn Passwords>, limits: Limits) -> Chat {
        let state = State::new(log, passwords, limits);
        Chat { state, pipelines: HashMap::new(), tracer: Tracer::default() }
    }

    /// Reports from now on what happens to this observer, if there is one.
    #[must_use]
    pub fn traced(self, trace: Option<Arc<dyn Trace>>) -> Chat {
        Chat { tracer: Tracer(trace), ..self }
    }

    /// Returns the observer.
    pub(crate) fn tracer(&self) -> &Tracer {
        &self.tracer
    }

    /// Returns the counters of the chat, which another thread may read.
    pub fn figures(&self) -> Arc<Figures> {
        self.state.roster.figures()
    }

    /// Passes the question on to the log whether a message could be committed now.
    pub fn probe(&mut self, probe: Probe) {
        self.state.log.probe(probe);
    }

    /// Handles one event at this time, and adds the replies.
    pub fn handle(&mut self, event: Event, now: Now, replies: &mut Replies) {
        let peer = event.peer();
        self.state.log.time = now.wall;
        match event {
            Event::Joined(peer, arrival) => {
                if self.state.connect(peer, arrival, now, replies)
                    && self.state.ask_for_welcome(peer, now, replies)
                {
                    self.pipelines.entry(peer).or_default().expect(true);
                }
            }
            Event::Speaks(peer, dialect) => {
                self.state.roster.set_dialect(peer, dialect);
                self.state.roster.has_spoken(peer);
            }
            Event::Asked(peer, _) | Event::Answered(peer, _) | Event::Unreadable(peer, _) => {
                self.state.roster.has_spoken(peer);
                if !self.state.is_over {
                    self.enqueue(peer, event, now, replies);
                }
            }
            // At once: the peer cannot mean the requests that wait.
            Event::Foreign(peer, protocol) => self.foreign(peer, protocol, replies),
            Event::Finished(peer) => self.enqueue(peer, event, now, replies),
            Event::Left(peer, reason) => {
                self.pipelines.remove(&peer);
                self.state.timers.cancel_login(peer);
                if let Some((departure, reason)) = self.state.roster.disconnect(peer, reason, now) {
                    let departure = PresenceChange::Depart { peer, departure, reason };
                    self.state.append_surely(departure, now.wall);
                }
            }
        }
        // The log in memory has committed the request already.
        self.deliver(now, replies);
        self.state.roster.count(peer);
    }

    /// Delivers the entries that the log has committed and the results of the password threads.
    pub fn deliver(&mut self, now: Now, replies: &mut Replies) {
        self.state.log.time = now.wall;
        self.state.append_rest();
        loop {
            let answered = if let Some(entry) = self.state.log.next() {
                let concerns_people = self.tracer.committed(&entry, replies);
                let answered = effects::apply(&mut self.state, entry, now, replies);
                let roster = concerns_people.then_some(&self.state.roster);
                self.tracer.took_effect(answered.is_some(), roster, replies);
                answered
            } else if let Some((job, result)) = self.state.authentication.next(now.monotonic) {
                let peer = job.peer;
                self.tracer.checked(peer, replies);
                let answered = self.state.finish_job(job, result, now, replies);
                self.tracer.took_effect(answered, None, replies);
                answered.then_some(peer)
            } else {
                return;
            };
            if let Some(peer) = answered {
                self.answered(peer, now, replies);
            }
        }
    }

    /// Fires the timers whose moment has come.
    pub fn tick(&mut self, now: Now, replies: &mut Replies) {
        for peer in self.state.timers.take_late(now.monotonic) {
            if self.is_waiting(peer) {
                // The server is late, not the peer.
                self.state.await_login(peer, now);
            } else {
                self.state.close_late(peer, replies);
            }
        }
        let expiry = self.state.log.expire(now);
        self.state.timers.set_expiry(expiry);
    }

    /// Returns the time until the next timer. Until then [`tick`](Chat::tick) does nothing. Returns
    /// `None` if no timer is set.
    pub fn idle(&self, now: Now) -> Option<Duration> {
        let timer = self.state.timers.next().map(|timer| timer.since(now.monotonic));
        timer.into_iter().chain(self.state.has_rest().then_some(AGAIN)).min()
    }

    /// Postpones login deadlines because the process stood still until now. A peer may have sent
    /// its login in time, and the server has not read it yet.
    pub fn stood_still(&mut self, now: Now) {
        tracing::warn!("the process stood still; login deadlines are postponed");
        self.state.timers.postpone_logins(now.monotonic.after(GRACE));
    }

    /// Whether any peer waits for an answer.
    pub fn is_busy(&self) -> bool {
        self.pipelines.values().any(Pipeline::is_waiting)
    }

    /// Whether the chat has ended.
    pub fn is_over(&self) -> bool {
        self.state.is_over
    }

    /// Ends the chat. It ignores later requests.
    pub fn end(&mut self) {
        self.state.is_over = true;
    }

    /// Sends a notice to every connected peer.
    pub fn farewell(&self, text: &str, replies: &mut Replies) {
        replies.say_to_all(self.state.roster.everyone(), notice(text));
    }
}

/// The queues of the peers.
impl Chat {
    /// Adds an event to the queue of its peer, and runs the events whose turn has come.
    fn enqueue(&mut self, peer: Peer, event: Event, now: Now, replies: &mut Replies) {
        if self.state.roster.session(peer).is_some() {
            self.pipelines.entry(peer).or_default().push(event);
            self.run_queue(peer, now, replies);
        }
    }

    /// Records that an outstanding answer was sent. Sends the answers behind it, and runs the
    /// events whose turn has come.
    fn answered(&mut self, peer: Peer, now: Now, replies: &mut Replies) {
        self.state.roster.count(peer);
        let Some(pipeline) = self.pipelines.get_mut(&peer) else { return };
        let answers = pipeline.answered();
        if !self.state.roster.is_closing(peer) {
            for answer in answers {
                replies.say(peer, answer);
            }
        }
        self.run_queue(peer, now, replies);
    }

    /// Runs the events of a peer whose turn has come. Closes the connection if too many wait.
    fn run_queue(&mut self, peer: Peer, now: Now, replies: &mut Replies) {
        while let Some(event) =
            self.pipelines.get_mut(&peer).and_then(|pipeline| pipeline.next(may_overlap))
        {
            self.run(event, now, replies);
        }
        let Entry::Occupied(pipeline) = self.pipelines.entry(peer) else { return };
        if pipeline.get().is_empty() {
            // A peer that waits for nothing has no queue, so it costs no memory.
            pipeline.remove();
        } else if pipeline.get().len() > MOST_QUEUED && !self.state.roster.is_closing(peer) {
            tracing::info!(%peer, "closed: too many requests before the first is answered");
            replies.say(peer, unreadable(ParseError::Flooded, None));
            self.state.roster.close(peer, replies);
        }
    }

    /// Answers a request, behind the outstanding answers to earlier ones.
    fn respond(&mut self, peer: Peer, response: Response, replies: &mut Replies) {
        let response = self.pipelines.entry(peer).or_default().answer(response);
        if let Some(response) = response {
            replies.say(peer, response);
        }
    }

    fn is_waiting(&self, peer: Peer) -> bool {
        self.pipelines.get(&peer).is_some_and(Pipeline::is_waiting)
    }
}

/// Events whose turn has come.
impl Chat {
    fn run(&mut self, event: Event, now: Now, replies: &mut Replies) {
        match event {
            Event::Asked(peer, request) => {
                let command = || commands::find(&request.name);
                let name = || command().map_or("an unknown command", |command| command.name);
                self.tracer.command(peer, name, replies);
                let ran = self.asked(peer, request, now, replies);
                self.tracer.ran(ran, replies);
            }
            Event::Answered(peer, response) => {
                self.tracer.command(peer, || "answered by the dialect", replies);
                self.pass_on(peer, response, replies);
                self.tracer.ran(Ran::Answered, replies);
            }
            Event::Unreadable(peer, unreadable) => {
                self.tracer.command(peer, || "unreadable", replies);
                self.unreadable(peer, *unreadable, replies);
                self.tracer.ran(Ran::Refused, replies);
            }
            Event::Finished(peer) => self.state.roster.close(peer, replies),
            // These do not wait in a queue.
            Event::Joined(..) | Event::Speaks(..) | Event::Foreign(..) | Event::Left(..) => {}
        }
    }

    /// Finds the command, checks its preconditions, and runs it.
    fn asked(&mut self, peer: Peer, request: Request, now: Now, replies: &mut Replies) -> Ran {
        let Some(session) = self.state.roster.session_mut(peer) else { return Ran::Ignored };
        if session.closing {
            return Ran::Ignored;
        }
        session.unreadable = 0;
        let name = session.name.clone();
        let Request { name: asked, arguments, tag } = request;
        let outcome = commands::find(&asked).ok_or(Refusal::UnknownRequest).and_then(|command| {
            self.check(command, peer, &arguments)?;
            let (chat, arguments, tag) = (&mut self.state, &arguments, tag.as_ref());
            let request = command.name;
            let mut call = Call { chat, peer, name, request, arguments, tag, now, replies };
            Ok((command, (command.run)(&mut call)?))
        });
        let outcome = match outcome {
            Ok((command, Answer::Later)) => {
                let pipeline = self.pipelines.entry(peer).or_default();
                pipeline.expect(command.order == Order::Alone);
                return Ran::Later;
            }
            Ok((_, Answer::Now(body))) => Ok(body),
            Err(refusal) => {
                tracing::debug!(%peer, %refusal, "refused");
                Err(refusal)
            }
        };
        let ran = if outcome.is_ok() { Ran::Answered } else { Ran::Refused };
        self.respond(peer, answer(asked, outcome, tag), replies);
        ran
    }

    /// Passes on an answer that the dialect of the peer has made.
    fn pass_on(&mut self, peer: Peer, response: Response, replies: &mut Replies) {
        let Some(session) = self.state.roster.session_mut(peer) else { return };
        if !session.closing {
            session.unreadable = 0;
            self.respond(peer, response, replies);
        }
    }

    /// Checks the preconditions that the command table names.
    fn check(&self, command: &Command, peer: Peer, arguments: &Dict) -> Result<(), Refusal> {
        let session = self.state.roster.connected(peer);
        command.access.check(session, || moderation::is_admin(&**self.state.log, session))?;
        command.arguments.iter().try_for_each(|argument| argument.check(arguments))
    }

    /// Closes a connection to a peer that speaks another protocol, without an answer.
    fn foreign(&mut self, peer: Peer, protocol: &str, replies: &mut Replies) {
        let Some(session) = self.state.roster.session_mut(peer) else { return };
        if !session.closing {
            let (address, dialect) = (session.arrival.address, session.arrival.dialect);
            tracing::warn!(%address, %peer, dialect, "closed: the peer speaks {protocol}");
            self.state.roster.close(peer, replies);
        }
    }

    /// Answers a frame that is no request. Closes the connection after too many in a row.
    fn unreadable(&mut self, peer: Peer, frame: Unreadable, replies: &mut Replies) {
        let limit = self.state.limits.unreadable;
        let Some(session) = self.state.roster.session_mut(peer) else { return };
        if session.closing {
            return;
        }
        session.unreadable += 1;
        let too_many = session.unreadable >= limit;
        let Unreadable { error, tag } = frame;
        // The error is not logged: it quotes the frame, which may contain a password.
        tracing::debug!(%peer, "unreadable frame");
        self.respond(peer, unreadable(error, tag), replies);
        if too_many {
            tracing::info!(%peer, "closed: too many unreadable frames in a row");
            self.state.roster.close(peer, replies);
        }
    }
}

/// Whether an event may run while an earlier answer to its peer is outstanding.
fn may_overlap(event: &Event) -> bool {
    let Event::Asked(_, request) = event else { return false };
    commands::find(&request.name).is_some_and(|command| command.order == Order::Log)
}

/// The answer to a frame that is no request.
fn unreadable(error: ParseError, tag: Option<Value>) -> Response {
    Response::error("error", error).tagged(tag)
}
