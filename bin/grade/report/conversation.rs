//! The trace of a failed check as a transcript: `grade play` fails on the same program, and passes on a
//! right one.
//!
//! What the users sent is sent again, in the same pieces. Of the frames that arrived, the transcript
//! expects what every right server sends. In place of the wrong frame stands what the check waited for.
//! A transcript that cannot say so would pass on the wrong program, so there is none, and a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::fold::cause;
use crate::trace::{Step, Trace, What};
use crate::verdict::Difference;
use crate::wire::{Heard, in_line};

/// Greatest number of bytes of a transcript.
const LONGEST: usize = 256 * 1024;

/// The reason why a check has no transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unsaid {
    #[error("a transcript cannot type on the keyboard of a client")]
    Client,
    #[error("only in the dialect json does every right server answer in one form")]
    Dialect,
    #[error("steps of this long check are left out of its trace")]
    Shortened,
    #[error("the check sends a signal to the server, which a transcript cannot")]
    Signal,
    #[error("the server has sent a frame that is no response before it failed")]
    Frame,
    #[error("a transcript cannot say what this check expects")]
    Expected,
    #[error("it would have more than {} KiB", LONGEST / 1024)]
    Long,
}

/// A transcript in the making.
#[derive(Default)]
struct Writer<'a> {
    steps: String,
    ignored: BTreeSet<String>,
    /// The names in the transcript of the participants: each connection of one has a name.
    names: BTreeMap<&'a str, String>,
    connections: BTreeMap<&'a str, usize>,
    /// The names that are connected.
    present: BTreeSet<String>,
    /// What has arrived since something was sent, for each name. It may come in any order.
    heard: BTreeMap<String, Vec<String>>,
    /// The name that sent bytes without their end in the last line.
    open: Option<String>,
}

/// Writes the transcript of a failed check.
///
/// # Errors
/// If a transcript cannot say what the check did or expects.
pub(crate) fn write(
    program: &str,
    dialect: &str,
    id: &str,
    trace: &Trace,
    difference: &Difference,
) -> Result<String, Unsaid> {
    if program != "server" {
        return Err(Unsaid::Client);
    }
    if dialect != "json" {
        return Err(Unsaid::Dialect);
    }
    if trace.dropped().1 > 0 {
        return Err(Unsaid::Shortened);
    }
    let awaited = trace.awaited.as_deref().ok_or(Unsaid::Expected)?;
    let wrong = cause(trace, difference);
    let mut writer = Writer::default();
    for (place, step) in trace.steps.iter().enumerate() {
        if wrong != Some(place) && !step.is_unseen && step.who != program {
            writer.step(step)?;
        } else if step.what.words().contains("SIGTERM") {
            return Err(Unsaid::Signal);
        }
    }
    if !writer.names.contains_key(difference.who.as_str()) {
        return Err(Unsaid::Expected);
    }
    let text = writer.finish(id, difference, awaited);
    // A name of a user may not be one of a transcript.
    let parsed = transcript::parse(id, text.as_bytes(), &transcript::Dialect::default());
    match parsed {
        Err(_) => Err(Unsaid::Expected),
        Ok(_) if text.len() > LONGEST => Err(Unsaid::Long),
        Ok(_) => Ok(text),
    }
}

impl<'a> Writer<'a> {
    fn step(&mut self, step: &'a Step) -> Result<(), Unsaid> {
        match &step.what {
            What::Did { words } => self.did(&step.who, words),
            What::Sent { bytes, .. } => self.sent(&step.who, bytes),
            What::Received { bytes, .. } => match Heard::of(bytes).ok_or(Unsaid::Frame)? {
                Heard::News(pattern) => drop(self.ignored.insert(pattern)),
                Heard::Frame(pattern) => {
                    let name = self.name(&step.who);
                    self.heard.entry(name).or_default().push(pattern);
                }
            },
        }
        Ok(())
    }

    /// The name of the newest connection of a participant.
    fn name(&self, who: &str) -> String {
        self.names.get(who).cloned().unwrap_or_else(|| who.to_owned())
    }

    fn did(&mut self, who: &'a str, words: &str) {
        let name = self.name(who);
        let action = match words {
            "connects" => return self.connects(who),
            "closes its sending half" => "> (stops sending)",
            "closes the connection" => "> (hangs up)",
            "resets the connection" => "> (breaks off)",
            "the server has closed the connection" => "< (ends)",
            _ => return,
        };
        self.flush();
        self.line(&name, action);
        if action != "> (stops sending)" {
            self.present.remove(&name);
        }
        // A server may take its time to notice that a client has gone.
        let other = self.present.first().cloned().filter(|_| action.starts_with("> (h"));
        if let Some(other) = other {
            self.line(&other, "< (nothing)");
        }
    }

    fn connects(&mut self, who: &'a str) {
        self.flush();
        let number = self.connections.entry(who).or_default();
        let name = self.names.entry(who).or_insert_with(|| who.to_owned());
        *number += 1;
        if self.present.contains(name.as_str()) {
            *name = format!("{who}-{number}");
        }
        let name = name.clone();
        self.present.insert(name.clone());
        self.line(&name, "> (connects)");
    }

    fn sent(&mut self, who: &str, bytes: &[u8]) {
        self.flush();
        let name = self.name(who);
        let frames: Vec<String> =
            bytes.split_inclusive(|byte| *byte == b'\n').map(in_line).collect();
        let is_packet = frames.len() > 1 && frames.iter().all(|line| line.starts_with("> "));
        if let Some((first, rest)) = frames.split_first().filter(|_| is_packet) {
            self.line(&name, first);
            let space = " ".repeat(name.len());
            for line in rest {
                // Writing into a string does not fail.
                let _ = writeln!(self.steps, "{space} + {}", line.trim_start_matches("> "));
            }
            return;
        }
        let line = in_line(bytes);
        let piece = line.strip_prefix(">> ");
        match piece.filter(|_| self.open.as_ref() == Some(&name)) {
            // The next piece of a frame comes when the server has read the one before.
            Some(piece) => {
                let space = " ".repeat(name.len());
                let _ = writeln!(self.steps, "{space}  | {piece}");
            }
            None => self.line(&name, &line),
        }
        self.open = (!bytes.ends_with(b"\n")).then_some(name);
    }

    fn line(&mut self, name: &str, rest: &str) {
        let _ = writeln!(self.steps, "{name} {rest}");
        self.open = None;
    }

    /// Writes what has arrived.
    fn flush(&mut self) {
        for (name, patterns) in std::mem::take(&mut self.heard) {
            for (place, pattern) in patterns.iter().enumerate() {
                match place {
                    0 => self.line(&name, &format!("< {pattern}")),
                    _ => {
                        let space = " ".repeat(name.len());
                        let _ = writeln!(self.steps, "{space} & {pattern}");
                    }
                }
            }
        }
    }

    fn finish(mut self, id: &str, difference: &Difference, awaited: &str) -> String {
        let name = self.name(&difference.who);
        if awaited == "(nothing)" {
            self.flush();
            self.line(&name, "< (nothing)");
        } else {
            self.heard.entry(name).or_default().push(awaited.to_owned());
            self.flush();
        }
        // A right server may tell of people.
        let news = ["join", "leave"].map(|word| format!("{{\"response\":\"{word}\",…}}"));
        self.ignored.extend(news);
        let mut out = format!("# {id}: a right server passes, the graded one fails at the end.\n");
        for pattern in &self.ignored {
            let _ = writeln!(out, "ignore {pattern}");
        }
        out + "\n" + &self.steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::{did, difference, failed, sent};

    /// The steps of a check in which ann sends these writes, and then waits for an answer.
    fn written(writes: &[&[u8]]) -> Result<Vec<String>, Unsaid> {
        let mut trace = Trace::new();
        trace.steps = vec![did(0, "server", "listens on port 5000"), did(1, "ann", "connects")];
        trace.steps.extend(writes.iter().map(|bytes| sent(2, "ann", "bytes", bytes)));
        trace.awaited = Some("{\"response\":\"names\",…}".to_owned());
        let text = write("server", "json", "FRAME-1", &trace, &difference("ann", "names", "none"))?;
        let steps = text.lines().skip_while(|line| !line.is_empty()).skip(1);
        Ok(steps.map(str::to_owned).collect())
    }

    #[test]
    fn pieces_and_packets_are_sent_as_they_were() {
        let writes: [&[u8]; 4] =
            [b"{\"request\":", b"\"names\"}\n", b"{\"a\":1}\n{}\n", b"x\n{}\n"];
        let want = [
            "ann > (connects)",
            r#"ann >> {"request":"#,
            r#"     | "names"}\n"#,
            r#"ann > {"a":1}"#,
            "    + {}",
            r"ann >> x\n{}\n",
            r#"ann < {"response":"names",…}"#,
        ];
        assert_eq!(written(&writes).unwrap(), want);
    }

    #[test]
    fn what_a_right_server_sends_stands_in_place_of_the_wrong_frame() {
        let outcome = failed();
        let crate::verdict::Verdict::Failed(difference) = &outcome.verdict else {
            panic!("it passed")
        };
        let mut trace = Trace::new();
        for step in outcome.trace.steps {
            let connects = What::Did { words: "connects".to_owned() };
            let is_did = matches!(step.what, What::Did { .. });
            trace.record(&step.who, if is_did { connects } else { step.what });
        }
        let of = |trace: &Trace| write("server", "json", "LOGIN-9", trace, difference);
        assert_eq!(of(&trace), Err(Unsaid::Expected), "it is not known what is expected");
        trace.awaited = Some(r#"{"error":"…",…}"#.to_owned());
        let text = of(&trace).unwrap();
        let accepted = r#"< {"response":"login","username":"ann",…}"#;
        assert!(text.contains(&format!("ann {accepted}\n")), "{text}");
        assert!(text.ends_with("bob < {\"error\":\"…\",…}\n"), "{text}");
        assert!(!text.contains(&format!("bob {accepted}")), "{text}");
    }

    #[test]
    fn a_check_that_a_transcript_cannot_tell_has_none() {
        let (trace, difference) = (Trace::new(), difference("ann", "a", "b"));
        let of = |program, dialect| write(program, dialect, "X-1", &trace, &difference);
        assert_eq!(of("client", "json"), Err(Unsaid::Client));
        assert_eq!(of("server", "ktn15"), Err(Unsaid::Dialect));
        assert_eq!(of("server", "json"), Err(Unsaid::Expected));
    }
}
