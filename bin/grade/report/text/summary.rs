//! The summary: all results in a few lines.

use super::lines::{Ink, Lines, NARROWEST, Style, hanging, paint};
use crate::report::{Graded, causes, paragraph, points, visible};

/// Greatest width of a stage's name; a longer one is cut.
const STAGE: usize = 36;

/// What a reader has to know before the results: remarks on the run, and what was learned about the
/// program. Empty if there is nothing to say.
pub(crate) fn intro(graded: &Graded, style: Style) -> String {
    let width = style.width.max(NARROWEST);
    let mut lines = Lines::new();
    if !graded.learned.is_empty() {
        let head = graded.about_talk() + ":";
        lines.extend(paragraph::wrap(&head, width).into_iter().map(|line| (Ink::Heading, line)));
    }
    for sentence in &graded.learned {
        lines.extend(hanging(Ink::Plain, "  - ", &visible::line(sentence), width, 8));
    }
    notes(graded, style) + &paint(&lines, style.colour)
}

/// The remarks on the run.
pub(crate) fn notes(graded: &Graded, style: Style) -> String {
    let width = style.width.max(NARROWEST);
    let note = |note: &String| hanging(Ink::Bad, "Note: ", &visible::line(note), width, 8);
    let lines: Lines = graded.notes.iter().flat_map(note).collect();
    paint(&lines, style.colour)
}

/// What costs points, then what does not count, then the points of each stage, then the total. The total
/// is the last line, because readers look for it first.
pub(crate) fn summary(graded: &Graded, style: Style) -> String {
    let width = style.width.max(NARROWEST);
    let mut lines = Lines::new();
    let (dialect, seed) = (graded.dialect, visible::line(&graded.seed));
    let head = format!("{}: {dialect}, seed {seed}", visible::line(&graded.title));
    lines.extend(paragraph::wrap(&head, width).into_iter().map(|line| (Ink::Plain, line)));
    if let Some(student) = &graded.student {
        let line = format!("by {}", visible::line(student));
        lines.push((Ink::Plain, paragraph::clip(&line, width)));
    }
    lines.extend(costs(graded, width));
    lines.extend(undecided(graded, width));
    lines.extend(stages(graded, width));
    if !graded.finished {
        lines.push((Ink::Bad, "  Not all checks have been done.".to_owned()));
    }
    lines.push((Ink::Heading, format!("  total: {}", graded.total().words())));
    paint(&lines, style.colour)
}

/// A blank line and a heading.
fn section(head: &str) -> Lines {
    vec![(Ink::Plain, String::new()), (Ink::Heading, head.to_owned())]
}

fn costs(graded: &Graded, width: usize) -> Lines {
    let causes = graded.causes();
    if causes.is_empty() {
        return Lines::new();
    }
    let mut lines = section("What costs points, the dearest cause first");
    for cause in &causes {
        let words = format!(
            "{}{}{}",
            cause.failed.join(", "),
            cause.and_skipped(),
            causes::ids(&cause.skipped)
        );
        let before = format!("  {:<12} ", cause.cost());
        lines.extend(hanging(Ink::Bad, &before, &words, width, 8));
        lines.extend(hanging(Ink::Plain, &" ".repeat(15), &cause.words, width, 8));
    }
    lines
}

fn undecided(graded: &Graded, width: usize) -> Lines {
    let undecided = graded.undecided();
    if undecided.is_empty() {
        return Lines::new();
    }
    let mut lines = section("What could not be decided");
    for (entry, why) in undecided {
        let points = points::amount(entry.about.points.sound().possible);
        let before = format!("  {:<12} {:<10} ", points, entry.id());
        lines.extend(hanging(Ink::Faint, &before, &why, width, 4));
    }
    lines
}

fn stages(graded: &Graded, width: usize) -> Lines {
    let stages: Vec<(String, _)> = graded
        .by_stage()
        .into_iter()
        .map(|(name, entries)| {
            (paragraph::shorten(&visible::line(name), STAGE.min(width / 3)), entries)
        })
        .collect();
    let widest = stages.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut lines = section("Points by part of the assignment");
    for (name, entries) in stages {
        let points = graded.sum(entries.iter().copied());
        let counts: Vec<String> = ["passed", "failed", "skipped", "undecided", "absent"]
            .into_iter()
            .map(|name| (Graded::count(entries.iter().copied(), name), name))
            .filter(|(count, _)| *count > 0)
            .map(|(count, name)| format!("{count} {name}"))
            .collect();
        let ink = if points.earned < points.possible { Ink::Bad } else { Ink::Good };
        let before = format!("  {name:<widest$}  {:>9}  ", points.in_short());
        lines.extend(hanging(ink, &before, &counts.join(", "), width, 4));
    }
    if graded.results.iter().any(|entry| graded.points(entry).is_none()) {
        let words = "Undecided and absent checks do not count.";
        lines.extend(hanging(Ink::Faint, "  ", words, width, 2));
    }
    lines
}
