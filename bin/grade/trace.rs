//! What happened in a check, step by step, as far as its report has to tell it.
//!
//! A step is something that was sent, heard or done by one of those on the stage: the people whom the
//! grader plays, each under a name of its own, and the program that is graded.
//!
//! The steps stand in the order in which they happened, which need not be the one in which a check
//! looks at them: what somebody hears has its place where it came, before whatever was sent later.

use std::time::{Duration, Instant};

/// Everything that happened in a check, in order.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    began: Instant,
    pub(crate) steps: Vec<Step>,
    /// Names that were made up for those who take part; the longest first, since another may be its
    /// beginning.
    pub(crate) names: Vec<String>,
    /// The place of the step that was told last.
    last: Option<usize>,
    /// Before which place steps were forgotten, and how many.
    gap: usize,
    forgotten: usize,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// When, since the check began.
    pub(crate) at: Duration,
    /// Who did it, or to whom it happened: one of the people of the grader (`ann`), or the program
    /// (`server`).
    pub(crate) who: String,
    pub(crate) what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// It sent these bytes to the program; in words, what that is.
    Sent { words: String, bytes: Vec<u8> },
    /// It heard these bytes from the program; in words, what that is.
    Received { words: String, bytes: Vec<u8> },
    /// Something without bytes: it connected, it hung up, the program was started.
    Did { words: String },
}

impl What {
    pub(crate) fn words(&self) -> &str {
        match self {
            What::Sent { words, .. } | What::Received { words, .. } | What::Did { words } => words,
        }
    }

    /// What went over the connection; empty where nothing did.
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
    /// Nothing has happened yet.
    pub(crate) fn new() -> Trace {
        let (steps, names) = (Vec::new(), Vec::new());
        Trace { began: Instant::now(), steps, names, last: None, gap: 0, forgotten: 0 }
    }

    /// Somebody will be called so.
    pub(crate) fn add_name(&mut self, name: &str) {
        let place = self.names.partition_point(|other| other.len() > name.len());
        self.names.insert(place, name.to_owned());
    }

    /// Something happens now.
    pub(crate) fn record(&mut self, who: &str, what: What) {
        self.record_at(Instant::now(), who, what);
    }

    /// Something happened at this moment, and is known only now.
    pub(crate) fn record_at(&mut self, moment: Instant, who: &str, what: What) {
        let (at, who) = (moment.saturating_duration_since(self.began), who.to_owned());
        let place = self.steps.partition_point(|step| step.at <= at);
        self.steps.insert(place, Step { at, who, what });
        self.last = Some(place);
        if place < self.gap {
            self.gap += 1;
        }
    }

    /// The place of the step that was told last: what a check ends with is about that one.
    pub(crate) fn last(&self) -> Option<usize> {
        self.last.filter(|place| *place < self.steps.len())
    }

    /// The number of the step at this place, counted from 1, those too that were forgotten.
    pub(crate) fn number(&self, place: usize) -> usize {
        place + 1 + if place < self.gap { 0 } else { self.forgotten }
    }

    /// Before which place steps were forgotten, and how many.
    pub(crate) fn forgotten(&self) -> (usize, usize) {
        (self.gap, self.forgotten)
    }

    /// Forgets what lies between the beginning and the last few steps, but not how much it was.
    pub(crate) fn shorten(&mut self) {
        let (begin, end) = (16, 16);
        let after = self.gap.max(begin);
        let Some(until) = self.steps.len().checked_sub(end).filter(|until| *until > after) else {
            return;
        };
        self.steps.drain(after..until);
        self.gap = after;
        self.forgotten += until - after;
        // It is among those that are left, or it is not what anything ends with.
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
    fn what_is_looked_at_late_stands_where_it_came() {
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
    fn what_is_forgotten_is_counted() {
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
