//! The steps of a transcript as events.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use transcript::{Action, Bindings, Dialect, Expected, Sent, Transcript};

use crate::arguments;
use crate::event::{Both, Event, Frame, Kind, Read, Way, What};
use crate::meaning::{Meaning, Talk};
use crate::record::line;

/// Greatest number of bytes of a frame that an event has, as in a run.
const SHOWN: usize = 4096;

/// Greatest number of reads that an event lists.
const READS: usize = 64;

/// The events of a transcript in the making.
pub(super) struct Steps<'a> {
    transcript: &'a Transcript,
    people: BTreeMap<String, Person>,
    /// The people who are connected.
    present: BTreeSet<String>,
    bindings: Bindings,
    frames: u64,
    /// The line of the step.
    at: f64,
    lines: Vec<String>,
}

/// One person of a transcript.
struct Person {
    client: u64,
    dialect: Dialect,
    talk: Talk,
    /// The number of bytes of each direction so far.
    bytes: Both<u64>,
    /// The number of writes of this person so far.
    writes: u64,
}

/// One frame, before it has a number.
struct Part<'b> {
    way: Way,
    meaning: Meaning,
    bytes: &'b [u8],
    lead: usize,
    trail: usize,
    reads: Vec<Read>,
}

impl Steps<'_> {
    /// Writes the events of a transcript.
    pub(super) fn of(transcript: &Transcript) -> Vec<String> {
        let mut steps = Steps {
            transcript,
            people: BTreeMap::new(),
            present: BTreeSet::new(),
            bindings: Bindings::default(),
            frames: 0,
            at: 0.0,
            lines: Vec::new(),
        };
        let (listen, dialect) = (transcript.file.clone(), transcript.dialect.to_string());
        steps.event(0, What::Started { listen, to: String::new(), dialect, lines: true });
        for (index, who) in transcript.people().enumerate() {
            steps.meet(index as u64 + 1, who);
        }
        for step in &transcript.steps {
            steps.at = step.place.line as f64;
            steps.step(&step.who, &step.action);
        }
        steps.lines
    }

    fn meet(&mut self, client: u64, who: &str) {
        let dialect = self.transcript.dialect_of(who).clone();
        // A transcript can name a dialect that the layers do not have. Its frames are texts.
        let spoken = arguments::dialect(&dialect.to_string());
        let spoken = spoken.or_else(|_| arguments::dialect("plain")).map(|spoken| spoken.0);
        let Ok(spoken) = spoken else { return };
        let talk = Talk::new(&Arc::clone(&spoken));
        self.event(client, What::Named { name: who.to_owned() });
        self.event(client, What::Dialect { dialect: dialect.to_string() });
        let person = Person { client, dialect, talk, bytes: Both::default(), writes: 0 };
        self.people.insert(who.to_owned(), person);
    }

    fn event(&mut self, client: u64, what: What) {
        self.lines.push(line(&Event { at: self.at, client, what }).to_string());
    }

    fn step(&mut self, who: &str, action: &Action) {
        let Some(mut person) = self.people.remove(who) else { return };
        let client = person.client;
        if self.present.insert(who.to_owned()) {
            self.event(client, What::Opened { peer: String::new() });
        }
        match action {
            Action::Connects => {}
            Action::Sends(sent) => self.sends(&mut person, sent),
            Action::Receives(frames) => {
                if frames.len() > 1 {
                    let text = format!("the next {} frames come in any order", frames.len());
                    self.event(client, What::Note { text });
                }
                frames.iter().for_each(|expected| self.receives(&mut person, expected));
            }
            Action::ReceivesBytes(bytes) => {
                let bytes = bytes.fill(&self.bindings);
                let meaning = person.talk.response(bytes.trim_ascii());
                let (way, reads) = (Way::Down, Vec::new());
                let trail = bytes.len() - bytes.trim_ascii_end().len();
                self.frame(
                    &mut person,
                    Part { way, meaning, bytes: &bytes, lead: 0, trail, reads },
                );
            }
            Action::HearsNothing => {
                let text = format!("{who} receives nothing for a while");
                self.event(client, What::Note { text });
            }
            Action::StopsSending => {
                let why = "it sends no more".to_owned();
                self.event(client, What::Ended { way: Way::Up, why });
            }
            Action::HangsUp => self.ends(who, client, "it closes the connection"),
            Action::BreaksOff => self.ends(who, client, "it resets the connection"),
            Action::IsHungUpOn => self.ends(who, client, "the server closes the connection"),
            Action::IsBrokenOff => self.ends(who, client, "the server resets the connection"),
            Action::Ends => self.ends(who, client, "the server ends the connection"),
        }
        self.people.insert(who.to_owned(), person);
    }

    fn ends(&mut self, who: &str, client: u64, why: &str) {
        self.present.remove(who);
        self.event(client, What::Closed { why: why.to_owned() });
    }

    /// Writes what a person sends: its frames, and the writes as reads.
    fn sends(&mut self, person: &mut Person, sent: &Sent) {
        for name in sent.names() {
            // The transcript does not know the value, so the picture shows the name.
            self.bindings.bind(name, Value::String(format!("${name}")));
        }
        let begin = person.bytes.up;
        let (mut place, mut reads) = (begin, Vec::new());
        let writes = sent.writes(&person.dialect, &self.bindings);
        for write in &writes {
            person.writes += 1;
            let (from, to) = (place, place + write.len() as u64);
            reads.push(Read { n: person.writes, at: self.at, from, to });
            place = to;
        }
        let all = writes.concat();
        let Some(frames) = sent.whole_frames(&self.bindings) else {
            let meaning = person.talk.request(all.trim_ascii());
            let trail = all.len() - all.trim_ascii_end().len();
            let (way, lead, bytes) = (Way::Up, 0, all.as_slice());
            return self.frame(person, Part { way, meaning, bytes, lead, trail, reads });
        };
        for payload in &frames {
            let (begin, end) = (person.dialect.begin(payload.len()), person.dialect.end());
            let bytes = [begin.as_slice(), payload, end].concat();
            let (from, to) = (person.bytes.up, person.bytes.up + bytes.len() as u64);
            let brings = |read: &&Read| read.from < to && read.to > from;
            let reads = reads.iter().filter(brings).cloned().collect();
            let meaning = person.talk.request(payload);
            let (way, lead, trail) = (Way::Up, begin.len(), end.len());
            self.frame(person, Part { way, meaning, bytes: &bytes, lead, trail, reads });
        }
    }

    /// Writes a frame that a person receives, as it stands in the transcript.
    fn receives(&mut self, person: &mut Person, expected: &Expected) {
        self.at = expected.place.line as f64;
        let any = &mut |_: Option<&str>| Value::String("…".to_owned());
        // The example tells the kind of the frame. The text keeps its placeholders.
        let example = expected.expects.example(&mut self.bindings.clone(), any);
        let meaning = person.talk.response(&example);
        let end = person.dialect.end();
        let bytes = [expected.written.as_bytes(), end].concat();
        let (way, lead, trail, reads) = (Way::Down, 0, end.len(), Vec::new());
        self.frame(person, Part { way, meaning, bytes: &bytes, lead, trail, reads });
    }

    fn frame(&mut self, person: &mut Person, part: Part<'_>) {
        let Part { way, meaning: Meaning { mut kind, label, .. }, bytes, lead, trail, mut reads } =
            part;
        if way == Way::Down && bytes.trim_ascii().is_empty() {
            kind = Kind::Raw;
        }
        self.frames += 1;
        let from = *person.bytes.of(way);
        *person.bytes.of_mut(way) += bytes.len() as u64;
        let brought = reads.len() as u64;
        reads.truncate(READS);
        let text = String::from_utf8_lossy(bytes.get(..SHOWN).unwrap_or(bytes)).into_owned();
        let (frame, size) = (self.frames, bytes.len());
        let frame = Frame {
            frame,
            way,
            kind,
            label,
            from,
            size,
            text,
            lead,
            trail,
            reads,
            brought,
            held: false,
            fault: None,
        };
        self.event(person.client, What::Frame(Box::new(frame)));
    }
}
