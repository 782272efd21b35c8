//! What a student reads in the terminal.
//!
//! It fits on a screen or two: what is cut first is the picture, then the early steps, then what the
//! program printed, where the reason often stands; never the difference.

mod parts;
mod summary;

use std::fmt::Write;

use self::parts::{Printed, Size};
pub(crate) use self::summary::summary;
use super::{About, Entry, Graded, paragraph, visible};
use crate::verdict::{Outcome, Verdict};

/// How it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// How many characters fit in a line.
    pub(crate) width: usize,
    pub(crate) colour: bool,
}

/// What a line is, as far as its colour goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Plain,
    Heading,
    Faint,
    Good,
    Bad,
}

/// Lines that are not painted yet.
type Lines = Vec<(Ink, String)>;

/// No report of one check is longer.
const LONGEST: usize = 60;

/// Nothing is written narrower; who has less lets the terminal break the lines.
const NARROWEST: usize = 40;

/// Everything about one check, with a newline at the end.
pub(crate) fn told(about: &About, outcome: &Outcome, look: Look) -> String {
    let width = look.width.max(NARROWEST);
    let mut lines = heading(about, outcome, width);
    match &outcome.verdict {
        Verdict::Passed | Verdict::Absent | Verdict::Skipped { .. } => {}
        Verdict::Failed(_) | Verdict::Undecided { .. } => {
            let printed = Printed::new(&outcome.output);
            let mut told = Lines::new();
            // The first that fits, or the last: that one fits always.
            for size in Size::ALL {
                told = parts::all(about, outcome, &printed, *size, width);
                if lines.len() + told.len() <= LONGEST {
                    break;
                }
            }
            lines.extend(told);
        }
    }
    paint(&lines, look.colour)
}

/// What is to be read of a run before its summary: each check that failed, or could not be decided. Of
/// those that probably failed for the same reason as one before, no more than that.
pub(crate) fn failures(graded: &Graded, look: Look) -> Vec<String> {
    let causes = graded.causes();
    let like = |entry: &Entry| causes.iter().find(|cause| cause.id == entry.outcome.id)?.like;
    let is_told =
        |entry: &&Entry| matches!(entry.verdict(), Verdict::Failed(_) | Verdict::Undecided { .. });
    let tell = |entry: &Entry| match (entry.verdict(), like(entry)) {
        (Verdict::Failed(difference), Some(like)) => {
            let width = look.width.max(NARROWEST);
            let mut lines = heading(&entry.about, &entry.outcome, width);
            lines.extend(parts::wrong(difference, width));
            let words = format!("  This is probably for the same reason as {like}.");
            lines.push((Ink::Plain, words));
            lines.push(parts::again(&entry.about));
            paint(&lines, look.colour)
        }
        _ => told(&entry.about, &entry.outcome, look),
    };
    graded.results.iter().filter(is_told).map(tell).collect()
}

fn heading(about: &About, outcome: &Outcome, width: usize) -> Lines {
    let (id, verdict) = (outcome.id, &outcome.verdict);
    let (ink, line) = match verdict {
        Verdict::Passed => (Ink::Good, format!("{id} passed")),
        Verdict::Failed(_) => (Ink::Bad, format!("{id} failed: {}", about.points.words())),
        Verdict::Skipped { after } => (Ink::Faint, format!("{id} skipped: {after} has not passed")),
        Verdict::Undecided { .. } => (Ink::Heading, format!("{id} undecided: it does not count")),
        Verdict::Absent => {
            (Ink::Faint, format!("{id} does not count: there is no such thing in this dialect"))
        }
    };
    let stage = visible::line(&about.stage);
    let line = if stage.is_empty() { line } else { format!("{line} (stage {stage})") };
    let mut lines = vec![(ink, paragraph::clip(&line, width))];
    lines.extend(indented(Ink::Plain, "", &about.requirement, width, 3));
    lines
}

/// A paragraph after a word, its lines under each other, and no more than that many.
fn indented(ink: Ink, word: &str, text: &str, width: usize, most: usize) -> Lines {
    let margin = if word.is_empty() { 2 } else { word.chars().count() + 1 };
    hanging(ink, &format!("{word:<margin$}"), &visible::line(text), width, most)
}

/// A text that needs no change, in no more than that many lines, and what stands before the first of
/// them.
fn hanging(ink: Ink, before: &str, text: &str, width: usize, most: usize) -> Lines {
    let margin = before.chars().count();
    let wide = width.saturating_sub(margin);
    let mut lines = paragraph::wrap(text, wide);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = paragraph::clip(&format!("{last} …"), wide);
        }
    }
    let before = |number: usize| if number == 0 { before } else { "" };
    lines
        .iter()
        .enumerate()
        .map(|(number, line)| (ink, format!("{:<margin$}{line}", before(number))))
        .collect()
}

/// The lines, each with a newline.
pub(crate) fn paint(lines: &[(Ink, String)], colour: bool) -> String {
    let mut out = String::new();
    for (ink, line) in lines {
        let code = match ink {
            _ if !colour || line.is_empty() => "",
            Ink::Plain => "",
            Ink::Heading => "\x1b[1m",
            Ink::Faint => "\x1b[2m",
            Ink::Good => "\x1b[32m",
            Ink::Bad => "\x1b[31m",
        };
        let reset = if code.is_empty() { "" } else { "\x1b[0m" };
        // Writing into a string does not fail.
        let _ = writeln!(out, "{code}{}{reset}", line.trim_end());
    }
    out
}

/// One line for a check that has just ended, and what stands before it.
pub(crate) fn line(before: &str, entry: &Entry, look: Look) -> String {
    let verdict = &entry.outcome.verdict;
    let ink = match verdict {
        Verdict::Passed => Ink::Good,
        Verdict::Failed(_) => Ink::Bad,
        Verdict::Skipped { .. } | Verdict::Undecided { .. } | Verdict::Absent => Ink::Faint,
    };
    let (id, name) = (entry.outcome.id, verdict.name());
    let requirement = visible::line(&entry.about.requirement);
    let line = format!("{before}{name:<10} {id:<10} {requirement}");
    let line = paragraph::clip(&line, look.width.max(NARROWEST));
    paint(&[(ink, line)], look.colour)
}

/// The file: the summary, since that is what one sees first there, then whatever did not pass, but for
/// what the summary names as skipped.
pub(super) fn report(graded: &Graded) -> String {
    let is_told = |entry: &&Entry| {
        let root = graded.root(entry);
        root.id() == entry.id() || !matches!(root.verdict(), Verdict::Failed(_))
    };
    let mut out = summary(graded, Look { width: super::WIDTH, colour: false });
    for entry in graded.results.iter().filter(is_told).filter(|entry| !entry.told.is_empty()) {
        out.push('\n');
        out.push_str(&entry.told);
    }
    out
}

#[cfg(test)]
mod tests;
