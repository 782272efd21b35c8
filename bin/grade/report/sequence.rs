//! Who sent what to whom: the end of a story as a picture in lanes, before it is drawn.

use std::time::Duration;

use super::visible;
use crate::story::{Step, Story, What};
use crate::verdict::Difference;

/// The lane of the program.
const SERVER: &str = "server";

/// So much of a frame goes with an arrow.
const LONGEST: usize = 2048;

/// The last steps of a story. The lanes are those of the people in them, and the program's last.
#[derive(Debug)]
pub(crate) struct Sequence<'a> {
    pub(crate) lanes: Vec<&'a str>,
    pub(crate) rows: Vec<Row<'a>>,
    /// So many steps before these are not shown.
    pub(crate) left_out: usize,
}

/// One step.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    /// When; where it is not known, the row belongs to the one before.
    pub(crate) at: Option<Duration>,
    who: &'a str,
    pub(crate) way: Way,
    /// What it says, in words.
    pub(crate) label: String,
    /// The same with the frame.
    pub(crate) full: String,
}

/// What a row shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// From one of the people to the program.
    There,
    /// Back.
    Back,
    /// Something in one lane.
    Here,
    /// In this lane it is not what it had to be.
    Wrong,
}

impl<'a> Sequence<'a> {
    /// The last steps, that many at most, and after them the difference if there is one.
    pub(crate) fn last(
        story: &'a Story,
        steps: usize,
        difference: Option<&'a Difference>,
    ) -> Sequence<'a> {
        let left_out = story.steps.len().saturating_sub(steps);
        let mut rows: Vec<Row<'a>> = story.steps.iter().skip(left_out).map(row).collect();
        rows.extend(difference.map(|difference| Row {
            at: None,
            who: &difference.who,
            way: Way::Wrong,
            label: "not what was expected".to_owned(),
            full: format!(
                "expected: {}, got: {}",
                visible::line(&difference.expected),
                visible::line(&difference.got)
            ),
        }));
        let mut lanes = Vec::new();
        for row in &rows {
            if row.who != SERVER && !lanes.contains(&row.who) {
                lanes.push(row.who);
            }
        }
        lanes.push(SERVER);
        Sequence { lanes, rows, left_out }
    }

    /// The number of the lane in which a row is; of an arrow, its end at the person.
    pub(crate) fn lane(&self, row: &Row<'_>) -> usize {
        self.lanes.iter().position(|lane| *lane == row.who).unwrap_or(self.server())
    }

    /// The number of the program's lane.
    pub(crate) fn server(&self) -> usize {
        self.lanes.len().saturating_sub(1)
    }
}

fn row(step: &Step) -> Row<'_> {
    let (way, words, bytes) = match &step.what {
        What::Sent { words, bytes } => (Way::There, words, bytes.as_slice()),
        What::Heard { words, bytes } => (Way::Back, words, bytes.as_slice()),
        What::Did { words } => (Way::Here, words, [].as_slice()),
    };
    let frame = visible::frame(bytes.get(..LONGEST).unwrap_or(bytes));
    let words = visible::line(words);
    let (label, full) = match (words.is_empty(), frame.is_empty()) {
        (true, _) => (frame.clone(), frame),
        (false, true) => (words.clone(), words),
        (false, false) => (words.clone(), format!("{words}: {frame}")),
    };
    Row { at: Some(step.at), who: &step.who, way, label, full }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn the_lanes_are_those_who_do_something_and_the_program() {
        let outcome = samples::failed();
        let sequence = Sequence::last(&outcome.story, 100, None);
        assert_eq!(sequence.lanes, ["ann", "bob", SERVER]);
        assert_eq!(sequence.left_out, 0);
        let last = Sequence::last(&outcome.story, 1, None);
        assert_eq!((last.rows.len(), last.left_out), (1, outcome.story.steps.len() - 1));
        assert_eq!(last.lanes, ["bob", SERVER]);
    }

    #[test]
    fn the_difference_has_a_lane_though_nothing_happened_in_it() {
        let difference = Difference {
            who: "eve".to_owned(),
            expected: "a text".to_owned(),
            got: "nothing".to_owned(),
        };
        let story = Story::new();
        let sequence = Sequence::last(&story, 5, Some(&difference));
        assert_eq!(sequence.lanes, ["eve", SERVER]);
        assert_eq!(sequence.rows.len(), 1);
        assert_eq!(sequence.rows.iter().map(|row| sequence.lane(row)).collect::<Vec<_>>(), [0]);
    }
}
