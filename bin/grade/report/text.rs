//! The report in the terminal.
//!
//! The report of a check fits on a screen or two. If it is too long, the picture goes first, then the
//! early steps, then the program's output, in which the reason often stands. The difference is never
//! cut.

mod lines;
mod parts;
mod summary;

pub(crate) use self::lines::{Ink, Style, paint};
use self::lines::{Lines, NARROWEST, indented};
use self::parts::{Printed, Size};
pub(crate) use self::summary::{intro, notes, summary};
use super::{About, Entry, Graded, paragraph, visible};
use crate::verdict::{Outcome, Verdict};

/// The style of a file.
pub(super) const PLAIN: Style = Style { width: super::WIDTH, colour: false };

/// Greatest number of lines in the report of one check.
const LONGEST: usize = 60;

/// The report of one check, with a newline at the end.
pub(crate) fn detail(about: &About, outcome: &Outcome, style: Style) -> String {
    let width = style.width.max(NARROWEST);
    below(heading(about, outcome, width), about, outcome, style)
}

/// The report of a transcript: its heading, the lines that show the place in the file, and then the same as
/// for a check.
pub(crate) fn played(
    heading: &str,
    shown: &[String],
    about: &About,
    outcome: &Outcome,
    style: Style,
) -> String {
    let ink = if matches!(outcome.verdict, Verdict::Failed(_)) { Ink::Bad } else { Ink::Heading };
    let width = style.width.max(NARROWEST);
    let mut lines = vec![(ink, paragraph::shorten(&visible::line(heading), width))];
    lines.extend(shown.iter().map(|line| (Ink::Plain, visible::line(line))));
    below(lines, about, outcome, style)
}

/// The lines of a heading, and everything that stands below it.
fn below(mut lines: Lines, about: &About, outcome: &Outcome, style: Style) -> String {
    let width = style.width.max(NARROWEST);
    match &outcome.verdict {
        Verdict::Passed | Verdict::Absent | Verdict::Skipped { .. } => {}
        Verdict::Failed(_) | Verdict::Undecided { .. } => {
            let printed = Printed::new(&outcome.output);
            let mut detail = Lines::new();
            // Takes the first size that fits. The last one always fits.
            for size in Size::ALL {
                detail = parts::all(about, outcome, &printed, *size, width);
                if lines.len() + detail.len() <= LONGEST {
                    break;
                }
            }
            lines.extend(detail);
        }
    }
    paint(&lines, style.colour)
}

/// The reports that precede the summary: every check that failed or is undecided. If an earlier report
/// explains the failure, the report is short.
pub(crate) fn failures(graded: &Graded, style: Style) -> Vec<String> {
    let causes = graded.causes();
    let like = |entry: &Entry| causes.iter().find_map(|cause| cause.explained_by(entry.id()));
    let is_shown =
        |entry: &&Entry| matches!(entry.verdict(), Verdict::Failed(_) | Verdict::Undecided { .. });
    let tell = |entry: &Entry| match (entry.verdict(), like(entry)) {
        (Verdict::Failed(difference), Some(like)) => {
            let width = style.width.max(NARROWEST);
            let mut lines = heading(&entry.about, &entry.outcome, width);
            lines.extend(parts::wrong(difference, None, width));
            let words = format!("  It probably failed for the same reason as {like}.");
            lines.push((Ink::Plain, words));
            lines.extend(parts::see(&entry.about, &entry.outcome));
            lines.push(parts::again(&entry.about));
            paint(&lines, style.colour)
        }
        _ => detail(&entry.about, &entry.outcome, style),
    };
    graded.results.iter().filter(is_shown).map(tell).collect()
}

fn heading(about: &About, outcome: &Outcome, width: usize) -> Lines {
    let (id, verdict) = (outcome.id, &outcome.verdict);
    let (ink, line) = match verdict {
        Verdict::Passed => (Ink::Good, format!("{id} passed")),
        Verdict::Failed(_) => (Ink::Bad, format!("{id} failed: {}", about.points.words())),
        Verdict::Skipped { after } => (Ink::Faint, format!("{id} skipped (needs {after})")),
        Verdict::Undecided { .. } => (Ink::Heading, format!("{id} undecided: it does not count")),
        Verdict::Absent => {
            (Ink::Faint, format!("{id} does not count: this dialect has no such feature"))
        }
    };
    let stage = visible::line(&about.stage);
    let line = match stage.as_str() {
        "" => line,
        stage => format!("{line} (part of the assignment: {stage})"),
    };
    let mut lines = vec![(ink, paragraph::shorten(&line, width))];
    lines.extend(indented(Ink::Plain, "", &about.requirement, width, 6));
    lines
}

/// One line for a check that has just ended, after the text `before`. On a terminal the line is cut to
/// its width.
pub(crate) fn line(before: &str, entry: &Entry, style: Style) -> String {
    let verdict = &entry.outcome.verdict;
    let ink = match verdict {
        Verdict::Passed => Ink::Good,
        Verdict::Failed(_) => Ink::Bad,
        Verdict::Skipped { .. } | Verdict::Undecided { .. } | Verdict::Absent => Ink::Faint,
    };
    let (id, name) = (entry.outcome.id, verdict.name());
    let requirement = visible::line(&entry.about.requirement);
    let needs = match verdict {
        Verdict::Skipped { after } => format!("(needs {after}) "),
        _ => String::new(),
    };
    let line = format!("{before}{name:<10} {id:<10} {needs}{requirement}");
    let line = paragraph::shorten(&line, style.width.max(NARROWEST));
    paint(&[(ink, line)], style.colour)
}

/// The report file: remarks on the run and the summary first, then the report of every check that did not pass, except skipped
/// checks that the summary names.
pub(super) fn report(graded: &Graded) -> String {
    let is_shown = |entry: &&Entry| {
        let root = graded.root(entry);
        root.id() == entry.id() || !matches!(root.verdict(), Verdict::Failed(_))
    };
    let mut out = intro(graded, PLAIN);
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(&summary(graded, PLAIN));
    for entry in graded.results.iter().filter(is_shown).filter(|entry| !entry.detail.is_empty()) {
        out.push('\n');
        out.push_str(&entry.detail);
    }
    out
}

#[cfg(test)]
mod tests;
