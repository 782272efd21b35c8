//! The reports: the same results for a person, for a browser and for whatever else reads them.
//!
//! What is written is written after every check, so that a run which is killed leaves what it knew.
//! So what is long in a report is made once, when a check has ended ([`Entry::new`]), and a file takes
//! the place of the one before in one go.
//!
//! Read `points` for what counts, then `text` for what a student reads; `sequence` is the picture in
//! it and in `html`, and `visible` is why none of them has to fear what a program prints. The other
//! modules are formats of others, each after the document that its first lines name.

mod causes;
mod classroom50;
mod ctrf;
mod files;
mod fold;
mod gradescope;
mod html;
mod junit;
mod markup;
pub(crate) mod paragraph;
mod points;
mod sequence;
mod svg;
mod tap;
mod text;
pub(crate) mod visible;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod wellformed;

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

pub(crate) use classroom50::Submission;
pub(crate) use files::{replace, write_all};
pub(crate) use points::{Points, tidy};
use text::told;
pub(crate) use text::{Ink, Look, failures, line, paint, summary};

use crate::verdict::{Outcome, Verdict};

/// What has been found out about a program, so far.
#[derive(Debug)]
pub(crate) struct Graded {
    /// What was graded: a command, or an address.
    pub(crate) title: String,
    /// What that is, in a word; see [`About::program`].
    pub(crate) program: &'static str,
    pub(crate) dialect: &'static str,
    /// What everything that was left to chance came from.
    pub(crate) seed: String,
    /// Whose it is.
    pub(crate) student: Option<String>,
    /// What was handed in, as Classroom 50 knows it.
    pub(crate) submission: Submission,
    pub(crate) began: Timestamp,
    /// How long it has taken so far.
    pub(crate) took: Duration,
    /// Whether every check that was to be done is among the results.
    pub(crate) finished: bool,
    pub(crate) results: Vec<Entry>,
}

/// One check, and what became of it.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) about: About,
    pub(crate) outcome: Outcome,
    /// For whoever shows plain text; empty where it passed.
    told: String,
    /// For the page.
    page: String,
    /// The end of what the program printed; empty where it passed.
    printed: Vec<String>,
}

/// What a report says of a check besides its outcome.
#[derive(Debug, Clone)]
pub(crate) struct About {
    /// What the program that is graded is called in the story: `server` or `client`.
    pub(crate) program: &'static str,
    /// What is required, in a sentence.
    pub(crate) requirement: String,
    /// The layer in which to look first.
    pub(crate) layer: &'static str,
    /// Why it matters.
    pub(crate) rationale: &'static str,
    /// Where to look, and for what.
    pub(crate) hint: &'static str,
    /// What it earned, and what it could have.
    pub(crate) points: Points,
    pub(crate) visibility: Visibility,
    /// The part of the assignment that it belongs to.
    pub(crate) stage: String,
    /// The command that does exactly this again.
    pub(crate) replay: String,
}

/// When students may see a check, where there is somebody who can keep it from them: Gradescope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Visibility {
    #[default]
    Visible,
    AfterDueDate,
    Hidden,
}

/// How wide text is in a report that is no terminal.
const WIDTH: usize = 88;

impl Entry {
    pub(crate) fn new(about: About, outcome: Outcome) -> Entry {
        let (told, printed) = match outcome.verdict {
            Verdict::Passed | Verdict::Absent => (String::new(), Vec::new()),
            _ => (
                told(&about, &outcome, Look { width: WIDTH, colour: false }),
                visible::end(&outcome.output),
            ),
        };
        let page = html::details(&about, &outcome);
        Entry { about, outcome, told, page, printed }
    }

    /// Which check it was.
    pub(crate) fn id(&self) -> &'static str {
        self.outcome.id
    }

    pub(crate) fn verdict(&self) -> &Verdict {
        &self.outcome.verdict
    }

    /// What the id begins with: `LOGIN` of `LOGIN-3`.
    fn area(&self) -> &'static str {
        self.outcome.id.rsplit_once('-').map_or(self.outcome.id, |(area, _)| area)
    }

    /// What it is called where there is one line for it.
    fn name(&self) -> String {
        format!("{}: {}", self.outcome.id, visible::line(&self.about.requirement))
    }

    /// Why it has not passed, in a line.
    fn reason(&self) -> String {
        match &self.outcome.verdict {
            Verdict::Passed => String::new(),
            Verdict::Failed(difference) => format!(
                "{}: expected {}, got {}",
                visible::line(&difference.who),
                short(&difference.expected),
                short(&difference.got)
            ),
            Verdict::Skipped { after } => format!("{after} has not passed"),
            Verdict::Undecided { why } => format!("undecided, and not counted: {}", short(why)),
            Verdict::Absent => "there is no such thing in this dialect".to_owned(),
        }
    }
}

/// A layer, and what is done in it.
fn layer(name: &str) -> String {
    let what = match name {
        "net" => ", where bytes are read and written",
        "parse" => ", where bytes are made into requests, and answers into bytes",
        "app" => ", where it is decided what is done, and who hears of it",
        _ => "",
    };
    format!("{}{what}", visible::line(name))
}

/// So much of something long as fits in one line among others.
fn short(text: &str) -> String {
    paragraph::clip(&visible::line(text), 200)
}

impl Graded {
    /// When it ended, or the time that it has come to.
    fn ended(&self) -> Timestamp {
        // Only millennia from now is there no such time.
        self.began.checked_add(self.took).unwrap_or(self.began)
    }

    /// The areas in the order of their first results, with these.
    fn areas(&self) -> Vec<(&'static str, Vec<&Entry>)> {
        let mut areas: Vec<(&'static str, Vec<&Entry>)> = Vec::new();
        for entry in &self.results {
            match areas.iter_mut().find(|(area, _)| *area == entry.area()) {
                Some((_, entries)) => entries.push(entry),
                None => areas.push((entry.area(), vec![entry])),
            }
        }
        areas
    }
}

impl Visibility {
    /// The word of Gradescope for it.
    fn name(self) -> &'static str {
        match self {
            Visibility::Visible => "visible",
            Visibility::AfterDueDate => "after_due_date",
            Visibility::Hidden => "hidden",
        }
    }
}

/// A number of seconds as others want it: with three digits after the point.
fn seconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_under_their_areas() {
        let graded = samples::graded();
        let areas: Vec<&str> = graded.areas().iter().map(|(area, _)| *area).collect();
        assert_eq!(areas, ["LOGIN", "ROOM", "FRAME"]);
    }
}
