//! What is known of one submission, in numbers and words.

use std::collections::BTreeMap;

use crate::report::{Entry, Graded, Points};

/// One submission.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    pub(super) name: String,
    pub(super) state: State,
    /// How many checks there are.
    pub(super) total: usize,
    pub(super) points: Points,
    /// How each check went that is done, by its id.
    verdicts: BTreeMap<&'static str, &'static str>,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Waiting,
    Running,
    /// No more checks are done.
    Ended,
    /// Nothing came of it: it could not be graded.
    Lost,
}

impl Tally {
    pub(super) fn new(name: &str, total: usize) -> Tally {
        let (name, points, verdicts) = (name.to_owned(), Points::default(), BTreeMap::new());
        Tally { name, state: State::Waiting, total, points, verdicts }
    }

    pub(super) fn begin(&mut self) {
        self.state = State::Running;
    }

    /// This is known by now.
    pub(super) fn hear(&mut self, graded: &Graded) {
        let verdict = |entry: &Entry| (entry.id(), entry.verdict().name());
        self.verdicts = graded.results.iter().map(verdict).collect();
        self.points = graded.total();
    }

    /// This is all that will be known.
    pub(super) fn end(&mut self, graded: &Graded) {
        self.hear(graded);
        self.state = State::Ended;
    }

    pub(super) fn lose(&mut self) {
        self.state = State::Lost;
    }

    /// How many checks are done.
    pub(super) fn done(&self) -> usize {
        self.verdicts.len()
    }

    /// How many checks went like this.
    pub(super) fn count(&self, verdict: &str) -> usize {
        self.verdicts.values().filter(|other| **other == verdict).count()
    }

    /// How this check went, if that is known.
    pub(super) fn verdict(&self, id: &str) -> Option<&'static str> {
        self.verdicts.get(id).copied()
    }

    /// What somebody has to know before they believe the points.
    pub(super) fn status(&self) -> &'static str {
        match self.state {
            State::Waiting | State::Running | State::Lost => "not graded",
            State::Ended if self.done() < self.total => "unfinished",
            State::Ended if self.count("undecided") > 0 => "undecided",
            State::Ended => "graded",
        }
    }

    /// Whether every check was done and decided.
    pub(super) fn is_graded(&self) -> bool {
        self.status() == "graded"
    }

    /// Whether nothing more will come of it.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.state, State::Ended | State::Lost)
    }
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;

    /// One in this state, with so many checks of each verdict.
    pub(in super::super) fn tally(
        name: &str,
        state: State,
        verdicts: &[(&'static str, &'static str)],
    ) -> Tally {
        let earned = verdicts.iter().filter(|(_, verdict)| *verdict == "passed").count() as f64;
        let possible = verdicts.len() as f64;
        let (points, verdicts) = (Points { earned, possible }, verdicts.iter().copied().collect());
        Tally { name: name.to_owned(), state, total: 3, points, verdicts }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::tally;
    use super::*;

    #[test]
    fn the_status_says_whether_the_points_are_all() {
        let all = [("A-1", "passed"), ("A-2", "failed"), ("A-3", "skipped")];
        let undecided = [("A-1", "passed"), ("A-2", "undecided"), ("A-3", "skipped")];
        for (state, verdicts, status) in [
            (State::Ended, &all[..], "graded"),
            (State::Ended, &undecided, "undecided"),
            (State::Ended, &undecided[..2], "unfinished"),
            (State::Running, &all, "not graded"),
            (State::Lost, &all, "not graded"),
            (State::Waiting, &[], "not graded"),
        ] {
            assert_eq!(tally("ada", state, verdicts).status(), status);
        }
    }
}
