//! The trace of a check: its steps, as far as the report needs them.
//!
//! In a step, a participant sent, received or did something. The participants are the users whom
//! the grader plays, each with a name, and the program under test.
//!
//! The steps are in the order in which they happened, even if a check looks at them in another
//! order: a received frame comes before everything that was sent after it arrived.

use std::time::{Duration, Instant};

/// All steps of a check, in order.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    began: Instant,
    pub(crate) steps: Vec<Step>,
    /// Names that the grader made up, longest first, because one name may be the beginning of
    /// another.
    pub(crate) names: Vec<String>,
    /// The reads of the grader's connections, each connection apart.
    pub(crate) streams: Vec<Stream>,
    /// What the check waits for, as the end of a line of a transcript, if a transcript can say it.
    pub(crate) awaited: Option<String>,
    /// Index of the step that was recorded last.
    last: Option<usize>,
    /// Index at which steps were dropped, and the number of dropped steps.
    gap: usize,
    dropped: usize,
}

/// What a participant received on one connection.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    pub(crate) who: String,
    /// The first reads, with their times since the check began.
    pub(crate) reads: Vec<(Duration, Vec<u8>)>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// Time since the check began.
    pub(crate) at: Duration,
    /// The participant: a user whom the grader plays (`ann`), or the program (`server`).
    pub(crate) who: String,
    pub(crate) what: What,
    /// No check looked at this frame.
    pub(crate) is_unseen: bool,
}

/// The kind of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// The participant sent these bytes to the program. `words` describes them.
    Sent { words: String, bytes: Vec<u8> },
    /// The participant received these bytes from the program. `words` describes them.
    Received { words: String, bytes: Vec<u8> },
    /// A step without bytes: a connect, a disconnect, the start of the program.
    Did { words: String },
}

impl What {
    pub(crate) fn words(&self) -> &str {
        match self {
            What::Sent { words, .. } | What::Received { words, .. } | What::Did { words } => words,
        }
    }

    /// The bytes that crossed the connection; empty for a step without bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            What::Sent { bytes, .. } | What::Received { bytes, .. } => bytes,
            What::Did { .. } => &[],
        }
    }
}

impl Default for Trace {
    fn default() -> Trace {
        Trace::new()
    }
}

impl Trace {
    /// Creates an empty trace.
    pub(crate) fn new() -> Trace {
        Trace {
            began: Instant::now(),
            steps: Vec::new(),
            names: Vec::new(),
            streams: Vec::new(),
            awaited: None,
            last: None,
            gap: 0,
            dropped: 0,
        }
    }

    /// Adds a name that the grader made up.
    pub(crate) fn add_name(&mut self, name: &str) {
        let place = self.names.partition_point(|other| other.len() > name.len());
        self.names.insert(place, name.to_owned());
    }

    /// Adds the reads of a connection that has ended, or whose check has.
    pub(crate) fn add_reads(&mut self, who: &str, reads: Vec<(Instant, Vec<u8>)>) {
        let since = |at: Instant| at.saturating_duration_since(self.began);
        let reads = reads.into_iter().map(|(at, bytes)| (since(at), bytes)).collect();
        self.streams.push(Stream { who: who.to_owned(), reads });
    }

    /// Records a step that happens now.
    pub(crate) fn record(&mut self, who: &str, what: What) {
        self.record_at(Instant::now(), who, what);
    }

    /// Records a step that happened at this moment.
    pub(crate) fn record_at(&mut self, moment: Instant, who: &str, what: What) {
        self.insert(moment, who, what, false);
    }

    /// Records a frame that no check looked at.
    pub(crate) fn record_unseen(&mut self, moment: Instant, who: &str, what: What) {
        self.insert(moment, who, what, true);
    }

    fn insert(&mut self, moment: Instant, who: &str, what: What, is_unseen: bool) {
        let (at, who) = (moment.saturating_duration_since(self.began), who.to_owned());
        let place = self.steps.partition_point(|step| step.at <= at);
        self.steps.insert(place, Step { at, who, what, is_unseen });
        self.last = Some(place);
        if place < self.gap {
            self.gap += 1;
        }
    }

    /// Index of the step that was recorded last. The result of a check refers to that step.
    pub(crate) fn last(&self) -> Option<usize> {
        self.last.filter(|place| *place < self.steps.len())
    }

    /// Number of the step at this index, counted from 1. Dropped steps count.
    pub(crate) fn number(&self, place: usize) -> usize {
        place + 1 + if place < self.gap { 0 } else { self.dropped }
    }

    /// Index at which steps were dropped, and how many.
    pub(crate) fn dropped(&self) -> (usize, usize) {
        (self.gap, self.dropped)
    }

    /// Drops the steps between the first and the last few, and counts them.
    pub(crate) fn shorten(&mut self) {
        let (begin, end) = (16, 16);
        let after = self.gap.max(begin);
        let Some(until) = self.steps.len().checked_sub(end).filter(|until| *until > after) else {
            return;
        };
        self.steps.drain(after..until);
        self.gap = after;
        self.dropped += until - after;
        // If the last step itself was dropped, no result refers to it.
        self.last = self.last.and_then(|last| match last {
            last if last < after => Some(last),
            last => last.checked_sub(until - after).filter(|place| *place >= after),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn did(words: &str) -> What {
        What::Did { words: words.to_owned() }
    }

    fn words(trace: &Trace) -> Vec<&str> {
        trace.steps.iter().map(|step| step.what.words()).collect()
    }

    #[test]
    fn of_two_frames_in_one_read_one_may_be_unseen() {
        let (mut trace, at) = (Trace::new(), Instant::now());
        trace.record_at(at, "ann", did("seen"));
        trace.record_unseen(at, "ann", did("unseen"));
        let unseen: Vec<bool> = trace.steps.iter().map(|step| step.is_unseen).collect();
        assert_eq!((words(&trace), unseen), (vec!["seen", "unseen"], vec![false, true]));
    }

    #[test]
    fn a_step_recorded_late_is_sorted_by_its_time() {
        let mut trace = Trace::new();
        trace.record("ann", did("first"));
        let came = Instant::now();
        while came == Instant::now() {}
        trace.record("ann", did("third"));
        assert_eq!(trace.last(), Some(1));
        trace.record_at(came, "ben", did("second"));
        assert_eq!(words(&trace), ["first", "second", "third"]);
        assert_eq!(trace.last(), Some(1));
    }

    #[test]
    fn dropped_steps_are_counted() {
        let mut trace = Trace::new();
        for number in 1..=500 {
            trace.record("ann", did(&number.to_string()));
            if number % 3 == 0 {
                trace.shorten();
            }
        }
        assert!(trace.steps.len() < 40, "{}", trace.steps.len());
        let last = trace.steps.len() - 1;
        assert_eq!(trace.last(), Some(last));
        for (place, step) in trace.steps.iter().enumerate() {
            assert_eq!(trace.number(place).to_string(), step.what.words());
        }
        let places = |number: &str| words(&trace).iter().position(|words| *words == number);
        assert_eq!((places("1"), places("16"), places("500")), (Some(0), Some(15), Some(last)));
    }
}
