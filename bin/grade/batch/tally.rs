//! The results of one submission, in numbers and words.

use std::collections::BTreeMap;

use crate::report::{Entry, Graded, Points};

/// The results of one submission.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    pub(super) name: String,
    pub(super) state: State,
    /// Number of checks.
    pub(super) total: usize,
    pub(super) points: Points,
    /// The verdict of each finished check, by its id.
    verdicts: BTreeMap<&'static str, &'static str>,
}

/// The progress of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Waiting,
    Running,
    /// No more checks will run.
    Ended,
    /// The submission could not be graded.
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

    /// Records the results so far.
    pub(super) fn update(&mut self, graded: &Graded) {
        let verdict = |entry: &Entry| (entry.id(), entry.verdict().name());
        self.verdicts = graded.results.iter().map(verdict).collect();
        self.points = graded.total();
    }

    /// Records the final results.
    pub(super) fn end(&mut self, graded: &Graded) {
        self.update(graded);
        self.state = State::Ended;
    }

    pub(super) fn lose(&mut self) {
        self.state = State::Lost;
    }

    /// Number of finished checks.
    pub(super) fn done(&self) -> usize {
        self.verdicts.len()
    }

    /// Number of checks with this verdict.
    pub(super) fn count(&self, verdict: &str) -> usize {
        self.verdicts.values().filter(|other| **other == verdict).count()
    }

    /// The verdict of this check, if it has finished.
    pub(super) fn verdict(&self, id: &str) -> Option<&'static str> {
        self.verdicts.get(id).copied()
    }

    /// Whether the points are final.
    pub(super) fn status(&self) -> &'static str {
        match self.state {
            State::Waiting | State::Running | State::Lost => "not graded",
            State::Ended if self.done() < self.total => "unfinished",
            State::Ended if self.count("undecided") > 0 => "undecided",
            State::Ended => "graded",
        }
    }

    /// Returns whether every check has finished and is decided.
    pub(super) fn is_graded(&self) -> bool {
        self.status() == "graded"
    }

    /// Returns whether the submission will change no more.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.state, State::Ended | State::Lost)
    }
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;

    /// A tally in this state, with these verdicts.
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
    fn the_status_says_whether_the_points_are_final() {
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
