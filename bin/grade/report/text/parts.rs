//! What is told of a check that did not pass, part by part, each as long as it may be.

use std::time::Duration;

use super::{Ink, Lines, hanging, indented};
use crate::report::fold::{self, Part, Told, fold};
use crate::report::sequence::{Row, Sequence, Way};
use crate::report::{About, layer, paragraph, visible};
use crate::trace::{Step, What};
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
    /// From everything to what always fits. Where there is a picture it shows the whole, and the steps
    /// the end of it in full.
    pub(super) const ALL: &[Size] = &[
        Size { steps: 24, rows: 24, output: 16 },
        Size { steps: 16, rows: 24, output: 16 },
        Size { steps: 12, rows: 24, output: 16 },
        Size { steps: 10, rows: 24, output: 16 },
        Size { steps: 8, rows: 24, output: 16 },
        Size { steps: 8, rows: 20, output: 14 },
        Size { steps: 8, rows: 16, output: 12 },
        Size { steps: 8, rows: 14, output: 10 },
        Size { steps: 6, rows: 12, output: 10 },
        Size { steps: 8, rows: 0, output: 16 },
        Size { steps: 8, rows: 0, output: 10 },
        Size { steps: 6, rows: 0, output: 8 },
        Size { steps: 4, rows: 0, output: 4 },
        Size { steps: 3, rows: 0, output: 3 },
    ];
}

/// So much of a frame is looked at.
const LONGEST: usize = 4096;

/// Rows of a dump.
const DUMP: usize = 4;

/// So many of the last frames may take so many lines: what is wrong is in one of them, or asked for it.
const LAST: usize = 2;
const ROOM: usize = 3;

/// So much of what the program printed is looked at.
const PRINTED: usize = 2000;

pub(super) fn all(
    about: &About,
    outcome: &Outcome,
    printed: &Printed<'_>,
    size: Size,
    width: usize,
) -> Lines {
    let difference = match &outcome.verdict {
        Verdict::Failed(difference) => Some(difference),
        _ => None,
    };
    let mut lines = Lines::new();
    blank(&mut lines);
    if !outcome.trace.steps.is_empty() {
        lines.extend(steps(outcome, difference, size.steps, width));
    }
    lines.extend(difference.map(|difference| wrong(difference, width)).unwrap_or_default());
    if let Verdict::Undecided { why } = &outcome.verdict {
        lines.extend(indented(Ink::Heading, "Why:", why, width, 3));
    }
    if size.rows > 0 {
        let sequence = Sequence::last(&outcome.trace, about.program, size.rows, difference);
        if sequence.is_worth_its_place() {
            blank(&mut lines);
            lines.extend(picture(&sequence, width));
        }
    }
    lines.extend(printed.told(about.program, size.output, width));
    blank(&mut lines);
    if let Some(difference) = difference {
        let hint = difference.instead.unwrap_or(about.hint);
        lines.extend(indented(Ink::Plain, "Why it matters:", about.rationale, width, 2));
        lines.extend(indented(Ink::Plain, "Hint:", hint, width, 4));
        // What went wrong then may be anywhere.
        if difference.instead.is_none() {
            lines.extend(indented(Ink::Plain, "Look in:", &layer(about.layer), width, 2));
        }
    }
    lines.push(again(about));
    lines
}

/// How to do it again. One line however long: it is there to be copied.
pub(super) fn again(about: &About) -> (Ink, String) {
    (Ink::Heading, format!("Again: {}", visible::line(&about.replay)))
}

fn blank(lines: &mut Lines) {
    lines.push((Ink::Plain, String::new()));
}

/// So many things that are not told.
fn left_out(count: usize, which: &str, what: &str) -> (Ink, String) {
    let (s, are) = if count == 1 { ("", "is") } else { ("s", "are") };
    (Ink::Faint, format!("      ({count} {which} {what}{s} {are} left out)"))
}

/// The steps with their numbers, the frame under each.
fn steps(outcome: &Outcome, difference: Option<&Difference>, most: usize, width: usize) -> Lines {
    let told = Told::new(&outcome.trace, difference);
    let (first, before) = told.last(most);
    let mut lines = vec![(Ink::Heading, "What happened".to_owned())];
    if before > 0 {
        lines.push(left_out(before, "earlier", "step"));
    }
    // Only one dump: the one nearest to the difference.
    let dumped = told.steps.iter().rposition(|step| visible::strange(step.what.bytes()).is_some());
    let frames = told.steps.iter().enumerate().filter(|(_, step)| !step.what.bytes().is_empty());
    let last: Vec<usize> = frames.rev().take(LAST).map(|(place, _)| place).collect();
    for (number, part) in told.parts.iter().enumerate().skip(first) {
        let (place, step) = match part {
            Part::More(count) => {
                let words = fold::words(*count, "steps", told.took(number));
                lines.push((Ink::Faint, paragraph::clip(&format!("      {words}"), width)));
                continue;
            }
            Part::One(place) => match told.steps.get(*place) {
                Some(step) => (*place, step),
                None => continue,
            },
        };
        let line = format!("{:>4}. {}", outcome.trace.number(place), words(step));
        lines.push((Ink::Plain, paragraph::clip(&line, width)));
        let bytes = step.what.bytes();
        if bytes.is_empty() {
            continue;
        }
        let room = if last.contains(&place) { ROOM } else { 1 };
        let text = visible::frame(bytes.get(..LONGEST).unwrap_or(bytes));
        lines.extend(hanging(Ink::Faint, "      ", &text, width, room));
        if let Some(at) = visible::strange(bytes).filter(|_| dumped == Some(place)) {
            lines.extend(dump(bytes, at, width));
        }
    }
    if told.later > 0 {
        lines.push(left_out(told.later, "later", "step"));
    }
    lines
}

fn words(step: &Step) -> String {
    let who = visible::line(&step.who);
    let words = visible::line(step.what.words());
    match &step.what {
        What::Sent { .. } => format!("{who} sends: {words}"),
        What::Received { .. } => format!("{who} hears: {words}"),
        What::Did { .. } => format!("{who}: {words}"),
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
pub(super) fn wrong(difference: &Difference, width: usize) -> Lines {
    let Difference { who, expected, got, .. } = difference;
    let at = paragraph::first_difference(expected, got);
    // In three lines, from where they differ if that would be past their end.
    let room = width.saturating_sub(12) * 5 / 2;
    let part = |text: &str| visible::line(&paragraph::around(text, at, room));
    let line = format!("Then, at {}:", visible::line(who));
    let mut lines = vec![(Ink::Heading, paragraph::clip(&line, width))];
    lines.extend(indented(Ink::Good, "  expected:", &part(expected), width, 3));
    lines.extend(indented(Ink::Bad, "  got:     ", &part(got), width, 3));
    if visible::look_alike(expected, got) {
        let words = "They look the same, but their bytes differ:";
        lines.extend(hanging(Ink::Plain, "  ", words, width, 2));
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
        lines.push(left_out(sequence.left_out, "earlier", "step"));
    }
    let mut names = " ".repeat(12);
    for (number, lane) in sequence.lanes.iter().enumerate() {
        // Right of the last there is room.
        let room = if number == sequence.program() { 10 } else { gap - 1 };
        let name = paragraph::clip(&visible::line(lane), room);
        names += &format!("{name:<gap$}");
    }
    lines.push((Ink::Plain, paragraph::clip(&names, width)));
    for row in &sequence.rows {
        let time = row.at.map_or(String::new(), |at| format!("{} ms", at.as_millis()));
        let line = format!("{time:>10}  {}  {}", arrow(sequence, row, gap), row.label);
        let ink = match row.way {
            Way::Wrong => Ink::Bad,
            Way::More => Ink::Faint,
            _ => Ink::Plain,
        };
        lines.push((ink, paragraph::clip(&line, width)));
    }
    lines
}

/// The lanes in one row, and what crosses them.
fn arrow(sequence: &Sequence<'_>, row: &Row<'_>, gap: usize) -> String {
    let (person, program) = (sequence.lane(row), sequence.program());
    let crosses = matches!(row.way, Way::There | Way::Back);
    let between = gap - 1;
    let mut out = String::new();
    for lane in 0..=program {
        out.push(match row.way {
            Way::Here if lane == person => '●',
            Way::More => '⋮',
            Way::Wrong if lane == person => '✗',
            Way::There if lane == person => '├',
            Way::Back if lane == program => '┤',
            _ if crosses && person < lane && lane < program => '┼',
            _ => '│',
        });
        if lane == program {
            break;
        }
        let line = "─".repeat(between - 1);
        match row.way {
            Way::There if lane >= person && lane + 1 == program => out += &(line + "▶"),
            Way::Back if lane == person => out += &("◀".to_owned() + &line),
            Way::There | Way::Back if lane >= person => out += &(line + "─"),
            _ => out += &" ".repeat(between),
        }
    }
    out
}

/// What the program printed, what repeats in it folded.
pub(super) struct Printed<'a> {
    lines: Vec<&'a str>,
    parts: Vec<Part>,
    /// So many lines before these were not looked at.
    before: usize,
}

impl<'a> Printed<'a> {
    pub(super) fn new(text: &'a str) -> Printed<'a> {
        let before = text.lines().count().saturating_sub(PRINTED);
        let lines: Vec<&str> = text.lines().skip(before).collect();
        let shapes: Vec<String> = lines.iter().map(|line| fold::shape(line)).collect();
        Printed { parts: fold(&shapes), lines, before }
    }

    /// The end of it.
    fn told(&self, program: &str, most: usize, width: usize) -> Lines {
        if self.lines.is_empty() {
            return Lines::new();
        }
        let head = format!("What the {program} printed");
        let mut lines = vec![(Ink::Plain, String::new()), (Ink::Heading, head)];
        let (first, folded) = fold::last(&self.parts, most);
        if self.before + folded > 0 {
            lines.push(left_out(self.before + folded, "earlier", "line"));
        }
        for part in self.parts.iter().skip(first) {
            let line = match part {
                Part::More(count) => fold::words(*count, "lines", Duration::ZERO),
                Part::One(place) => visible::lines(self.lines.get(*place).unwrap_or(&"")).join(""),
            };
            lines.push((Ink::Faint, paragraph::clip(&format!("  {line}"), width)));
        }
        lines
    }
}
