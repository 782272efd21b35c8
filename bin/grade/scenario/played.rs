//! A transcript in a scenario: its people are participants, and what they send and receive is in the trace.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use transcript::{
    Action, Dialect, Difference, Fault, Incoming, Outcome, Rules, Step, Transcript, Wire,
};

use super::{PeerId, Scenario};
use crate::patience::patiently;
use crate::peer::Arrival;
use crate::stop::Stop;
use crate::trace::What;
use crate::wire::shortened;

/// Greatest number of frames for each of the others that a report shows, though no step has named them.
const UNSEEN: usize = 8;

/// Longest wait for the server to read a piece of a frame.
const READS: Duration = Duration::from_millis(200);

/// Interval between two looks at what the server has read.
const LOOK: Duration = Duration::from_millis(1);

/// A scenario in which a transcript is played.
pub(crate) struct Stage<'a> {
    scenario: &'a mut Scenario,
    people: HashMap<String, Person>,
    /// The line of the current step.
    line: usize,
    /// Whether the person of the current step connects and sends nothing.
    only_connects: bool,
    /// The server has not let a person wait in its listen queue for longer than the patience.
    accepts: bool,
    haste: Haste,
    /// The server may not yet have done everything that it had to do.
    unfinished: Option<Unfinished>,
}

/// What a server may still have to do.
enum Unfinished {
    /// It has to answer this person.
    Answer(String),
    /// It has to notice that someone has gone.
    Departure,
}

/// When people connect and send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Haste {
    /// As soon as the transcript lets them.
    AsWritten,
    /// When the server must have done whatever it had to do before.
    Unhurried,
}

/// A person who is or was connected.
struct Person {
    id: PeerId,
    /// The time of the last read.
    read_at: Instant,
    /// The time of the last send for which something may arrive.
    waits_since: Option<Instant>,
}

impl<'a> Stage<'a> {
    /// Plays a transcript. Returns the difference, if there is one, and the end of the check.
    pub(crate) fn play(
        scenario: &'a mut Scenario,
        transcript: &Transcript,
        haste: Haste,
    ) -> (Option<Difference>, Result<(), Stop>) {
        let mut stage = Stage {
            scenario,
            people: HashMap::new(),
            line: 0,
            only_connects: false,
            accepts: true,
            haste,
            unfinished: None,
        };
        match transcript::play(transcript, &Rules::default(), &mut stage) {
            Outcome::Passed => (None, Ok(())),
            Outcome::Undecided(why) => (None, Err(Stop::Undecided(why))),
            Outcome::Differs(difference) => {
                let Difference { who, expected, received, .. } = &difference;
                stage.record_unseen(who);
                let stop = stage.scenario.differs_or_ended(who, expected, received);
                (Some(difference), Err(stop))
            }
        }
    }

    /// Waits for the server before this person does anything, if people are not in a hurry.
    fn linger(&mut self, who: &str) -> Result<(), Fault> {
        match self.unfinished.take() {
            None => Ok(()),
            _ if self.haste == Haste::AsWritten => Ok(()),
            Some(Unfinished::Answer(other)) if other == who => Ok(()),
            Some(_) => self.settle(),
        }
    }

    fn person(&self, who: &str) -> Option<PeerId> {
        self.people.get(who).map(|person| person.id)
    }

    /// Records what others received and no step has named. A frame for the wrong person is among it.
    fn record_unseen(&mut self, except: &str) {
        let others = self.people.iter().filter(|(who, _)| *who != except);
        let others: Vec<(String, PeerId)> =
            others.map(|(who, person)| (who.clone(), person.id)).collect();
        for (who, id) in others {
            for _ in 0..UNSEEN {
                let read = self.scenario.peer(id).map(|peer| peer.next_read());
                let Some(Arrival::Bytes(bytes, at)) = read else { break };
                let words = format!("{} (no step before this names it)", label(&bytes));
                self.scenario.trace.record_at(at, &who, What::Received { words, bytes });
            }
        }
    }

    /// Takes the next read of a person.
    fn take(&mut self, who: &str) -> Incoming {
        let Some(person) = self.people.get_mut(who) else { return Incoming::Nothing };
        match self.scenario.peer(person.id).map_or(Arrival::Closed, |peer| peer.next_read()) {
            Arrival::Bytes(bytes, at) => {
                person.read_at = at;
                self.unfinished
                    .take_if(|it| matches!(it, Unfinished::Answer(other) if other == who));
                if let Some(since) = person.waits_since.take() {
                    self.scenario.pace.record(at.saturating_duration_since(since));
                }
                Incoming::Bytes(bytes)
            }
            Arrival::Closed => Incoming::Closed,
            Arrival::Broken => Incoming::Broken,
            Arrival::Nothing => Incoming::Nothing,
        }
    }
}

impl Wire for Stage<'_> {
    fn begin_step(&mut self, step: &Step) {
        self.line = step.place.line;
        self.only_connects = matches!(step.action, Action::Connects);
    }

    fn connect(&mut self, who: &str, _dialect: &Dialect) -> Result<(), Fault> {
        self.linger(who)?;
        let id = self.scenario.meet(who).map_err(fault)?;
        let person = Person { id, read_at: Instant::now(), waits_since: Some(Instant::now()) };
        self.people.insert(who.to_owned(), person);
        // A person who sends nothing would otherwise not be there yet when the next one acts.
        if self.only_connects && self.accepts {
            self.accepts = self.scenario.wait_for_room().map_err(fault)?;
        }
        Ok(())
    }

    fn send(&mut self, who: &str, bytes: &[u8]) -> Result<(), Fault> {
        let Some(id) = self.person(who) else { return Ok(()) };
        self.linger(who)?;
        let words = format!("{} (line {})", label(bytes), self.line);
        self.scenario.send(id, &words, bytes).map_err(fault)?;
        self.unfinished = Some(Unfinished::Answer(who.to_owned()));
        let now = Instant::now();
        for (name, person) in &mut self.people {
            // The sender waits for the answer to the first request, the others for the last message.
            if name != who || person.waits_since.is_none() {
                person.waits_since = Some(now);
            }
        }
        Ok(())
    }

    fn between_pieces(&mut self, who: &str) -> Result<(), Fault> {
        let Some(id) = self.person(who) else { return Ok(()) };
        self.scenario.wait_until_read(id, READS).map_err(fault)
    }

    fn receive(&mut self, who: &str) -> Result<Incoming, Fault> {
        let taken = self.take(who);
        let Some(id) = self.person(who).filter(|_| taken == Incoming::Nothing) else {
            return Ok(taken);
        };
        self.scenario.wait_for_bytes(id).map_err(fault)?;
        Ok(self.take(who))
    }

    fn arrived(&mut self, who: &str) -> Result<Incoming, Fault> {
        self.scenario.poll_now();
        Ok(self.take(who))
    }

    fn settle(&mut self) -> Result<(), Fault> {
        self.scenario.settle().map_err(fault)
    }

    fn saw_frame(&mut self, who: &str, frame: &[u8]) {
        let at = self.people.get(who).map_or_else(Instant::now, |person| person.read_at);
        let (words, bytes) = (format!("{} (line {})", label(frame), self.line), frame.to_vec());
        self.scenario.trace.record_at(at, who, What::Received { words, bytes });
    }

    fn stop_sending(&mut self, who: &str) {
        if let Some(id) = self.person(who) {
            self.scenario.shut_down_write(id);
            self.unfinished = Some(Unfinished::Departure);
        }
    }

    fn hang_up(&mut self, who: &str) {
        if let Some(person) = self.people.remove(who) {
            self.scenario.disconnect(person.id);
            self.unfinished = Some(Unfinished::Departure);
        }
    }

    fn break_off(&mut self, who: &str) {
        if let Some(person) = self.people.remove(who) {
            self.scenario.reset_connection(person.id);
            self.unfinished = Some(Unfinished::Departure);
        }
    }

    fn patience(&self) -> Duration {
        self.scenario.patience
    }
}

impl Scenario {
    /// Waits until something arrives for a user, up to the patience.
    fn wait_for_bytes(&mut self, who: PeerId) -> Result<(), Stop> {
        let mut failed = None;
        let gauge = self.program.gauge();
        patiently(&gauge, self.patience, "a frame", |until| {
            if let Err(error) = self.poll(Some(who), until) {
                failed = Some(error);
                return Some(());
            }
            self.peer(who).is_none_or(|peer| peer.has_queued() || peer.has_ended()).then_some(())
        })?;
        match failed {
            None => Ok(()),
            Some(error) => {
                Err(Stop::Undecided(format!("the grader cannot poll its sockets: {error}")))
            }
        }
    }

    /// Waits until the server has read what a user has sent, as far as the system tells, up to `most`.
    fn wait_until_read(&mut self, who: PeerId, most: Duration) -> Result<(), Stop> {
        let network = self.program.network();
        let addresses = self.peer(who).and_then(|peer| peer.addresses().ok());
        let Some((ours, theirs)) = addresses else { return Ok(()) };
        let gauge = self.program.gauge();
        let read = patiently(&gauge, most, "the server to read", |until| {
            let until = until.min(Instant::now() + LOOK);
            if network.unread(theirs, ours).is_none_or(|unread| unread == 0) {
                return Some(());
            }
            while Instant::now() < until && self.poll(None, until).is_ok() {}
            None
        });
        read.map(drop).map_err(Stop::from)
    }
}

fn fault(stop: Stop) -> Fault {
    match stop {
        Stop::Undecided(why) => Fault::Machine(why),
        Stop::Failed(difference) => Fault::Program(difference.got),
        Stop::Absent => Fault::Machine("the program does not have this feature".to_owned()),
    }
}

/// A frame in a few words: its request or response, or its beginning.
fn label(frame: &[u8]) -> String {
    let object: Option<Map<String, Value>> = serde_json::from_slice(frame).ok();
    let word = object.as_ref().and_then(|object| {
        let word = ["request", "response"].iter().find_map(|key| object.get(*key)?.as_str());
        let is_refused = object.get("error").is_some_and(Value::is_string);
        word.map(|word| if is_refused { format!("{word} refused") } else { word.to_owned() })
    });
    word.unwrap_or_else(|| shortened(frame.trim_ascii_end()))
}
