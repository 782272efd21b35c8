//! What a check acts on: the program that is graded, the people whom the grader plays, and the story
//! of what they did.
//!
//! The vocabulary is that of a story: somebody enters, asks, hears. Whatever does not come as it has
//! to ends the check, with the difference; what only the machine is to blame for ends it undecided.

mod hearing;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::check::Stop;
use crate::peer::{self, Peer};
use crate::program::{Program, Trouble};
use crate::seed::Words;
use crate::story::{Story, What};
use crate::wire::{Ask, Dialect, Heard, Line};

/// How long after its connections a program ends that ends.
const ENDING: Duration = Duration::from_millis(200);

/// A moment.
const PAUSE: Duration = Duration::from_millis(50);

/// One of the people on the stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Who(usize);

/// One of the people, who may have left.
struct Person {
    role: String,
    peer: Option<Peer>,
    /// It has heard something.
    was_answered: bool,
}

pub(crate) struct Stage {
    pub(crate) program: Program,
    pub(crate) address: SocketAddr,
    pub(crate) dialect: Dialect,
    pub(crate) words: Words,
    pub(crate) story: Story,
    /// How long an answer may take.
    pub(crate) patience: Duration,
    people: Vec<Person>,
    /// The names under which the roles log in.
    names: HashMap<String, String>,
}

impl Stage {
    pub(crate) fn new(
        program: Program,
        address: SocketAddr,
        dialect: Dialect,
        words: Words,
        story: Story,
        patience: Duration,
    ) -> Stage {
        let (people, names) = (Vec::new(), HashMap::new());
        Stage { program, address, dialect, words, story, patience, people, names }
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
        self.story.knows(&name);
        name
    }

    /// Something to say.
    pub(crate) fn text(&mut self) -> String {
        self.words.text()
    }

    /// Somebody connects.
    pub(crate) fn enters(&mut self, role: &str) -> Result<Who, Stop> {
        self.comes(role, Peer::connect)
    }

    /// Somebody connects for whom little comes in before it reads.
    pub(crate) fn enters_and_never_reads(&mut self, role: &str) -> Result<Who, Stop> {
        self.comes(role, Peer::connect_with_a_small_buffer)
    }

    fn comes(
        &mut self,
        role: &str,
        connect: fn(SocketAddr) -> io::Result<Peer>,
    ) -> Result<Who, Stop> {
        self.did(role, "connects");
        match connect(self.address) {
            Ok(peer) => {
                let (role, peer) = (role.to_owned(), Some(peer));
                self.people.push(Person { role, peer, was_answered: false });
                Ok(Who(self.people.len() - 1))
            }
            Err(error) if peer::is_of_our_own(&error) => {
                Err(Stop::Undecided(format!("this machine has no connection to give: {error}")))
            }
            Err(error) => {
                let got = peer::words(&error);
                Err(self.differs_or_ended(role, "the server takes the connection", &got))
            }
        }
    }

    /// Somebody connects and logs in under the name of the role.
    pub(crate) fn logs_in(&mut self, role: &str) -> Result<Who, Stop> {
        let who = self.enters(role)?;
        let name = self.name(role);
        self.is_let_in(who, &name)?;
        Ok(who)
    }

    /// Somebody who is connected logs in under this name, and is told so.
    pub(crate) fn is_let_in(&mut self, who: Who, name: &str) -> Result<Vec<Line>, Stop> {
        self.asks(who, Ask::Login(name.to_owned()))?;
        match self
            .hears(who, "the answer to the login", |heard| matches!(heard, Heard::In { .. }))?
        {
            Heard::In { backlog } => Ok(backlog),
            _ => Ok(Vec::new()),
        }
    }

    /// Somebody asks for something.
    pub(crate) fn asks(&mut self, who: Who, ask: Ask) -> Result<(), Stop> {
        let bytes = self.dialect.encode(&ask);
        self.expects(who, &ask);
        self.sends(who, &ask.words(), &bytes)
    }

    /// Somebody sends bytes, in one write.
    pub(crate) fn sends(&mut self, who: Who, words: &str, bytes: &[u8]) -> Result<(), Stop> {
        let role = self.role(who);
        self.hear_what_came();
        self.story.tell(&role, What::Sent { words: words.to_owned(), bytes: bytes.to_vec() });
        let sent = self.peer(who).map_or(Ok(()), |peer| peer.send(bytes));
        sent.map_err(|error| {
            let got = peer::words(&error);
            self.differs_or_ended(&role, "the server takes what is sent to it", &got)
        })
    }

    /// An answer to this is to come, which is not sent with [`asks`](Stage::asks).
    pub(crate) fn expects(&mut self, who: Who, ask: &Ask) {
        if let Some(peer) = self.peer(who) {
            peer.expects(ask);
        }
    }

    /// Somebody says that it sends nothing more.
    pub(crate) fn finishes(&mut self, who: Who) {
        let role = self.role(who);
        self.did(&role, "closes its sending half");
        // Where that fails there is no connection any more, and that will be heard.
        let _ = self.peer(who).map(|peer| peer.finish());
    }

    /// A moment passes, and whatever comes meanwhile is heard.
    pub(crate) fn pauses(&mut self) {
        let until = Instant::now() + PAUSE;
        // If it cannot be waited, whoever waits for something in particular will say so.
        while Instant::now() < until && self.listen(None, until).is_ok() {}
    }

    /// Whatever has come by now is heard before anything else happens.
    fn hear_what_came(&mut self) {
        let _ = self.listen(None, Instant::now());
    }

    /// Waits until anything comes to anybody, or the deadline. Whoever sleeps hears nothing, unless it
    /// is looked at.
    fn listen(&mut self, looked_at: Option<Who>, until: Instant) -> io::Result<()> {
        let people = self.people.iter_mut().enumerate();
        let there = people.filter_map(|(number, person)| {
            Some((looked_at == Some(Who(number)), person.peer.as_mut()?))
        });
        peer::listen(there, until)
    }

    /// What was done last is one of many that are alike, and no part of the report.
    pub(crate) fn forgets_steps(&mut self) {
        self.story.shorten();
    }

    /// The program has been asked to end, and ends.
    pub(crate) fn has_ended(&mut self) -> Result<(), Stop> {
        let until = Instant::now() + self.patience * 2;
        match self.program.wait_end(until) {
            Some(ended) => {
                self.did("server", &format!("ended: {ended}"));
                Ok(())
            }
            None => Err(Stop::differs("server", "it ends", "it goes on")),
        }
    }

    /// Somebody is gone: it closes its socket.
    pub(crate) fn hangs_up(&mut self, who: Who) {
        let role = self.role(who);
        self.did(&role, "hangs up");
        self.leaves(who);
    }

    /// Somebody is gone as if its machine were: the connection is reset.
    pub(crate) fn vanishes(&mut self, who: Who) {
        let role = self.role(who);
        self.did(&role, "vanishes: its connection is reset");
        if let Some(peer) = self.leaves(who) {
            // Where that cannot be had it is gone all the same.
            let _ = peer.will_reset();
        }
    }

    pub(crate) fn peer(&mut self, who: Who) -> Option<&mut Peer> {
        self.people.get_mut(who.0).and_then(|person| person.peer.as_mut())
    }

    fn leaves(&mut self, who: Who) -> Option<Peer> {
        self.people.get_mut(who.0).and_then(|person| person.peer.take())
    }

    /// What somebody is called in the report.
    pub(crate) fn role(&self, who: Who) -> String {
        self.people.get(who.0).map_or_else(String::new, |person| person.role.clone())
    }

    pub(crate) fn did(&mut self, who: &str, words: &str) {
        self.hear_what_came();
        self.story.tell(who, What::Did { words: words.to_owned() });
    }

    /// The program has ended, or had to be ended: why. When a connection has ended, the program may be
    /// about to.
    fn ended(&mut self) -> Option<Trouble> {
        let _ = self.program.wait_end(Instant::now() + ENDING);
        self.program.trouble()
    }

    /// What ends a check: that the program has ended, if it has; else this.
    fn differs_or_ended(&mut self, role: &str, expected: &str, got: &str) -> Stop {
        match self.ended() {
            Some(trouble) => {
                self.did("server", if trouble.is_end() { "has ended" } else { "had to be ended" });
                Stop::trouble(role, expected, &trouble)
            }
            None => Stop::differs(role, expected, got),
        }
    }

    /// What ends a check, at somebody.
    pub(crate) fn differs(&self, who: Who, expected: &str, got: &str) -> Stop {
        Stop::differs(&self.role(who), expected, got)
    }
}

impl Drop for Stage {
    /// Whoever is still there goes before the program does, and with a reset: else the system would
    /// remember each of thousands of connections for a minute.
    fn drop(&mut self) {
        for peer in self.people.iter_mut().filter_map(|person| person.peer.take()) {
            let _ = peer.will_reset();
        }
    }
}
