//! What a check acts on: the program that is graded, the people whom the grader plays, and the story
//! of what they did.
//!
//! The vocabulary is that of a story: somebody enters, asks, hears. Whatever does not come as it has
//! to ends the check, with the difference; what only the machine is to blame for ends it undecided.

mod incoming;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::peer::{self, Peer};
use crate::program::{Program, Trouble};
use crate::seed::Words;
use crate::stop::Stop;
use crate::trace::{Trace, What};
use crate::wire::{Dialect, Message, Request, Response};

/// How long after its connections a program ends that ends.
const ENDING: Duration = Duration::from_millis(200);

/// A moment.
const PAUSE: Duration = Duration::from_millis(50);

/// One of the people on the stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PeerId(usize);

/// One of the people, who may have left.
struct Participant {
    role: String,
    peer: Option<Peer>,
    /// It has heard something.
    was_answered: bool,
}

pub(crate) struct Scenario {
    pub(crate) program: Program,
    pub(crate) address: SocketAddr,
    pub(crate) dialect: Dialect,
    pub(crate) words: Words,
    pub(crate) trace: Trace,
    /// How long an answer may take.
    pub(crate) patience: Duration,
    participants: Vec<Participant>,
    /// The names under which the roles log in.
    names: HashMap<String, String>,
}

impl Scenario {
    pub(crate) fn new(
        program: Program,
        address: SocketAddr,
        dialect: Dialect,
        words: Words,
        trace: Trace,
        patience: Duration,
    ) -> Scenario {
        let (participants, names) = (Vec::new(), HashMap::new());
        Scenario { program, address, dialect, words, trace, patience, participants, names }
    }

    /// The name under which a role logs in; the same whenever it is asked for.
    pub(crate) fn name(&mut self, role: &str) -> String {
        if let Some(name) = self.names.get(role) {
            return name.clone();
        }
        // It begins like the role, so that a report can be read.
        let letters = role.chars().filter(char::is_ascii_lowercase);
        let name = letters.collect::<String>() + &self.words.word();
        self.names.insert(role.to_owned(), name.clone());
        self.trace.add_name(&name);
        name
    }

    /// Something to say.
    pub(crate) fn text(&mut self) -> String {
        self.words.text()
    }

    /// Somebody connects.
    pub(crate) fn connect(&mut self, role: &str) -> Result<PeerId, Stop> {
        self.connect_with(role, Peer::connect)
    }

    /// Somebody connects for whom little comes in before it reads.
    pub(crate) fn connect_without_reading(&mut self, role: &str) -> Result<PeerId, Stop> {
        self.connect_with(role, Peer::connect_with_a_small_buffer)
    }

    fn connect_with(
        &mut self,
        role: &str,
        connect: fn(SocketAddr) -> io::Result<Peer>,
    ) -> Result<PeerId, Stop> {
        self.record(role, "connects");
        match connect(self.address) {
            Ok(peer) => {
                let (role, peer) = (role.to_owned(), Some(peer));
                self.participants.push(Participant { role, peer, was_answered: false });
                Ok(PeerId(self.participants.len() - 1))
            }
            Err(error) if peer::is_local_shortage(&error) => {
                Err(Stop::Undecided(format!("this machine has no connection to give: {error}")))
            }
            Err(error) => {
                let got = peer::describe(&error);
                Err(self.differs_or_ended(role, "the server takes the connection", &got))
            }
        }
    }

    /// Somebody connects and logs in under the name of the role.
    pub(crate) fn log_in(&mut self, role: &str) -> Result<PeerId, Stop> {
        let who = self.connect(role)?;
        let name = self.name(role);
        self.log_in_as(who, &name)?;
        Ok(who)
    }

    /// Somebody who is connected logs in under this name, and is told so.
    pub(crate) fn log_in_as(&mut self, who: PeerId, name: &str) -> Result<Vec<Message>, Stop> {
        self.request(who, Request::Login(name.to_owned()))?;
        match self.expect(who, "the answer to the login", |response| {
            matches!(response, Response::LoggedIn { .. })
        })? {
            Response::LoggedIn { backlog } => Ok(backlog),
            _ => Ok(Vec::new()),
        }
    }

    /// Somebody asks for something.
    pub(crate) fn request(&mut self, who: PeerId, ask: Request) -> Result<(), Stop> {
        let bytes = self.dialect.encode(&ask);
        self.add_pending(who, &ask);
        self.send(who, &ask.words(), &bytes)
    }

    /// Somebody sends bytes, in one write.
    pub(crate) fn send(&mut self, who: PeerId, words: &str, bytes: &[u8]) -> Result<(), Stop> {
        let role = self.role(who);
        self.poll_now();
        self.trace.record(&role, What::Sent { words: words.to_owned(), bytes: bytes.to_vec() });
        let sent = self.peer(who).map_or(Ok(()), |peer| peer.send(bytes));
        sent.map_err(|error| {
            let got = peer::describe(&error);
            self.differs_or_ended(&role, "the server takes what is sent to it", &got)
        })
    }

    /// An answer to this is to come, which is not sent with [`asks`](Stage::asks).
    pub(crate) fn add_pending(&mut self, who: PeerId, ask: &Request) {
        if let Some(peer) = self.peer(who) {
            peer.expect_answer_to(ask);
        }
    }

    /// Somebody says that it sends nothing more.
    pub(crate) fn shut_down_write(&mut self, who: PeerId) {
        let role = self.role(who);
        self.record(&role, "closes its sending half");
        // Where that fails there is no connection any more, and that will be heard.
        let _ = self.peer(who).map(|peer| peer.shut_down_write());
    }

    /// A moment passes, and whatever comes meanwhile is heard.
    pub(crate) fn pause(&mut self) {
        let until = Instant::now() + PAUSE;
        // If it cannot be waited, whoever waits for something in particular will say so.
        while Instant::now() < until && self.poll(None, until).is_ok() {}
    }

    /// Whatever has come by now is heard before anything else happens.
    fn poll_now(&mut self) {
        let _ = self.poll(None, Instant::now());
    }

    /// Waits until anything comes to anybody, or the deadline. Whoever sleeps hears nothing, unless it
    /// is looked at.
    fn poll(&mut self, looked_at: Option<PeerId>, until: Instant) -> io::Result<()> {
        let participants = self.participants.iter_mut().enumerate();
        let there = participants.filter_map(|(number, participant)| {
            Some((looked_at == Some(PeerId(number)), participant.peer.as_mut()?))
        });
        peer::poll_peers(there, until)
    }

    /// What was done last is one of many that are alike, and no part of the report.
    pub(crate) fn shorten_trace(&mut self) {
        self.trace.shorten();
    }

    /// The program has been asked to end, and ends.
    pub(crate) fn expect_exit(&mut self) -> Result<(), Stop> {
        let until = Instant::now() + self.patience * 2;
        match self.program.wait_end(until) {
            Some(ended) => {
                self.record("server", &format!("ended: {ended}"));
                Ok(())
            }
            None => Err(Stop::differs("server", "it ends", "it goes on")),
        }
    }

    /// Somebody is gone: it closes its socket.
    pub(crate) fn disconnect(&mut self, who: PeerId) {
        let role = self.role(who);
        self.record(&role, "hangs up");
        self.remove(who);
    }

    /// Somebody is gone as if its machine were: the connection is reset.
    pub(crate) fn reset_connection(&mut self, who: PeerId) {
        let role = self.role(who);
        self.record(&role, "vanishes: its connection is reset");
        if let Some(peer) = self.remove(who) {
            // Where that cannot be had it is gone all the same.
            let _ = peer.reset_on_drop();
        }
    }

    pub(crate) fn peer(&mut self, who: PeerId) -> Option<&mut Peer> {
        self.participants.get_mut(who.0).and_then(|participant| participant.peer.as_mut())
    }

    fn remove(&mut self, who: PeerId) -> Option<Peer> {
        self.participants.get_mut(who.0).and_then(|participant| participant.peer.take())
    }

    /// What somebody is called in the report.
    pub(crate) fn role(&self, who: PeerId) -> String {
        self.participants
            .get(who.0)
            .map_or_else(String::new, |participant| participant.role.clone())
    }

    pub(crate) fn record(&mut self, who: &str, words: &str) {
        self.poll_now();
        self.trace.record(who, What::Did { words: words.to_owned() });
    }

    /// The program has ended, or had to be ended: why. When a connection has ended, the program may be
    /// about to.
    fn trouble(&mut self) -> Option<Trouble> {
        let _ = self.program.wait_end(Instant::now() + ENDING);
        self.program.trouble()
    }

    /// What ends a check: that the program has ended, if it has; else this.
    fn differs_or_ended(&mut self, role: &str, expected: &str, got: &str) -> Stop {
        match self.trouble() {
            Some(trouble) => {
                self.record(
                    "server",
                    if trouble.is_end() { "has ended" } else { "had to be ended" },
                );
                Stop::trouble(role, expected, &trouble)
            }
            None => Stop::differs(role, expected, got),
        }
    }

    /// What ends a check, at somebody.
    pub(crate) fn differs(&self, who: PeerId, expected: &str, got: &str) -> Stop {
        Stop::differs(&self.role(who), expected, got)
    }
}

impl Drop for Scenario {
    /// Whoever is still there goes before the program does, and with a reset: else the system would
    /// remember each of thousands of connections for a minute.
    fn drop(&mut self) {
        for peer in self.participants.iter_mut().filter_map(|participant| participant.peer.take()) {
            let _ = peer.reset_on_drop();
        }
    }
}
