//! What happened in a check, step by step, as far as its report has to tell it.
//!
//! A step is something that was sent, heard or done by one of those on the stage: the people whom the
//! grader plays, each under a name of its own, and the program that is graded.

use std::time::{Duration, Instant};

/// Everything that happened in a check, in order.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    began: Instant,
    pub(crate) steps: Vec<Step>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// When, since the check began.
    pub(crate) at: Duration,
    /// Who did it, or to whom it happened: one of the people of the grader (`ann`), or `server`.
    pub(crate) who: String,
    pub(crate) what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// It sent these bytes to the program; in words, what that is.
    Sent { words: String, bytes: Vec<u8> },
    /// It heard these bytes from the program; in words, what that is.
    Heard { words: String, bytes: Vec<u8> },
    /// Something without bytes: it connected, it hung up, the program was started.
    Did { words: String },
}

impl Default for Story {
    fn default() -> Story {
        Story::new()
    }
}

impl Story {
    /// Nothing has happened yet.
    pub(crate) fn new() -> Story {
        Story { began: Instant::now(), steps: Vec::new() }
    }

    /// Leaves out what lies between the beginning and the last few steps.
    pub(crate) fn shorten(&mut self) {
        let (begin, end) = (16, 16);
        if self.steps.len() > begin + end {
            self.steps.drain(begin..self.steps.len() - end);
        }
    }

    pub(crate) fn tell(&mut self, who: &str, what: What) {
        let (at, who) = (self.began.elapsed(), who.to_owned());
        self.steps.push(Step { at, who, what });
    }
}
