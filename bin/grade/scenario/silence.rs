//! Silence in a scenario: what must not come, and how long to wait for it.

use std::time::{Duration, Instant};

use super::{PeerId, Scenario};
use crate::lag::Stopwatch;
use crate::patience::FreeTime;
use crate::peer::Incoming;
use crate::stop::Stop;
use crate::trace::What;
use crate::wire::{Awaited, Kind, Message, Reaction, Request, Response};

/// Longest wait, as a multiple of the time that the program needs.
const MOST: u32 = 50;

/// The waits of a thread count until it has computed for so long, or for the wait. A thread that spins
/// wants a processor for ever.
const ENOUGH: Duration = Duration::from_millis(100);

/// Longest poll.
pub(super) const SLICE: Duration = Duration::from_millis(50);

/// Time for a server to accept a connection, usually.
const ACCEPT: Duration = Duration::from_micros(200);

/// Steps in which a wait is measured.
const STEPS: u32 = 4;

impl Scenario {
    /// The free time from now on, for a wait in steps with the patience.
    pub(crate) fn free_time(&self) -> FreeTime {
        FreeTime::for_patience(self.program.gauge(), self.patience)
    }

    /// Waits until whatever the server still sends must have arrived: twice as long as its slowest
    /// delivery took. Only free time counts. A thread that wants a processor may have waited for it, which
    /// is known only when it has got one, so that it gets as much time again.
    pub(crate) fn settle(&mut self) -> Result<(), Stop> {
        let wait = self.pace.wait();
        let mut time = FreeTime::start(self.program.gauge(), wait.max(ENOUGH));
        loop {
            let until = Instant::now() + wait / STEPS;
            while Instant::now() < until {
                self.poll_for(until.saturating_duration_since(Instant::now()))?;
            }
            if time.with_pauses() < wait {
                continue;
            }
            let (free, wants) = time.measure();
            if free >= if wants { wait * 2 } else { wait } {
                return Ok(());
            }
            if time.with_pauses() >= wait * MOST {
                let why = "the machine was too busy to wait for what must not come";
                return Err(Stop::Undecided(why.to_owned()));
            }
        }
    }

    /// Drops what the server sends before the first request of a client. A check of its own tests that.
    pub(super) fn skip_greeting(&mut self, who: PeerId) -> Result<(), Stop> {
        for _ in 0..self.vocabulary.greeting.len() {
            self.incoming(who, "the greeting")?;
        }
        Ok(())
    }

    /// Ends a check with the end of a connection. It is the last step: the server may have closed the
    /// connection because of the last thing that was sent.
    fn ended(&mut self, who: PeerId, expected: &str, how: &str) -> Stop {
        let role = self.role(who);
        self.record(&role, how);
        self.differs(who, expected, how)
    }

    /// Expects a message with this text, and skips answers to earlier requests.
    pub(crate) fn expect_text_among_answers(
        &mut self,
        who: PeerId,
        text: &str,
    ) -> Result<(), Stop> {
        let expected = format!("the message {text:?}");
        let awaited = Awaited::Message { sender: None, text: Some(text) };
        self.awaiting(&awaited, |it| {
            loop {
                if let Response::Message(message) = it.next_response(who, &expected)?
                    && message.text == text
                {
                    return Ok(());
                }
            }
        })
    }

    /// Expects that nothing at all has arrived for a user, and that the connection is open.
    pub(crate) fn expect_no_frame(&mut self, who: PeerId, expected: &str) -> Result<(), Stop> {
        self.awaiting(&Awaited::Nothing, |it| it.no_frame(who, expected))
    }

    fn no_frame(&mut self, who: PeerId, expected: &str) -> Result<(), Stop> {
        let dialect = self.dialect;
        let Some(peer) = self.peer(who) else { return Ok(()) };
        match peer.next(dialect) {
            Incoming::Nothing => Ok(()),
            Incoming::End(how) => Err(self.ended(who, expected, &how)),
            Incoming::Frame(frame, came) => {
                let (role, words) = (self.role(who), self.decode(who, &frame).words());
                let got = words.clone();
                self.trace.record_at(came, &role, What::Received { words, bytes: frame.bytes });
                Err(self.differs(who, expected, &got))
            }
        }
    }

    /// Expects a user to receive no more messages.
    pub(crate) fn expect_silence(&mut self, who: PeerId) -> Result<(), Stop> {
        self.awaiting(&Awaited::Nothing, |it| it.silence(who))
    }

    fn silence(&mut self, who: PeerId) -> Result<(), Stop> {
        self.settle()?;
        let dialect = self.dialect;
        while let Some(peer) = self.peer(who) {
            match peer.next(dialect) {
                Incoming::Nothing => return self.sync(who),
                Incoming::End(_) => return Ok(()),
                Incoming::Frame(frame, came) => {
                    let response = self.decode(who, &frame);
                    let (role, words) = (self.role(who), response.words());
                    let what = What::Received { words, bytes: frame.bytes };
                    self.trace.record_at(came, &role, what);
                    if matches!(response, Response::Message(_) | Response::Unexpected(_)) {
                        return Err(self.differs(who, "no more messages", &response.words()));
                    }
                }
            }
        }
        Ok(())
    }

    /// Lets the server serve this user once, and expects nothing but the answer. So the server has
    /// handled whatever came before, as far as it handles one thing after another.
    pub(crate) fn sync(&mut self, who: PeerId) -> Result<(), Stop> {
        self.sync_except(who, |_| false)
    }

    /// Same as [`sync`](Scenario::sync), but allows responses that fit.
    pub(crate) fn sync_except(
        &mut self,
        who: PeerId,
        fits: impl Fn(&Response) -> bool,
    ) -> Result<(), Stop> {
        let Some(request) = self.harmless_request(who) else { return self.settle() };
        let is_listing = request == Request::Names && self.participant(who).is_logged_in;
        self.request(who, request)?;
        let awaited = if is_listing { Awaited::Answer("names") } else { Awaited::Refusal(None) };
        self.awaiting(&awaited, |it| it.only_answer(who, fits))
    }

    /// Expects an answer to the latest request, and nothing before it but responses that fit.
    fn only_answer(&mut self, who: PeerId, fits: impl Fn(&Response) -> bool) -> Result<(), Stop> {
        loop {
            match self.next_response(who, "the answer to this request")? {
                Response::Names(_) | Response::Error(_) | Response::UnmarkedError(_) => {
                    return Ok(());
                }
                response if fits(&response) => {}
                other => {
                    let expected = "only the answer to this request";
                    return Err(self.differs(who, expected, &other.words()));
                }
            }
        }
    }

    /// Waits a little, and takes the messages that have arrived for a user. Keeps earlier messages that
    /// come in frames of their own.
    pub(crate) fn messages_so_far(&mut self, who: PeerId) -> Result<Vec<Message>, Stop> {
        self.poll_for(SLICE)?;
        let (dialect, mut messages) = (self.dialect, Vec::new());
        while let Some(peer) = self.peer(who) {
            let Incoming::Frame(frame, came) = peer.next(dialect) else { break };
            let response = self.decode(who, &frame);
            let (role, words) = (self.role(who), response.words());
            self.trace.record_at(came, &role, What::Received { words, bytes: frame.bytes });
            match response {
                Response::Message(message) => messages.push(message),
                Response::History(past) => self.participant(who).history.extend(past),
                _ => {}
            }
        }
        Ok(messages)
    }

    /// Drops every response that has arrived for a user.
    pub(crate) fn skip_answers(&mut self, who: PeerId) -> Result<(), Stop> {
        let dialect = self.dialect;
        while let Some(peer) = self.peer(who) {
            match peer.next(dialect) {
                Incoming::Frame(frame, came) => {
                    let (role, words) = (self.role(who), self.decode(who, &frame).words());
                    self.trace.record_at(came, &role, What::Received { words, bytes: frame.bytes });
                }
                Incoming::End(how) => {
                    return Err(self.ended(who, "the connection stays open", &how));
                }
                Incoming::Nothing => {
                    peer.pending.clear();
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Expects the server to serve a client that is not logged in, with whatever answer.
    pub(crate) fn is_served(&mut self, who: PeerId) -> Result<(), Stop> {
        let (request, reaction) = self.request_of_strangers();
        self.request(who, request)?;
        let expected = "any answer, because the server still runs";
        match self.incoming(who, expected)? {
            Incoming::Frame(..) => Ok(()),
            Incoming::End(how) => {
                // Whether a server may end the connection of a stranger, another check tests.
                if reaction == Reaction::Ends && self.is_alive() {
                    return Ok(());
                }
                let role = self.role(who);
                Err(self.differs_or_ended(&role, expected, &how))
            }
            Incoming::Nothing => Err(self.differs(who, expected, "nothing")),
        }
    }

    /// Waits until the server has accepted all connections, as far as the system tells. Returns whether it has done so
    /// in time.
    pub(crate) fn wait_for_room(&mut self) -> Result<bool, Stop> {
        let watch = Stopwatch::start();
        while self.program.lets_wait(self.address.port()) {
            if watch.elapsed() >= self.patience {
                return Ok(false);
            }
            self.poll_for(ACCEPT)?;
        }
        Ok(true)
    }

    /// A request that changes nothing and is answered by this server; `None` if there is none.
    fn harmless_request(&mut self, who: PeerId) -> Option<Request> {
        if !self.participant(who).is_logged_in {
            let (request, reaction) = self.request_of_strangers();
            return (reaction == Reaction::Answers).then_some(request);
        }
        if self.vocabulary.listing().is_some() {
            return Some(Request::Names);
        }
        self.vocabulary.answers_unknown.then(|| Request::Unknown(self.words.word()))
    }

    /// A request from a client that is not logged in, which this server refuses, and how it does that.
    fn request_of_strangers(&mut self) -> (Request, Reaction) {
        for wanted in [Reaction::Answers, Reaction::Ends] {
            for kind in [Kind::Names, Kind::Login, Kind::Say] {
                if self.vocabulary.reaction(kind) == Some(wanted) {
                    let request = match kind {
                        Kind::Names => Request::Names,
                        Kind::Login => Request::Login("!!".to_owned()),
                        _ => Request::Say(self.text()),
                    };
                    return (request, wanted);
                }
            }
        }
        (Request::Login("!!".to_owned()), Reaction::Ignores)
    }
}
