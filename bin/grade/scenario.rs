//! A scenario of a server check: the server under test, the users that the grader plays, and the
//! trace of their steps.
//!
//! Each method is one step of the story that a check tells: a user connects, sends a request,
//! expects a response. An unexpected response ends the check with a difference. If only the machine
//! is to blame, the check ends undecided.

mod endings;
mod incoming;
mod logins;
mod played;
mod polling;
mod silence;
#[cfg(test)]
mod tests;

pub(crate) use self::played::{Haste, Stage};

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket};

use crate::course::Course;
use crate::pace::Pace;
use crate::peer::{self, Peer};
use crate::program::{Program, Trouble};
use crate::seed::Words;
use crate::stop::Stop;
use crate::trace::{Trace, What};
use crate::wire::{Dialect, Message, Request, Vocabulary};

/// Time for the program to exit after its connection has ended.
const ENDING: Duration = Duration::from_millis(200);

/// Identifies one participant of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PeerId(usize);

/// A user whom the grader plays. `peer` is `None` after the user has disconnected.
struct Participant {
    role: String,
    peer: Option<Peer>,
    /// The server has sent at least one frame to this user.
    was_answered: bool,
    /// The name of the last login request.
    name: Option<String>,
    /// The server has accepted a login, and no logout after it.
    is_logged_in: bool,
    /// Earlier messages that came in separate frames.
    history: Vec<Message>,
    /// When something was sent that this user gets an answer or a message for, if nothing has come since.
    waits_since: Option<Instant>,
}

pub(crate) struct Scenario {
    pub(crate) program: Program,
    pub(crate) address: SocketAddr,
    pub(crate) dialect: Dialect,
    pub(crate) course: Arc<Course>,
    /// How the server talks.
    pub(crate) vocabulary: Arc<Vocabulary>,
    pub(crate) pace: Arc<Pace>,
    pub(crate) words: Words,
    pub(crate) trace: Trace,
    /// Longest wait for an answer.
    pub(crate) patience: Duration,
    participants: Vec<Participant>,
    /// Login names, by role.
    names: HashMap<String, String>,
    /// The texts of all messages.
    said: Vec<String>,
    /// The user who hears what others say, on a server that sends no message to its sender.
    hearer: Option<PeerId>,
    /// The last time at which all users were polled.
    polled_at: Instant,
}

/// Everything that a [`Scenario`] is built from.
pub(crate) struct Setup {
    pub(crate) program: Program,
    pub(crate) address: SocketAddr,
    pub(crate) dialect: Dialect,
    pub(crate) course: Arc<Course>,
    pub(crate) vocabulary: Arc<Vocabulary>,
    pub(crate) pace: Arc<Pace>,
    pub(crate) words: Words,
    pub(crate) trace: Trace,
    pub(crate) patience: Duration,
}

#[expect(
    clippy::indexing_slicing,
    reason = "a `PeerId` is an index, and no participant is removed"
)]
impl Scenario {
    pub(crate) fn new(setup: Setup) -> Scenario {
        let Setup { program, address, dialect, course, vocabulary, pace, words, trace, patience } =
            setup;
        let (participants, names) = (Vec::new(), HashMap::new());
        Scenario {
            program,
            address,
            dialect,
            course,
            vocabulary,
            pace,
            words,
            trace,
            patience,
            participants,
            names,
            said: Vec::new(),
            hearer: None,
            polled_at: Instant::now(),
        }
    }

    /// Returns the login name of a role, always the same one.
    pub(crate) fn name(&mut self, role: &str) -> String {
        if let Some(name) = self.names.get(role) {
            return name.clone();
        }
        // The name begins like the role, so that a report is easy to read.
        let letters: String = role.chars().filter(char::is_ascii_lowercase).collect();
        let name = loop {
            let name = letters.clone() + &self.words.short_word();
            if !self.names.values().any(|other| *other == name) {
                break name;
            }
        };
        self.names.insert(role.to_owned(), name.clone());
        self.trace.add_name(&name);
        name
    }

    /// Makes up a text for a message.
    pub(crate) fn text(&mut self) -> String {
        self.words.text()
    }

    /// Connects a user, who ignores what this server sends before the first request.
    pub(crate) fn connect(&mut self, role: &str) -> Result<PeerId, Stop> {
        let who = self.meet(role)?;
        self.skip_greeting(who)?;
        Ok(who)
    }

    /// Connects a user.
    pub(crate) fn meet(&mut self, role: &str) -> Result<PeerId, Stop> {
        self.connect_with(role, Peer::connect)
    }

    /// Connects a user who reads nothing until a check waits for one of its frames. Its receive
    /// buffer is small, so the server's writes soon block.
    pub(crate) fn connect_without_reading(&mut self, role: &str) -> Result<PeerId, Stop> {
        self.connect_with(role, Peer::connect_with_a_small_buffer)
    }

    fn connect_with(
        &mut self,
        role: &str,
        connect: fn(Socket, SocketAddr) -> io::Result<Peer>,
    ) -> Result<PeerId, Stop> {
        self.record(role, "connects");
        let socket = self.program.network().socket(Domain::for_address(self.address));
        match socket.and_then(|socket| connect(socket, self.address)) {
            Ok(peer) => {
                let (role, peer) = (role.to_owned(), Some(peer));
                self.participants.push(Participant {
                    role,
                    peer,
                    was_answered: false,
                    name: None,
                    is_logged_in: false,
                    history: Vec::new(),
                    waits_since: None,
                });
                Ok(PeerId(self.participants.len() - 1))
            }
            Err(error) if peer::is_local_shortage(&error) => Err(Stop::Undecided(format!(
                "this machine has no socket or port left for a connection: {error}"
            ))),
            Err(error) => {
                let got = peer::describe(&error);
                Err(self.differs_or_ended(role, "the server accepts the connection", &got))
            }
        }
    }

    /// Ends all connections with a reset, so that the system does not keep the server's port for a minute.
    pub(crate) fn reset_connections(&mut self) {
        self.participants.iter_mut().filter_map(|it| it.peer.take()).for_each(Peer::reset);
    }

    /// Sends a request.
    pub(crate) fn request(&mut self, who: PeerId, request: Request) -> Result<(), Stop> {
        let bytes = self.dialect.encode(&request);
        self.add_pending(who, &request);
        self.send(who, &request.words(), &bytes)
    }

    /// Sends bytes in one write.
    pub(crate) fn send(&mut self, who: PeerId, words: &str, bytes: &[u8]) -> Result<(), Stop> {
        let role = self.role(who);
        self.poll_now();
        self.trace.record(&role, What::Sent { words: words.to_owned(), bytes: bytes.to_vec() });
        let sent = self.peer(who).map_or(Ok(()), |peer| peer.send(bytes));
        sent.map_err(|error| {
            let got = peer::describe(&error);
            self.differs_or_ended(&role, "the server receives the bytes that were sent", &got)
        })
    }

    /// Registers a request that is not sent with [`request`](Scenario::request), so that its answer
    /// can be decoded.
    pub(crate) fn add_pending(&mut self, who: PeerId, request: &Request) {
        match request {
            Request::Login(name) => self.participant(who).name = Some(name.clone()),
            Request::Say(text) => {
                self.said.push(text.clone());
                self.everyone_waits();
            }
            _ => {}
        }
        self.participant(who).waits_since.get_or_insert_with(Instant::now);
        if let Some(peer) = self.peer(who) {
            peer.expect_answer_to(request);
        }
    }

    /// Starts the clock for the delivery of a message.
    fn everyone_waits(&mut self) {
        let now = Instant::now();
        for participant in &mut self.participants {
            participant.waits_since.get_or_insert(now);
        }
    }

    /// Closes the sending half of a connection.
    pub(crate) fn shut_down_write(&mut self, who: PeerId) {
        let role = self.role(who);
        self.record(&role, "closes its sending half");
        // If this fails the connection is already gone, and the next read reports that.
        let _ = self.peer(who).map(|peer| peer.shut_down_write());
    }

    /// Drops steps from the middle of a long trace. For checks that repeat the same step many
    /// times.
    pub(crate) fn shorten_trace(&mut self) {
        self.trace.shorten();
    }

    /// Expects the server to exit, after it was asked to.
    pub(crate) fn expect_exit(&mut self) -> Result<(), Stop> {
        let until = Instant::now() + self.patience * 2;
        match self.program.wait_end(until) {
            Some(ended) => {
                self.record("server", &format!("exited: {ended}"));
                Ok(())
            }
            None => Err(Stop::differs("server", "the server exits", "it is still running")),
        }
    }

    /// Closes the connection of a user.
    pub(crate) fn disconnect(&mut self, who: PeerId) {
        let role = self.role(who);
        self.record(&role, "closes the connection");
        if let Some(peer) = self.remove(who) {
            peer.close();
        }
    }

    /// Resets the connection of a user, so that the server's next read or write fails.
    pub(crate) fn reset_connection(&mut self, who: PeerId) {
        let role = self.role(who);
        self.record(&role, "resets the connection");
        if let Some(peer) = self.remove(who) {
            peer.reset();
        }
    }

    pub(crate) fn peer(&mut self, who: PeerId) -> Option<&mut Peer> {
        self.participant(who).peer.as_mut()
    }

    fn remove(&mut self, who: PeerId) -> Option<Peer> {
        self.keep_reads(who);
        self.participant(who).peer.take()
    }

    /// Keeps the reads of a connection in the trace.
    fn keep_reads(&mut self, who: PeerId) {
        let Participant { role, peer, .. } = &mut self.participants[who.0];
        if let Some(peer) = peer {
            self.trace.add_reads(role, peer.take_log());
        }
    }

    /// Takes the trace at the end of the check.
    pub(crate) fn take_trace(&mut self) -> Trace {
        (0..self.participants.len()).map(PeerId).for_each(|who| self.keep_reads(who));
        std::mem::take(&mut self.trace)
    }

    /// The name of the user in the report.
    pub(crate) fn role(&self, who: PeerId) -> String {
        self.participants[who.0].role.clone()
    }

    fn participant(&mut self, who: PeerId) -> &mut Participant {
        &mut self.participants[who.0]
    }

    pub(crate) fn record(&mut self, who: &str, words: &str) {
        self.poll_now();
        self.trace.record(who, What::Did { words: words.to_owned() });
    }

    /// Why the server has ended or was killed, if so. If a connection has just ended, the server
    /// may be about to exit, so this waits briefly.
    fn trouble(&mut self) -> Option<Trouble> {
        let _ = self.program.wait_end(Instant::now() + ENDING);
        self.program.trouble()
    }

    /// Ends a check: with the server's exit, if it has exited, or else with this difference.
    fn differs_or_ended(&mut self, role: &str, expected: &str, got: &str) -> Stop {
        match self.trouble() {
            Some(trouble) => {
                self.record(
                    "server",
                    if trouble.is_end() { "has ended" } else { "was killed by the grader" },
                );
                Stop::trouble(role, expected, &trouble)
            }
            None => Stop::differs(role, expected, got),
        }
    }

    /// Ends a check with a difference at one user.
    pub(crate) fn differs(&self, who: PeerId, expected: &str, got: &str) -> Stop {
        Stop::differs(&self.role(who), expected, got)
    }
}

impl Drop for Scenario {
    /// Resets the remaining connections before the server ends. After a normal close the system
    /// would keep state for each of thousands of connections for a minute.
    fn drop(&mut self) {
        self.reset_connections();
    }
}
