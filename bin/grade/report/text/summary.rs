//! The summary: all results in a few lines.

use super::lines::{Ink, Lines, NARROWEST, Style, hanging, paint};
use crate::report::{Graded, causes, paragraph, visible};

/// What costs points, then the points of each area, then the total. The total is the last line, because
/// readers look for it first.
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
    lines.extend(areas(graded, width));
    if graded.results.iter().any(|entry| graded.points(entry).is_none()) {
        lines.push((Ink::Faint, "  Undecided and absent checks do not count.".to_owned()));
    }
    if !graded.finished {
        lines.push((Ink::Bad, "  Not all checks have been done.".to_owned()));
    }
    lines.push((Ink::Heading, format!("  {:<10} {}", "total", graded.total().words())));
    paint(&lines, style.colour)
}

fn costs(graded: &Graded, width: usize) -> Lines {
    let causes = graded.causes();
    let mut lines = Lines::new();
    if causes.is_empty() {
        return lines;
    }
    lines.push((Ink::Plain, String::new()));
    lines.push((Ink::Heading, "What costs points".to_owned()));
    for cause in &causes {
        let mut words = cause.words();
        if !cause.skipped.is_empty() {
            words += &format!(": {}", causes::ids(&cause.skipped));
        }
        lines.extend(hanging(Ink::Bad, &format!("  {:<10} ", cause.id), &words, width, 6));
    }
    lines.push((Ink::Plain, String::new()));
    lines
}

fn areas(graded: &Graded, width: usize) -> Lines {
    let mut lines = Lines::new();
    for (area, entries) in graded.areas() {
        let points = graded.sum(entries.iter().copied());
        let counts: Vec<String> = ["passed", "failed", "skipped", "undecided", "absent"]
            .into_iter()
            .map(|name| (Graded::count(entries.iter().copied(), name), name))
            .filter(|(count, _)| *count > 0)
            .map(|(count, name)| format!("{count} {name}"))
            .collect();
        let ink = if points.earned < points.possible { Ink::Bad } else { Ink::Good };
        let before = format!("  {area:<10} {:<20} ", points.words());
        lines.extend(hanging(ink, &before, &counts.join(", "), width, 4));
    }
    lines
}
