//! What is told of a check that did not pass, part by part, each as long as it may be.

use super::{Ink, Lines, indented};
use crate::report::sequence::{Row, Sequence, Way};
use crate::report::{About, paragraph, visible};
use crate::story::{Step, What};
use crate::verdict::{Difference, Outcome, Verdict};

/// How much of everything that can be left out is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// Numbered steps.
    steps: usize,
    /// Steps in the picture.
    rows: usize,
    /// Lines that the program printed.
    output: usize,
}

impl Size {
    /// From everything to what always fits.
    pub(super) const ALL: &[Size] = &[
        Size { steps: 12, rows: 12, output: 15 },
        Size { steps: 10, rows: 12, output: 12 },
        Size { steps: 8, rows: 12, output: 8 },
        Size { steps: 7, rows: 10, output: 6 },
        Size { steps: 6, rows: 8, output: 5 },
        Size { steps: 4, rows: 6, output: 4 },
        Size { steps: 3, rows: 4, output: 3 },
    ];
}

/// So much of a frame is looked at.
const LONGEST: usize = 4096;

/// Rows of a dump.
const DUMP: usize = 4;

pub(super) fn all(about: &About, outcome: &Outcome, size: Size, width: usize) -> Lines {
    let difference = match &outcome.verdict {
        Verdict::Failed(difference) => Some(difference),
        _ => None,
    };
    let mut lines = Lines::new();
    blank(&mut lines);
    if !outcome.story.steps.is_empty() {
        lines.extend(steps(outcome, size.steps, width));
    }
    lines.extend(difference.map(|difference| wrong(difference, width)).unwrap_or_default());
    if let Verdict::Undecided { why } = &outcome.verdict {
        lines.extend(indented(Ink::Heading, "Why:", why, width, 3));
    }
    if !outcome.story.steps.is_empty() {
        blank(&mut lines);
        lines.extend(picture(&Sequence::last(&outcome.story, size.rows, difference), width));
    }
    lines.extend(output(&outcome.output, size.output, width));
    blank(&mut lines);
    if difference.is_some() {
        lines.extend(indented(Ink::Plain, "Why it matters:", about.rationale, width, 2));
        lines.extend(indented(Ink::Plain, "Hint:", about.hint, width, 3));
        lines.extend(indented(Ink::Plain, "Look in:", about.layer, width, 1));
    }
    // One line however long: it is there to be copied.
    let again = format!("Again: {}", visible::line(&about.replay));
    lines.push((Ink::Heading, again));
    lines
}

fn blank(lines: &mut Lines) {
    lines.push((Ink::Plain, String::new()));
}

/// The steps with their numbers, the frame under each.
fn steps(outcome: &Outcome, most: usize, width: usize) -> Lines {
    let steps = &outcome.story.steps;
    let left_out = steps.len().saturating_sub(most);
    let mut lines = vec![(Ink::Heading, "What happened".to_owned())];
    if left_out > 0 {
        lines.push((Ink::Faint, format!("      ({left_out} earlier steps are left out)")));
    }
    // Only one dump: the one nearest to the difference.
    let dumped = steps.iter().rposition(|step| visible::strange(bytes(step)).is_some());
    for (index, step) in steps.iter().enumerate().skip(left_out) {
        let line = format!("{:>4}. {}", index + 1, words(step));
        lines.push((Ink::Plain, paragraph::clip(&line, width)));
        let bytes = bytes(step);
        if bytes.is_empty() {
            continue;
        }
        let frame = visible::frame(bytes.get(..LONGEST).unwrap_or(bytes));
        lines.push((Ink::Faint, paragraph::clip(&format!("      {frame}"), width)));
        if let Some(at) = visible::strange(bytes).filter(|_| dumped == Some(index)) {
            lines.extend(dump(bytes, at, width));
        }
    }
    lines
}

fn bytes(step: &Step) -> &[u8] {
    match &step.what {
        What::Sent { bytes, .. } | What::Heard { bytes, .. } => bytes,
        What::Did { .. } => &[],
    }
}

fn words(step: &Step) -> String {
    let who = visible::line(&step.who);
    match &step.what {
        What::Sent { words, .. } => format!("{who} sends: {}", visible::line(words)),
        What::Heard { words, .. } => format!("{who} hears: {}", visible::line(words)),
        What::Did { words } => format!("{who}: {}", visible::line(words)),
    }
}

/// Bytes from where they are no plain text.
fn dump(bytes: &[u8], at: usize, width: usize) -> Lines {
    let rows = visible::hex(bytes, at, DUMP, width.saturating_sub(6));
    let mut lines: Lines =
        rows.into_iter().map(|row| (Ink::Faint, format!("      {row}"))).collect();
    if lines.len() == DUMP || at >= 16 {
        lines.push((Ink::Faint, format!("      (of {} bytes)", bytes.len())));
    }
    lines
}

/// The difference, and where it cannot be seen, its bytes.
fn wrong(difference: &Difference, width: usize) -> Lines {
    let Difference { who, expected, got } = difference;
    let at = paragraph::first_difference(expected, got);
    // In three lines, from where they differ if that would be past their end.
    let room = width.saturating_sub(12) * 5 / 2;
    let part = |text: &str| visible::line(&paragraph::around(text, at, room));
    let line = format!("Then, at {}:", visible::line(who));
    let mut lines = vec![(Ink::Heading, paragraph::clip(&line, width))];
    lines.extend(indented(Ink::Good, "  expected:", &part(expected), width, 3));
    lines.extend(indented(Ink::Bad, "  got:     ", &part(got), width, 3));
    if visible::look_alike(expected, got) {
        lines.push((Ink::Plain, "  They look the same, but their bytes differ:".to_owned()));
        let byte = expected.chars().take(at).map(char::len_utf8).sum();
        for (word, text) in [("expected", expected), ("got", got)] {
            let rows = visible::hex(text.as_bytes(), byte, 2, width.saturating_sub(12));
            lines.extend(rows.into_iter().map(|row| (Ink::Plain, format!("  {word:<9} {row}"))));
        }
    }
    lines
}

/// Lanes from left to right, time downwards, and beside it what each arrow is.
fn picture(sequence: &Sequence<'_>, width: usize) -> Lines {
    let lanes = sequence.lanes.len();
    // Half of the width is for the words.
    let gap = ((width / 2).saturating_sub(12) / lanes.max(1)).clamp(4, 10);
    let mut lines = vec![(Ink::Heading, "Who sent what to whom".to_owned())];
    if sequence.left_out > 0 {
        let line = format!("  ({} earlier steps are left out)", sequence.left_out);
        lines.push((Ink::Faint, line));
    }
    let mut names = " ".repeat(12);
    for (number, lane) in sequence.lanes.iter().enumerate() {
        // Right of the last there is room.
        let room = if number == sequence.server() { 10 } else { gap - 1 };
        let name = paragraph::clip(&visible::line(lane), room);
        names += &format!("{name:<gap$}");
    }
    lines.push((Ink::Plain, paragraph::clip(&names, width)));
    for row in &sequence.rows {
        let time = row.at.map_or(String::new(), |at| format!("{} ms", at.as_millis()));
        let line = format!("{time:>10}  {}  {}", arrow(sequence, row, gap), row.label);
        let ink = if row.way == Way::Wrong { Ink::Bad } else { Ink::Plain };
        lines.push((ink, paragraph::clip(&line, width)));
    }
    lines
}

/// The lanes in one row, and what crosses them.
fn arrow(sequence: &Sequence<'_>, row: &Row<'_>, gap: usize) -> String {
    let (person, server) = (sequence.lane(row), sequence.server());
    let crosses = matches!(row.way, Way::There | Way::Back);
    let between = gap - 1;
    let mut out = String::new();
    for lane in 0..=server {
        out.push(match row.way {
            Way::Here if lane == person => '●',
            Way::Wrong if lane == person => '✗',
            Way::There if lane == person => '├',
            Way::Back if lane == server => '┤',
            _ if crosses && person < lane && lane < server => '┼',
            _ => '│',
        });
        if lane == server {
            break;
        }
        let line = "─".repeat(between - 1);
        match row.way {
            Way::There if lane >= person && lane + 1 == server => out += &(line + "▶"),
            Way::Back if lane == person => out += &("◀".to_owned() + &line),
            Way::There | Way::Back if lane >= person => out += &(line + "─"),
            _ => out += &" ".repeat(between),
        }
    }
    out
}

/// The end of what the program printed.
fn output(text: &str, most: usize, width: usize) -> Lines {
    let all = text.lines().count();
    if all == 0 {
        return Lines::new();
    }
    let left_out = all.saturating_sub(most);
    let head = match left_out {
        0 => "What the program printed".to_owned(),
        _ => format!("What the program printed (the last {most} of {all} lines)"),
    };
    let mut lines = vec![(Ink::Plain, String::new()), (Ink::Heading, head)];
    for line in text.lines().skip(left_out).flat_map(visible::lines) {
        lines.push((Ink::Faint, paragraph::clip(&format!("  {line}"), width)));
    }
    lines
}
