//! The reports: the same results for a terminal, for a browser, and for other tools.
//!
//! Every report is rewritten after every check, so that a killed run leaves all its results. Therefore
//! the long texts of a check are made once, when the check ends ([`Entry::new`]), and each file is
//! replaced atomically.
//!
//! Read `points` first (what counts), then `text` (what a student reads). `sequence` is the picture in
//! `text` and `html`. `visible` makes every byte of a program harmless. The other modules write formats
//! of other tools; the first lines of each name its specification.

mod causes;
mod classroom50;
mod conversation;
mod crash;
mod ctrf;
mod files;
mod fold;
mod gradescope;
mod html;
mod junit;
mod markup;
pub(crate) mod paragraph;
mod points;
mod recording;
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
use crash::Crash;
pub(crate) use files::{replace, write_all};
#[cfg(test)]
pub(crate) use points::{FIRST, MOST};
pub(crate) use points::{Points, tidy};
pub(crate) use recording::{keep, place};
pub(crate) use text::{Ink, Style, failures, intro, line, notes, paint, played, summary};
use text::{PLAIN, detail};

use crate::verdict::{Outcome, Verdict};

/// The results of one program so far.
#[derive(Debug)]
pub(crate) struct Graded {
    /// The command or the address that is graded.
    pub(crate) title: String,
    /// The kind of program, in a word; see [`About::program`].
    pub(crate) program: &'static str,
    pub(crate) dialect: &'static str,
    /// The seed of every random choice.
    pub(crate) seed: String,
    /// The student whose program this is.
    pub(crate) student: Option<String>,
    /// The submission, for Classroom 50.
    pub(crate) submission: Submission,
    pub(crate) began: Timestamp,
    /// Time since the beginning.
    pub(crate) took: Duration,
    /// Whether `results` holds every selected check.
    pub(crate) finished: bool,
    /// Remarks about the whole run that no reader should miss, each a sentence.
    pub(crate) notes: Vec<String>,
    /// What the run found out about the protocol of this program, each a sentence.
    pub(crate) learned: Vec<String>,
    /// The stages of the assignment, in the order of the course.
    pub(crate) stages: Vec<String>,
    pub(crate) results: Vec<Entry>,
}

/// One check and its result.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) about: About,
    pub(crate) outcome: Outcome,
    /// The result as plain text; empty if the check passed.
    detail: String,
    /// The result as HTML.
    page: String,
    /// The end of the program's output; empty if the check passed.
    printed: Vec<String>,
    /// The crashes in the program's output.
    crashes: Vec<Crash>,
}

/// What a report says about a check besides its outcome.
#[derive(Debug, Clone)]
pub(crate) struct About {
    /// The name of the graded program in the trace: `server` or `client`.
    pub(crate) program: &'static str,
    /// The requirement, in a sentence.
    pub(crate) requirement: String,
    /// The layer in which to look first; `None` if the course has no layers.
    pub(crate) layer: Option<&'static str>,
    /// Why the requirement matters.
    pub(crate) rationale: &'static str,
    /// Where to look for the fault, and what to look for.
    pub(crate) hint: &'static str,
    /// Points earned and points possible.
    pub(crate) points: Points,
    pub(crate) visibility: Visibility,
    /// The stage of the assignment that the check belongs to.
    pub(crate) stage: String,
    /// A command that repeats exactly this check.
    pub(crate) replay: String,
    /// The recording of the check, as the reader of the report can name it: its file, if it is kept.
    pub(crate) recording: Option<String>,
}

/// When students may see a check. Only Gradescope can hide one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Visibility {
    #[default]
    Visible,
    AfterDueDate,
    Hidden,
}

/// Line width of a report that does not go to a terminal.
const WIDTH: usize = 88;

impl Entry {
    pub(crate) fn new(about: About, outcome: Outcome) -> Entry {
        let (detail, printed) = match outcome.verdict {
            Verdict::Passed | Verdict::Absent => (String::new(), Vec::new()),
            _ => (detail(&about, &outcome, PLAIN), visible::end(&outcome.output)),
        };
        let page = html::details(&about, &outcome);
        let crashes = crash::find(&outcome.output);
        Entry { about, outcome, detail, page, printed, crashes }
    }

    /// The id of the check, such as `LOGIN-3`.
    pub(crate) fn id(&self) -> &'static str {
        self.outcome.id
    }

    pub(crate) fn verdict(&self) -> &Verdict {
        &self.outcome.verdict
    }

    /// The first part of the id: `LOGIN` of `LOGIN-3`.
    fn area(&self) -> &'static str {
        self.outcome.id.rsplit_once('-').map_or(self.outcome.id, |(area, _)| area)
    }

    /// The name of the check in a list: its id and its requirement.
    fn name(&self) -> String {
        format!("{}: {}", self.outcome.id, visible::line(&self.about.requirement))
    }

    /// The reason why the check did not pass, in a line.
    fn reason(&self) -> String {
        match &self.outcome.verdict {
            Verdict::Passed => String::new(),
            Verdict::Failed(difference) => format!(
                "{}: expected {}, got {}",
                visible::line(&difference.who),
                short(&difference.expected),
                short(&difference.got)
            ),
            Verdict::Skipped { after } => format!("needs {after}, which did not pass"),
            Verdict::Undecided { why } => format!("undecided, and not counted: {}", short(why)),
            Verdict::Absent => "this dialect has no such feature".to_owned(),
        }
    }
}

/// A layer and its task.
fn layer(name: &str) -> String {
    let what = match name {
        "net" => ", which reads and writes bytes",
        "parse" => ", which turns bytes into requests and answers into bytes",
        "app" => ", which decides what each request does and who receives a message",
        "net or app" => {
            ". `net` has to notice the end of a connection, `app` has to act on it. If the server told \
             other clients that the user left, or printed that, look in `app`; otherwise in `net`"
        }
        _ => "",
    };
    format!("{}{what}", visible::line(name))
}

/// The beginning of a text, short enough for one line in a list.
fn short(text: &str) -> String {
    paragraph::shorten(&visible::line(text), 200)
}

impl Graded {
    /// The time at which the run ended, or the time of its last result.
    fn ended(&self) -> Timestamp {
        // Only a date millennia from now overflows.
        self.began.checked_add(self.took).unwrap_or(self.began)
    }

    /// The heading of what was learned about the program.
    fn about_talk(&self) -> String {
        format!("How this {} talks (object if this is wrong)", self.program)
    }

    /// The stages in the order of the course, each with its results. A check without a stage stands under
    /// its area.
    fn by_stage(&self) -> Vec<(&str, Vec<&Entry>)> {
        let mut stages: Vec<(&str, Vec<&Entry>)> =
            self.stages.iter().map(|name| (name.as_str(), Vec::new())).collect();
        for entry in &self.results {
            let name = match entry.about.stage.as_str() {
                "" => entry.area(),
                name => name,
            };
            match stages.iter_mut().find(|(stage, _)| *stage == name) {
                Some((_, entries)) => entries.push(entry),
                None => stages.push((name, vec![entry])),
            }
        }
        stages.retain(|(_, entries)| !entries.is_empty());
        stages
    }

    /// The areas in the order of their first results, each with its results.
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
    /// Gradescope's word for it.
    fn name(self) -> &'static str {
        match self {
            Visibility::Visible => "visible",
            Visibility::AfterDueDate => "after_due_date",
            Visibility::Hidden => "hidden",
        }
    }
}

/// A number of seconds with three decimals, as other formats expect it.
fn seconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_grouped_by_area() {
        let graded = samples::graded();
        let areas: Vec<&str> = graded.areas().iter().map(|(area, _)| *area).collect();
        assert_eq!(areas, ["LOGIN", "ROOM", "FRAME"]);
    }

    #[test]
    fn results_are_grouped_by_stage_in_the_order_of_the_course() {
        let mut graded = samples::graded();
        graded.results[3].about.stage = "rooms".to_owned();
        graded.results[4].about.stage = String::new();
        let stages = graded.by_stage();
        let stages: Vec<(&str, usize)> =
            stages.iter().map(|(name, entries)| (*name, entries.len())).collect();
        assert_eq!(stages, [("rooms", 1), ("login", 4), ("ROOM", 1)]);
    }
}
