//! All results in a few lines.

use super::{Ink, Lines, Look, NARROWEST, hanging, paint};
use crate::report::{Graded, paragraph, visible};

/// What costs points and what that takes with it, then the points of each area. The last line is what
/// one looks for first.
pub(crate) fn summary(graded: &Graded, look: Look) -> String {
    let width = look.width.max(NARROWEST);
    let mut lines = Lines::new();
    let (dialect, seed) = (graded.dialect, visible::line(&graded.seed));
    let head = format!("{}: {dialect}, seed {seed}", visible::line(&graded.title));
    lines.extend(paragraph::wrap(&head, width).into_iter().map(|line| (Ink::Plain, line)));
    if let Some(student) = &graded.student {
        let line = format!("by {}", visible::line(student));
        lines.push((Ink::Plain, paragraph::clip(&line, width)));
    }
    lines.extend(causes(graded, width));
    lines.extend(areas(graded, width));
    if graded.results.iter().any(|entry| graded.points(entry).is_none()) {
        lines.push((Ink::Faint, "  What is undecided or absent does not count.".to_owned()));
    }
    if !graded.finished {
        lines.push((Ink::Bad, "  Not all checks have been done.".to_owned()));
    }
    lines.push((Ink::Heading, format!("  {:<10} {}", "together", graded.total().words())));
    paint(&lines, look.colour)
}

fn causes(graded: &Graded, width: usize) -> Lines {
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
            words += &format!(": {}", ids(&cause.skipped));
        }
        lines.extend(hanging(Ink::Bad, &format!("  {:<10} ", cause.id), &words, width, 6));
    }
    lines.push((Ink::Plain, String::new()));
    lines
}

/// The ids of checks, with only the first and the last of those that follow each other.
fn ids(ids: &[&str]) -> String {
    let taken = |id: &&str| -> Option<(String, u32)> {
        let (area, number) = id.rsplit_once('-')?;
        Some((area.to_owned(), number.parse().ok()?))
    };
    let follow = |one: &&str, other: &&str| match (taken(one), taken(other)) {
        (Some((area, number)), Some(next)) => {
            number.checked_add(1).is_some_and(|number| next == (area, number))
        }
        _ => false,
    };
    let runs = ids.chunk_by(|one, other| follow(one, other));
    let words = |run: &[&str]| match (run, run.last().and_then(taken)) {
        ([first, _, _, ..], Some((_, last))) => format!("{first} to {last}"),
        _ => run.join(", "),
    };
    runs.map(words).collect::<Vec<_>>().join(", ")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_ids_are_told_in_short() {
        let all = ["A-1", "A-2", "A-4", "A-5", "A-6", "B-7", "B-8", "B-9", "B-10", "C", "B-12"];
        assert_eq!(ids(&all), "A-1, A-2, A-4 to 6, B-7 to 10, C, B-12");
        assert_eq!(ids(&["A-4294967295", "A-0"]), "A-4294967295, A-0");
        assert_eq!(ids(&[]), "");
    }
}
