//! The trace of a check as a recording of `inspect`: events, each a line of JSON. `inspect` opens the file,
//! and its page, with these events in it, opens in a browser without any program.
//!
//! The trace has the times and the reads of the grader's own sockets, so no proxy stands between the
//! grader and the program: a check has the same timing and the same verdict with and without a recording.
//! What the program itself reads is unknown, so a sent frame has the write of the grader and no read.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::fold::cause;
use super::{conversation, files, paragraph, visible};
use crate::trace::{Step, Stream, Trace, What};
use crate::verdict::{Outcome, Verdict};

/// The folder of the recordings, in the folder of the reports.
pub(crate) const FOLDER: &str = "inspect";

/// Greatest number of bytes of a frame in an event.
const SHOWN: usize = 4096;

/// Greatest number of characters of each side of a difference.
const LONGEST: usize = 2000;

/// Greatest number of reads in an event.
const READS: usize = 64;

/// The name of a recording in the folder of the reports.
pub(crate) fn place(id: &str, extension: &str) -> PathBuf {
    Path::new(FOLDER).join(format!("{id}.{extension}"))
}

/// Writes the recording of a failed check into the folder of the reports, and removes the one of an
/// earlier run otherwise.
pub(crate) fn keep(
    reports: &Path,
    program: &str,
    dialect: &str,
    outcome: &Outcome,
) -> io::Result<()> {
    let folder = reports.join(FOLDER);
    if !matches!(outcome.verdict, Verdict::Failed(_)) {
        for extension in ["events", "html"] {
            match std::fs::remove_file(reports.join(place(outcome.id, extension))) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        return Ok(());
    }
    std::fs::create_dir_all(&folder)?;
    let events = events(program, dialect, outcome);
    let page = page::alone(outcome.id, &events);
    files::replace(&folder, &format!("{}.events", outcome.id), &(events.join("\n") + "\n"))?;
    files::replace(&folder, &format!("{}.html", outcome.id), &page)
}

/// The events of a check.
fn events(program: &str, dialect: &str, outcome: &Outcome) -> Vec<String> {
    let trace = &outcome.trace;
    let mut recording = Recording::new(trace, program, dialect);
    let started = json!({"event": "started", "listen": outcome.id, "to": "", "dialect": dialect,
        "program": program});
    recording.event(Duration::ZERO, 0, started);
    for (who, number) in recording.people.clone() {
        recording.event(Duration::ZERO, number, json!({"event": "named", "name": who}));
    }
    let difference = match &outcome.verdict {
        Verdict::Failed(difference) => Some(difference),
        _ => None,
    };
    let wrong = difference.and_then(|difference| cause(trace, difference));
    let (gap, dropped) = trace.dropped();
    for (place, step) in trace.steps.iter().enumerate() {
        if place == gap && dropped > 0 {
            recording.note(step.at, "", &format!("{dropped} steps like these are left out"), false);
        }
        recording.step(step);
        if let Some(difference) = difference.filter(|_| wrong == Some(place)) {
            recording.wrong(step.at, difference);
        }
    }
    if let Some(difference) = difference.filter(|_| wrong.is_none()) {
        let at = trace.steps.last().map_or(Duration::ZERO, |step| step.at);
        recording.wrong(at, difference);
    }
    if let Some(difference) = difference {
        let saved = conversation::write(program, dialect, outcome.id, trace, difference);
        let saved = match saved {
            Ok(text) => json!({"event": "transcript", "text": text}),
            Err(why) => json!({"event": "transcript", "why": why.to_string()}),
        };
        recording.event(Duration::ZERO, 0, saved);
    }
    recording.lines
}

/// The events of a check in the making.
struct Recording<'a> {
    program: &'a str,
    /// Whether a line is a frame.
    has_lines: bool,
    /// The participants except the program, with their numbers.
    people: BTreeMap<&'a str, u64>,
    streams: &'a [Stream],
    /// What each participant has received so far.
    received: BTreeMap<&'a str, Received>,
    /// The number of bytes that each participant has sent.
    sent: BTreeMap<&'a str, usize>,
    /// The requests of each participant that have no answer yet.
    asked: BTreeMap<&'a str, Vec<String>>,
    frames: u64,
    lines: Vec<String>,
}

/// A place in what one participant received.
#[derive(Default)]
struct Received {
    /// The number of streams of this participant that are read to their end.
    streams: usize,
    /// The place in the stream after those.
    place: usize,
    /// The number of bytes and of reads of the streams before.
    bytes: usize,
    reads: usize,
}

impl<'a> Recording<'a> {
    fn new(trace: &'a Trace, program: &'a str, dialect: &str) -> Recording<'a> {
        let mut people = BTreeMap::new();
        for step in trace.steps.iter().filter(|step| step.who != program) {
            let next = people.len() as u64 + 1;
            people.entry(step.who.as_str()).or_insert(next);
        }
        Recording {
            program,
            has_lines: dialect == "json",
            people,
            streams: &trace.streams,
            received: BTreeMap::new(),
            sent: BTreeMap::new(),
            asked: BTreeMap::new(),
            frames: 0,
            lines: Vec::new(),
        }
    }

    fn event(&mut self, at: Duration, client: u64, mut event: Value) {
        if let Some(event) = event.as_object_mut() {
            event.insert("at".to_owned(), json!(at.as_secs_f64() * 1000.0));
            event.insert("client".to_owned(), json!(client));
        }
        self.lines.push(event.to_string());
    }

    fn note(&mut self, at: Duration, who: &str, text: &str, wrong: bool) {
        let client = self.people.get(who).copied().unwrap_or(0);
        self.event(at, client, json!({"event": "note", "text": text, "wrong": wrong}));
    }

    fn wrong(&mut self, at: Duration, difference: &crate::verdict::Difference) {
        let text = format!(
            "not as expected at {}: expected {}, got {}",
            difference.who,
            paragraph::shorten(&visible::line(&difference.expected), LONGEST),
            paragraph::shorten(&visible::line(&difference.got), LONGEST)
        );
        self.note(at, &difference.who, &text, true);
    }

    fn step(&mut self, step: &'a Step) {
        match &step.what {
            What::Did { words } => {
                self.note(step.at, &step.who, &format!("{} {words}", step.who), false)
            }
            // The program itself has no arrow.
            What::Sent { words, .. } | What::Received { words, .. } if step.who == self.program => {
                self.note(step.at, &step.who, words, false);
            }
            What::Sent { words, bytes } => self.sends(step, words, bytes),
            What::Received { words, bytes } => self.receives(step, words, bytes),
        }
    }

    /// Adds the frames of a write. In `json` each line is one.
    fn sends(&mut self, step: &'a Step, words: &str, bytes: &[u8]) {
        let several = self.has_lines && bytes.trim_ascii_end().contains(&b'\n');
        let frames: Vec<&[u8]> = match several {
            true => bytes.split_inclusive(|byte| *byte == b'\n').collect(),
            false => vec![bytes],
        };
        let (mut parts, mut client) = (Vec::new(), 0);
        for bytes in frames {
            let place = self.sent.entry(&step.who).or_default();
            let from = *place;
            *place += bytes.len();
            let name = name_of(bytes, "request");
            self.asked.entry(&step.who).or_default().extend(name.clone());
            let label = name.unwrap_or_else(|| words.to_owned());
            let trail = bytes.len() - bytes.trim_ascii_end().len();
            let reads = Vec::new();
            let number;
            let frame = Frame { way: "up", kind: "request", label, from, bytes, trail, reads };
            (number, client) = self.frame(step, frame);
            parts.push(json!({"frame": number, "from": 0, "to": bytes.len()}));
        }
        let wrote = json!({"event": "wrote", "way": "up", "bytes": bytes.len(), "parts": parts});
        self.event(step.at, client, wrote);
    }

    fn receives(&mut self, step: &'a Step, words: &str, bytes: &[u8]) {
        let name = name_of(bytes, "response");
        let asked = self.asked.entry(&step.who).or_default();
        let answered = asked.iter().position(|request| Some(request) == name.as_ref());
        let generic = || name.as_deref().is_some_and(|name| ["info", "error"].contains(&name));
        let answered = answered.or_else(|| (generic() && !asked.is_empty()).then_some(0));
        let is_error = object(bytes).is_some_and(|object| {
            object.get("error").is_some() || name.as_deref() == Some("error")
        });
        let kind = match answered.map(|place| asked.remove(place)) {
            _ if name.is_none() => "raw",
            _ if is_error => "error",
            Some(_) => "answer",
            None => "news",
        };
        let label = name.unwrap_or_else(|| words.to_owned());
        let (from, trail, reads) = self.locate(&step.who, bytes);
        let whole = [bytes, &b"\n".repeat(trail)].concat();
        let frame = Frame { way: "down", kind, label, from, bytes: &whole, trail, reads };
        self.frame(step, frame);
    }

    /// Finds a frame in the reads of its receiver. Returns its place, the number of newlines after it, and
    /// the reads that brought both.
    fn locate(&mut self, who: &'a str, bytes: &[u8]) -> (usize, usize, Vec<Value>) {
        let received = self.received.entry(who).or_default();
        let mut streams = self.streams.iter().filter(|it| it.who == who).skip(received.streams);
        let (mut skipped, mut start) = (Received { ..*received }, received.place);
        while let Some(stream) = streams.next().filter(|_| !bytes.is_empty()) {
            let all: Vec<u8> = stream.reads.iter().flat_map(|(_, read)| read).copied().collect();
            let rest = all.get(start..).unwrap_or_default();
            let Some(found) = rest.windows(bytes.len()).position(|part| part == bytes) else {
                skipped.streams += 1;
                skipped.bytes += all.len();
                skipped.reads += stream.reads.len();
                start = 0;
                continue;
            };
            let from = start + found;
            let newlines = usize::from(all.get(from + bytes.len()) == Some(&b'\n'));
            let to = from + bytes.len() + newlines;
            let (mut at, mut reads) = (0, Vec::new());
            for (number, (time, read)) in stream.reads.iter().enumerate() {
                let end = at + read.len();
                if at < to && end > from {
                    reads.push(json!({"n": skipped.reads + number + 1,
                        "at": time.as_secs_f64() * 1000.0,
                        "from": skipped.bytes + at, "to": skipped.bytes + end}));
                }
                at = end;
            }
            let place = skipped.bytes + from;
            *received = Received { place: to, ..skipped };
            return (place, newlines, reads);
        }
        (received.bytes + received.place, 0, Vec::new())
    }

    /// Adds a frame. Returns its number and that of its participant.
    fn frame(&mut self, step: &Step, frame: Frame<'_>) -> (u64, u64) {
        self.frames += 1;
        let Frame { way, kind, label, from, bytes, trail, mut reads } = frame;
        let brought = reads.len();
        reads.truncate(READS);
        let client = self.people.get(step.who.as_str()).copied().unwrap_or(0);
        let text = String::from_utf8_lossy(bytes.get(..SHOWN).unwrap_or(bytes));
        let label: String = visible::line(&label).chars().take(40).collect();
        let event = json!({"event": "frame", "frame": self.frames, "way": way, "kind": kind,
            "label": label, "from": from, "size": bytes.len(), "text": text, "lead": 0,
            "trail": trail, "reads": reads, "brought": brought, "held": false});
        self.event(step.at, client, event);
        (self.frames, client)
    }
}

/// A frame before it has a number.
struct Frame<'a> {
    way: &'static str,
    kind: &'static str,
    label: String,
    from: usize,
    bytes: &'a [u8],
    trail: usize,
    reads: Vec<Value>,
}

fn object(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok().filter(Value::is_object)
}

/// The name of a request or a response.
fn name_of(bytes: &[u8], key: &str) -> Option<String> {
    object(bytes)?.get(key)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    fn read(outcome: &Outcome) -> Vec<Value> {
        let lines = events("server", "json", outcome);
        lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn frames_have_their_reads() {
        let mut outcome = samples::failed();
        let bytes = b"{\"response\":\"login\",\"username\":\"ann\",\"messages\":[]}";
        outcome.trace.steps.retain(|step| step.who != "bob");
        outcome.trace.steps.push(samples::heard(215, "ann", "news", b"{\"response\":\"join\"}"));
        let whole = [&bytes[..], b"\n{\"response\":\"join\"}\n"].concat();
        let time = Duration::from_millis;
        let reads = vec![(time(214), whole[..7].to_vec()), (time(215), whole[7..].to_vec())];
        outcome.trace.streams.push(Stream { who: "ann".to_owned(), reads });
        for step in &mut outcome.trace.steps {
            if let What::Received { bytes, .. } = &mut step.what {
                *bytes = bytes.trim_ascii().to_vec();
            }
        }
        let events = read(&outcome);
        let frames: Vec<_> = events.iter().filter(|event| event["event"] == "frame").collect();
        assert_eq!(frames.len(), 3);
        assert_eq!((&frames[0]["kind"], &frames[0]["brought"]), (&json!("request"), &json!(0)));
        assert_eq!((&frames[1]["kind"], &frames[1]["brought"]), (&json!("answer"), &json!(2)));
        assert_eq!((&frames[2]["kind"], &frames[2]["brought"]), (&json!("news"), &json!(1)));
        assert_eq!(frames[1]["size"], bytes.len() + 1);
        assert_eq!(frames[1]["reads"][0], json!({"n": 1, "at": 214.0, "from": 0, "to": 7}));
        assert_eq!(frames[2]["reads"][0], frames[1]["reads"][1]);
        assert_eq!(frames[2]["from"], bytes.len() + 1);
    }

    #[test]
    fn frames_in_one_packet_share_its_write() {
        let mut outcome = samples::failed();
        let two = b"{\"request\":\"names\"}\n{\"request\":\"logout\"}\n";
        outcome.trace.steps = vec![samples::sent(1, "ann", "two requests in one packet", two)];
        let events = read(&outcome);
        let labels = events.iter().filter(|event| event["event"] == "frame");
        let labels: Vec<&str> = labels.map(|frame| frame["label"].as_str().unwrap()).collect();
        assert_eq!(labels, ["names", "logout"]);
        let wrote: Vec<&Value> = events.iter().filter(|event| event["event"] == "wrote").collect();
        assert_eq!((wrote.len(), wrote[0]["bytes"].as_u64()), (1, Some(two.len() as u64)));
        assert_eq!(wrote[0]["parts"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn the_difference_stands_after_the_wrong_answer() {
        let events = read(&samples::failed());
        let wrong = events.iter().filter(|event| event["wrong"] == true).collect::<Vec<_>>();
        let [wrong] = wrong[..] else { panic!("{wrong:?}") };
        let text = wrong["text"].as_str().unwrap();
        assert!(text.starts_with("not as expected at bob: expected an answer"), "{text}");
        assert_eq!(wrong["client"], 2);
    }

    #[test]
    fn a_check_that_passes_has_no_recording() {
        let folder = tempfile::tempdir().unwrap();
        let count = || std::fs::read_dir(folder.path().join(FOLDER)).unwrap().count();
        let mut outcome = samples::failed();
        keep(folder.path(), "server", "json", &outcome).unwrap();
        assert_eq!(count(), 2);
        outcome.verdict = Verdict::Passed;
        keep(folder.path(), "server", "json", &outcome).unwrap();
        assert_eq!(count(), 0);
    }
}
