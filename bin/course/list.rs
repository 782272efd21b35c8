//! Results of checks on the screen: one list for all kinds of checks.

use std::fmt::Write;

use crate::check::Verdict;
use crate::lab::{Check, Kind, Lab, POINTS};

/// One line for the result of a check, and the reason of a failure below it.
pub(crate) fn line(check: &Check, verdict: &Verdict) -> String {
    let (word, reason) = match verdict {
        Verdict::Passed => ("passed", None),
        Verdict::Failed(reason) => ("FAILED", Some(reason)),
        Verdict::Undecided(reason) => ("unclear", Some(reason)),
    };
    let Check { id, title, points, kind } = check;
    let kind = kind_name(kind);
    let mut text = format!("  {word:7}  {id:10}  {points:3}  {kind:6}  {title}\n");
    for line in reason.into_iter().flat_map(|reason| reason.lines()) {
        let _ = writeln!(text, "             {line}");
    }
    text
}

fn kind_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Unit { .. } => "unit",
        Kind::Story(_) => "story",
        Kind::Wire(_) => "wire",
        Kind::Suite(_) => "suite",
        Kind::Answer { .. } => "answer",
    }
}

/// The heading of a lab.
pub(crate) fn heading(lab: &Lab) -> String {
    let [least, most] = lab.about.hours;
    let layer = lab.about.layer.name();
    format!("Lab {}: {} ({layer}, {least} to {most} hours)", lab.number, lab.about.title)
}

/// The points as a bar and a number.
pub(crate) fn points(earned: u32) -> String {
    const WIDTH: u32 = 25;
    let full = (earned * WIDTH / POINTS) as usize;
    let empty = WIDTH as usize - full;
    format!("[{}{}] {earned} of {POINTS} points", "#".repeat(full), ".".repeat(empty))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_shows_the_share_of_the_points() {
        assert_eq!(points(0), format!("[{}] 0 of 100 points", ".".repeat(25)));
        assert_eq!(points(40), format!("[{}{}] 40 of 100 points", "#".repeat(10), ".".repeat(15)));
        assert_eq!(points(100), format!("[{}] 100 of 100 points", "#".repeat(25)));
    }
}
