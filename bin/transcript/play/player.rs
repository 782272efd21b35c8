//! Plays the steps of a transcript one after another.

use std::collections::BTreeMap;

use super::{Difference, Fault, Incoming, Outcome, Rules, Wire};
use crate::bindings::Bindings;
use crate::framing::{Frame, Reading};
use crate::pattern::{Expects, Mismatch};
use crate::source::Place;
use crate::transcript::{Action, Bytes, Expected, Sent, Step, Transcript};

/// Greatest number of characters of a frame in a difference.
const SHOWN: usize = 2000;

pub(super) struct Player<'a> {
    transcript: &'a Transcript,
    rules: &'a Rules,
    wire: &'a mut dyn Wire,
    bindings: Bindings,
    /// The people who are connected.
    people: BTreeMap<&'a str, Person>,
    /// Nothing was done since everything had arrived.
    is_settled: bool,
}

/// A person who is connected.
struct Person {
    reading: Reading,
    end: Option<End>,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Closed,
    Broken,
}

/// The next event of a person.
enum Next {
    Frame(Frame),
    End(End),
    Nothing,
}

impl<'a> Player<'a> {
    pub(super) fn new(
        transcript: &'a Transcript,
        rules: &'a Rules,
        wire: &'a mut dyn Wire,
    ) -> Player<'a> {
        let (bindings, people) = (Bindings::default(), BTreeMap::new());
        Player { transcript, rules, wire, bindings, people, is_settled: false }
    }

    pub(super) fn run(&mut self) -> Result<(), Outcome> {
        for step in &self.transcript.steps {
            self.step(step)?;
        }
        match &self.rules.farewell {
            Some(allowed) => self.farewell(allowed),
            None => Ok(()),
        }
    }

    fn step(&mut self, step: &'a Step) -> Result<(), Outcome> {
        self.wire.begin_step(step);
        self.connect(step)?;
        let who = step.who.as_str();
        match &step.action {
            Action::Connects => {}
            Action::Sends(sent) => self.sends(step, sent)?,
            Action::StopsSending => self.wire.stop_sending(who),
            Action::HangsUp => {
                self.wire.hang_up(who);
                self.people.remove(who);
            }
            Action::BreaksOff => {
                self.wire.break_off(who);
                self.people.remove(who);
            }
            Action::Receives(frames) => self.receives(step, frames)?,
            Action::ReceivesBytes(bytes) => self.receives_bytes(step, bytes)?,
            Action::IsHungUpOn => self.ends(step, Some(End::Closed))?,
            Action::IsBrokenOff => self.ends(step, Some(End::Broken))?,
            Action::Ends => self.ends(step, None)?,
            Action::HearsNothing => self.hears_nothing(step)?,
        }
        let is_passive = matches!(
            step.action,
            Action::Receives(_) | Action::ReceivesBytes(_) | Action::HearsNothing
        );
        self.is_settled &= is_passive;
        Ok(())
    }

    /// Connects the person of a step, unless the person is connected.
    fn connect(&mut self, step: &'a Step) -> Result<(), Outcome> {
        let who = step.who.as_str();
        if self.people.contains_key(who) {
            return Ok(());
        }
        self.is_settled = false;
        let dialect = self.transcript.dialect_of(who);
        let connected = self.wire.connect(who, dialect);
        connected.map_err(|fault| failed(step, "the server accepts the connection", fault))?;
        let reading = Reading::new(dialect, self.rules.one_read);
        self.people.insert(who, Person { reading, end: None });
        Ok(())
    }

    fn sends(&mut self, step: &Step, sent: &Sent) -> Result<(), Outcome> {
        let dialect = self.transcript.dialect_of(&step.who);
        let expected = "the server receives the sent bytes";
        for (number, write) in sent.writes(dialect, &self.bindings).iter().enumerate() {
            if number > 0 {
                let waited = self.wire.between_pieces(&step.who);
                waited.map_err(|fault| failed(step, expected, fault))?;
            }
            let done = self.wire.send(&step.who, write);
            done.map_err(|fault| failed(step, expected, fault))?;
        }
        Ok(())
    }

    /// Returns the next event of a person. Waits if `waits`.
    fn next(&mut self, step: &Step, waits: bool) -> Result<Next, Outcome> {
        let who = step.who.as_str();
        loop {
            let Some(person) = self.people.get_mut(who) else { return Ok(Next::Nothing) };
            if let Some(frame) = person.reading.next() {
                self.wire.saw_frame(who, &frame.content);
                return Ok(Next::Frame(frame));
            }
            if let Some(end) = person.end {
                return Ok(Next::End(end));
            }
            let incoming = if waits { self.wire.receive(who) } else { self.wire.arrived(who) };
            match incoming.map_err(|fault| failed(step, "a frame", fault))? {
                Incoming::Bytes(bytes) => person.reading.push(bytes),
                Incoming::Closed => person.end = Some(End::Closed),
                Incoming::Broken => person.end = Some(End::Broken),
                Incoming::Nothing => return Ok(Next::Nothing),
            }
        }
    }

    /// Expects these frames, in any order. Skips frames that the transcript ignores.
    fn receives(&mut self, step: &Step, frames: &[Expected]) -> Result<(), Outcome> {
        let mut left: Vec<&Expected> = frames.iter().collect();
        while let Some(first) = left.first() {
            let expected = || {
                let written: Vec<&str> = left.iter().map(|frame| frame.written.as_str()).collect();
                written.join(" & ")
            };
            let frame = match self.next(step, true)? {
                Next::Frame(frame) => frame,
                Next::End(end) => {
                    let received = self.unfinished(step, end.words());
                    return Err(differs(step, first.place, &expected(), received, None));
                }
                Next::Nothing => {
                    let received = self.unfinished(step, &self.silence());
                    return Err(differs(step, first.place, &expected(), received, None));
                }
            };
            match self.find(&left, &frame) {
                Ok(found) => drop(left.remove(found)),
                Err(_) if self.is_ignored(&frame) => {}
                Err(mismatch) => {
                    let is_alone = left.len() == 1;
                    let place = if is_alone { inside(first, mismatch.at) } else { first.place };
                    let why = Some(mismatch.why).filter(|why| is_alone && !why.is_empty());
                    return Err(differs(step, place, &expected(), visible(&frame.content), why));
                }
            }
        }
        Ok(())
    }

    /// Finds the first of these frames that fits.
    fn find(&mut self, left: &[&Expected], frame: &Frame) -> Result<usize, Mismatch> {
        let mut first = None;
        if let Some(wrong) = frame.wrong {
            return Err(Mismatch::new(0, wrong.to_owned()));
        }
        for (number, expected) in left.iter().enumerate() {
            let key_order = self.rules.key_order;
            match expected.expects.check(&frame.content, key_order, &mut self.bindings) {
                Ok(()) => return Ok(number),
                Err(mismatch) => drop(first.get_or_insert(mismatch)),
            }
        }
        Err(first.unwrap_or_else(|| Mismatch::new(0, String::new())))
    }

    fn is_ignored(&self, frame: &Frame) -> bool {
        frame.wrong.is_none() && fits_any(&self.transcript.ignored, frame)
    }

    /// The beginning of a frame, if one has arrived, and the event after it.
    fn unfinished(&self, step: &Step, then: &str) -> String {
        let rest = self.people.get(step.who.as_str()).map(|person| person.reading.rest());
        match rest.filter(|rest| rest.iter().any(|byte| !byte.is_ascii_whitespace())) {
            Some(rest) => {
                format!("the beginning of a frame without its end: {}; then {then}", visible(rest))
            }
            None => then.to_owned(),
        }
    }

    fn silence(&self) -> String {
        format!("nothing within {} s", self.wire.patience().as_secs_f64())
    }

    fn receives_bytes(&mut self, step: &Step, bytes: &Bytes) -> Result<(), Outcome> {
        let who = step.who.as_str();
        let wanted = bytes.text.fill(&self.bindings);
        let mut received = Vec::new();
        loop {
            let Some(person) = self.people.get_mut(who) else { return Ok(()) };
            received.extend(person.reading.take_bytes(wanted.len() - received.len()));
            if received == wanted {
                self.wire.saw_frame(who, &received);
                return Ok(());
            }
            let differs = |received: &[u8], then: &str| {
                let received = format!("{}{then}", escaped(received));
                Err(differs(step, step.place, &bytes.written, received, None))
            };
            if !wanted.starts_with(&received) {
                self.wire.saw_frame(who, &received);
                return differs(&received, "");
            }
            let end = person.end;
            let incoming = match end {
                Some(end) => return differs(&received, &format!(", then {}", end.words())),
                None => self.wire.receive(who),
            };
            match incoming.map_err(|fault| failed(step, &bytes.written, fault))? {
                Incoming::Bytes(read) => person.reading.push(read),
                Incoming::Closed => person.end = Some(End::Closed),
                Incoming::Broken => person.end = Some(End::Broken),
                Incoming::Nothing => {
                    let then = format!(", then {}", self.silence());
                    return differs(&received, &then);
                }
            }
        }
    }

    /// Expects the end of a connection, in this way or in either.
    fn ends(&mut self, step: &Step, wanted: Option<End>) -> Result<(), Outcome> {
        let expected = match wanted {
            Some(end) => end.words(),
            None => "the connection ends",
        };
        let received = loop {
            match self.next(step, true)? {
                Next::Frame(frame) if self.is_ignored(&frame) => {}
                Next::Frame(frame) => break visible(&frame.content),
                Next::End(end) if wanted.is_none_or(|wanted| wanted == end) => {
                    self.wire.hang_up(&step.who);
                    self.people.remove(step.who.as_str());
                    return Ok(());
                }
                Next::End(end) => break end.words().to_owned(),
                Next::Nothing => break self.unfinished(step, &self.silence()),
            }
        };
        Err(differs(step, step.place, expected, received, None))
    }

    fn hears_nothing(&mut self, step: &Step) -> Result<(), Outcome> {
        if !self.is_settled {
            self.wire.settle().map_err(|fault| failed(step, "nothing", fault))?;
            self.is_settled = true;
        }
        let received = loop {
            match self.next(step, false)? {
                Next::Frame(frame) if self.is_ignored(&frame) => {}
                Next::Frame(frame) => break visible(&frame.content),
                Next::End(end) => break end.words().to_owned(),
                Next::Nothing => {
                    let rest = self.unfinished(step, "");
                    if rest.is_empty() {
                        return Ok(());
                    }
                    break rest;
                }
            }
        };
        Err(differs(step, step.place, "nothing", received, None))
    }

    /// Lets everyone leave. Only these frames may still arrive.
    fn farewell(&mut self, allowed: &[Expects]) -> Result<(), Outcome> {
        let people: Vec<&str> = self.people.keys().copied().collect();
        for who in people {
            self.wire.stop_sending(who);
            let last = self.transcript.steps.iter().rev().find(|step| step.who == who);
            let Some(step) = last else { continue };
            let expected = "nothing more, and the end of the connection";
            loop {
                let received = match self.next(step, true)? {
                    Next::Frame(frame) if self.is_ignored(&frame) || fits_any(allowed, &frame) => {
                        continue;
                    }
                    Next::Frame(frame) => visible(&frame.content),
                    Next::End(End::Closed) => break,
                    Next::End(End::Broken) => End::Broken.words().to_owned(),
                    Next::Nothing => self.unfinished(step, &self.silence()),
                };
                return Err(differs(step, step.place, expected, received, None));
            }
            self.wire.hang_up(who);
            self.people.remove(who);
        }
        Ok(())
    }
}

impl End {
    fn words(self) -> &'static str {
        match self {
            End::Closed => "the server closes the connection",
            End::Broken => "the server resets the connection",
        }
    }
}

fn fits_any(patterns: &[Expects], frame: &Frame) -> bool {
    let fits = |it: &Expects| it.check(&frame.content, false, &mut Bindings::default()).is_ok();
    patterns.iter().any(fits)
}

fn failed(step: &Step, expected: &str, fault: Fault) -> Outcome {
    match fault {
        Fault::Machine(why) => Outcome::Undecided(why),
        Fault::Program(received) => differs(step, step.place, expected, received, None),
    }
}

fn differs(
    step: &Step,
    place: Place,
    expected: &str,
    received: String,
    why: Option<String>,
) -> Outcome {
    let (who, expected) = (step.who.clone(), expected.to_owned());
    Outcome::Differs(Difference { place, who, expected, received, why })
}

/// The place of a byte in an expected frame.
fn inside(expected: &Expected, at: usize) -> Place {
    let before = expected.written.get(..at).unwrap_or_default();
    let Place { line, column } = expected.place;
    Place { line, column: column + before.chars().count() }
}

/// A frame as one line.
fn visible(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut line = String::new();
    for c in text.chars().take(SHOWN) {
        match c {
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            c if c.is_control() => line.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => line.push(c),
        }
    }
    if text.chars().count() > SHOWN { line + "…" } else { line }
}

/// Bytes as a transcript writes them.
fn escaped(bytes: &[u8]) -> String {
    let mut line = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => line.push_str("\\n"),
                '\r' => line.push_str("\\r"),
                '\\' => line.push_str("\\\\"),
                c if c.is_control() => line.push_str(&format!("\\x{:02x}", u32::from(c))),
                c => line.push(c),
            }
        }
        chunk.invalid().iter().for_each(|byte| line.push_str(&format!("\\x{byte:02x}")));
    }
    line
}
