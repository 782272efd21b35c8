//! The sequence diagram of a check: the last steps of a trace, laid out in lanes. `text` and `svg` draw
//! it.

use std::time::Duration;

use super::fold::{self, Excerpt, Part};
use super::visible;
use crate::trace::{Step, Trace, What};
use crate::verdict::Difference;

/// Greatest number of bytes of a frame shown beside an arrow.
const LONGEST: usize = 2048;

/// The last steps of a trace, with repetitions folded. Each participant has a lane; the program's lane
/// is the last.
#[derive(Debug)]
pub(crate) struct Sequence<'a> {
    pub(crate) lanes: Vec<&'a str>,
    pub(crate) rows: Vec<Row<'a>>,
    /// Number of earlier steps that are left out.
    pub(crate) left_out: usize,
}

/// One row of the diagram.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    /// The time of the step; `None` if the row has no time.
    pub(crate) at: Option<Duration>,
    who: &'a str,
    pub(crate) way: Way,
    /// The label, in words.
    pub(crate) label: String,
    /// The label with the frame.
    pub(crate) full: String,
}

/// The kind of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// From a participant to the program.
    There,
    /// From the program to a participant.
    Back,
    /// An event in one lane.
    Here,
    /// Many folded steps, in no lane.
    More,
    /// The wrong answer, in the lane of the peer that received it.
    Wrong,
}

impl<'a> Sequence<'a> {
    /// Lays out the last steps of a trace of this program, at most `rows` of them up to the wrong
    /// answer, and the difference if there is one.
    pub(crate) fn last(
        trace: &'a Trace,
        program: &'a str,
        rows: usize,
        difference: Option<&'a Difference>,
    ) -> Sequence<'a> {
        let excerpt = Excerpt::new(trace, difference);
        let window = excerpt.window(rows);
        let wrong = difference.map(|difference| Row {
            at: None,
            who: &difference.who,
            way: Way::Wrong,
            label: "not as expected".to_owned(),
            full: format!(
                "expected: {}, got: {}",
                visible::line(&difference.expected),
                visible::line(&difference.got)
            ),
        });
        let mut rows = Vec::new();
        let mut place_of_wrong = None;
        for (number, part) in excerpt.parts.iter().enumerate().take(window.to).skip(window.from) {
            rows.push(match part {
                Part::One(place) => row(excerpt.step(*place)),
                Part::More(count) => more(*count, excerpt.took(number)),
            });
            if let Part::One(place) = part
                && Some(*place) == excerpt.wrong
            {
                place_of_wrong = Some(rows.len());
            }
        }
        // Below the wrong answer; if there is none, at the end.
        let place = place_of_wrong.unwrap_or(rows.len());
        rows.splice(place..place, wrong);
        let mut lanes = Vec::new();
        for row in rows.iter().filter(|row| row.way != Way::More) {
            if row.who != program && !lanes.contains(&row.who) {
                lanes.push(row.who);
            }
        }
        lanes.push(program);
        Sequence { lanes, rows, left_out: window.before }
    }

    /// The number of a row's lane; for an arrow, the lane of the participant.
    pub(crate) fn lane(&self, row: &Row<'_>) -> usize {
        self.lanes.iter().position(|lane| *lane == row.who).unwrap_or(self.program())
    }

    /// The number of the program's lane.
    pub(crate) fn program(&self) -> usize {
        self.lanes.len().saturating_sub(1)
    }

    /// Returns whether the diagram shows more than a list of the same steps. It does if several
    /// participants take part and their order matters.
    pub(crate) fn is_worth_its_place(&self) -> bool {
        let mut turns: Vec<usize> = self.rows.iter().map(|row| self.lane(row)).collect();
        turns.retain(|lane| *lane != self.program());
        turns.dedup();
        self.program() >= 3 || turns.len() >= 3
    }
}

fn row(step: &Step) -> Row<'_> {
    let way = match &step.what {
        What::Sent { .. } => Way::There,
        What::Received { .. } => Way::Back,
        What::Did { .. } => Way::Here,
    };
    let bytes = step.what.bytes();
    let frame = visible::frame(bytes.get(..LONGEST).unwrap_or(bytes));
    let words = visible::line(step.what.words());
    let (label, full) = match (words.is_empty(), frame.is_empty()) {
        (true, _) => (frame.clone(), frame),
        (false, true) => (words.clone(), words),
        (false, false) => (words.clone(), format!("{words}: {frame}")),
    };
    Row { at: Some(step.at), who: &step.who, way, label, full }
}

fn more<'a>(count: usize, took: Duration) -> Row<'a> {
    let label = fold::words(count, "steps", took);
    Row { at: None, who: "", way: Way::More, full: label.clone(), label }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::{self, did, difference, heard, sent};

    fn trace(steps: Vec<Step>) -> Trace {
        let mut trace = Trace::new();
        trace.steps = steps;
        trace
    }

    #[test]
    fn every_participant_and_the_program_have_a_lane() {
        let outcome = samples::failed();
        let sequence = Sequence::last(&outcome.trace, "server", 100, None);
        assert_eq!(sequence.lanes, ["ann", "bob", "server"]);
        assert_eq!(sequence.left_out, 0);
        let last = Sequence::last(&outcome.trace, "server", 1, None);
        assert_eq!((last.rows.len(), last.left_out), (1, outcome.trace.steps.len() - 1));
        assert_eq!(last.lanes, ["bob", "server"]);
    }

    #[test]
    fn a_client_has_lanes_for_its_user_and_its_server() {
        let trace = trace(vec![
            did(0, "client", "is started"),
            sent(1, "user", "types a name", b"ann\n"),
            heard(2, "server", "login", b"{}"),
        ]);
        let sequence = Sequence::last(&trace, "client", 100, None);
        assert_eq!(sequence.lanes, ["user", "server", "client"]);
        let lanes: Vec<usize> = sequence.rows.iter().map(|row| sequence.lane(row)).collect();
        assert_eq!((lanes, sequence.program()), (vec![2, 0, 1], 2));
    }

    #[test]
    fn the_difference_has_a_lane_without_any_step() {
        let difference = difference("eve", "a text", "nothing");
        let trace = Trace::new();
        let sequence = Sequence::last(&trace, "server", 5, Some(&difference));
        assert_eq!(sequence.lanes, ["eve", "server"]);
        assert_eq!(sequence.rows.len(), 1);
        assert_eq!(sequence.rows.iter().map(|row| sequence.lane(row)).collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn a_repetition_is_one_row() {
        let asks = |at| [sent(at, "ann", "login", b"x"), heard(at + 1, "ann", "refused", b"y")];
        let trace = trace((0..30).flat_map(|round| asks(round * 50)).collect());
        let sequence = Sequence::last(&trace, "server", 12, None);
        let labels: Vec<&str> = sequence.rows.iter().map(|row| row.label.as_str()).collect();
        let more = "… 56 more steps like these, in 1.4 s";
        assert_eq!(labels, ["login", "refused", more, "login", "refused"]);
        assert_eq!((sequence.left_out, sequence.lanes.as_slice()), (0, &["ann", "server"][..]));
    }

    #[test]
    fn a_picture_needs_several_participants() {
        let is_worth = |who: &[&str]| {
            let step = |(at, who): (usize, &&str)| did(at as u64, who, "does something");
            let trace = trace(who.iter().enumerate().map(step).collect());
            Sequence::last(&trace, "server", 12, None).is_worth_its_place()
        };
        assert!(!is_worth(&["server", "ann", "ann", "server", "ann"]));
        assert!(!is_worth(&["server", "ann", "ann", "ben", "server", "ben"]));
        assert!(is_worth(&["ann", "ben", "ann"]));
        assert!(is_worth(&["ann", "ben", "cat"]));
    }
}
