//! The parts of the report about a check that did not pass, each with a limit on its length.

use std::time::Duration;

use super::lines::{Ink, Lines, hanging, indented};
use crate::report::crash::{self, Crash};
use crate::report::fold::{self, Excerpt, Part, early, fold};
use crate::report::sequence::{Row, Sequence, Way};
use crate::report::{About, layer, paragraph, visible};
use crate::shell::quoted;
use crate::trace::{Step, What};
use crate::verdict::{Difference, Outcome, Verdict};

/// Limits of the parts that can be shortened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// Numbered steps.
    steps: usize,
    /// Rows of the picture.
    rows: usize,
    /// Lines of the program's output.
    output: usize,
}

impl Size {
    /// From the most generous limits to limits that always fit. Where there is a picture, it gives the
    /// overview, and the steps show the end in full.
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

/// Greatest number of bytes examined of a frame.
const LONGEST: usize = 4096;

/// Rows of a hex dump.
const DUMP: usize = 4;

/// The last `LAST` frames may take `ROOM` lines each: the fault is in one of them, or one of them asked
/// for it.
const LAST: usize = 2;
const ROOM: usize = 3;

/// Greatest number of output lines examined.
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
    if let Some(difference) = difference {
        lines.extend(wrong(difference, early(outcome, difference), width));
    }
    if let Verdict::Undecided { why } = &outcome.verdict {
        lines.extend(indented(Ink::Heading, "Why:", why, width, 4));
    }
    if size.rows > 0 {
        let sequence = Sequence::last(&outcome.trace, about.program, size.rows, difference);
        if sequence.is_worth_its_place() {
            blank(&mut lines);
            lines.extend(picture(&sequence, width));
        }
    }
    lines.extend(printed.end(about.program, size.output, width));
    blank(&mut lines);
    if let Some(difference) = difference {
        let hint = difference.instead.unwrap_or(about.hint);
        // A transcript of a student has neither.
        for (word, text, most) in [("Why it matters:", about.rationale, 4), ("Hint:", hint, 6)] {
            if !text.is_empty() {
                lines.extend(indented(Ink::Plain, word, text, width, most));
            }
        }
        if let Some(words) = &printed.crash {
            lines.extend(indented(Ink::Plain, "Exception:", words, width, 4));
        }
        // After a crash or a closed connection the fault may be in any layer.
        if let (Some(name), None, None) = (about.layer, difference.instead, &printed.crash) {
            lines.extend(indented(Ink::Plain, "Look in:", &layer(name), width, 6));
        }
    }
    lines.extend(see(about, outcome));
    lines.push(again(about));
    lines
}

/// The command that shows the recording of a failed check. It is never broken into lines, either.
pub(super) fn see(about: &About, outcome: &Outcome) -> Option<(Ink, String)> {
    let failed = matches!(outcome.verdict, Verdict::Failed(_));
    let file = about.recording.as_ref().filter(|_| failed)?;
    Some((Ink::Heading, format!("See it: inspect {}", visible::line(&quoted(file)))))
}

/// The command that repeats the check. It is never broken into lines, so that it can be copied.
pub(super) fn again(about: &About) -> (Ink, String) {
    (Ink::Heading, format!("Again: {}", visible::line(&about.replay)))
}

fn blank(lines: &mut Lines) {
    lines.push((Ink::Plain, String::new()));
}

/// A line that says how many items are left out.
fn left_out(count: usize, which: &str, what: &str) -> (Ink, String) {
    let (s, are) = if count == 1 { ("", "is") } else { ("s", "are") };
    (Ink::Faint, format!("      ({count} {which} {what}{s} {are} left out)"))
}

/// The numbered steps, each with its frame below it.
fn steps(outcome: &Outcome, difference: Option<&Difference>, most: usize, width: usize) -> Lines {
    let excerpt = Excerpt::new(&outcome.trace, difference);
    let window = excerpt.window(most);
    let mut lines = vec![(Ink::Heading, "What happened".to_owned())];
    if window.before > 0 {
        lines.push(left_out(window.before, "earlier", "step"));
    }
    // Only the frame nearest to the difference gets a dump.
    let dumped =
        excerpt.steps.iter().rposition(|step| visible::strange(step.what.bytes()).is_some());
    let frames = excerpt.steps.iter().enumerate().filter(|(_, step)| !step.what.bytes().is_empty());
    let up_to_wrong = frames.filter(|(place, _)| excerpt.wrong.is_none_or(|wrong| *place <= wrong));
    let mut roomy: Vec<usize> = up_to_wrong.rev().take(LAST).map(|(place, _)| place).collect();
    roomy.extend(excerpt.rest());
    for (number, part) in excerpt.parts.iter().enumerate().take(window.to).skip(window.from) {
        let (place, step) = match part {
            Part::More(count) => {
                let words = fold::words(*count, "steps", excerpt.took(number));
                lines.push((Ink::Faint, paragraph::clip(&format!("      {words}"), width)));
                continue;
            }
            Part::One(place) => (*place, excerpt.step(*place)),
        };
        let line = format!("{:>4}. {}", outcome.trace.number(place), words(step));
        lines.push((Ink::Plain, paragraph::shorten(&line, width)));
        let bytes = step.what.bytes();
        if bytes.is_empty() {
            continue;
        }
        let room = if roomy.contains(&place) { ROOM } else { 1 };
        let text = visible::frame(bytes.get(..LONGEST).unwrap_or(bytes));
        lines.extend(hanging(Ink::Faint, "      ", &text, width, room));
        if let Some(at) = visible::strange(bytes).filter(|_| dumped == Some(place)) {
            lines.extend(dump(bytes, at, width));
        }
    }
    if window.after > 0 {
        lines.push(left_out(window.after, "later", "step"));
    }
    lines
}

fn words(step: &Step) -> String {
    let who = visible::line(&step.who);
    let words = visible::line(step.what.words());
    match &step.what {
        What::Sent { .. } => format!("{who} sends: {words}"),
        What::Received { .. } => format!("{who} receives: {words}"),
        What::Did { .. } => format!("{who}: {words}"),
    }
}

/// A hex dump from the first byte that is not plain text.
fn dump(bytes: &[u8], at: usize, width: usize) -> Lines {
    let rows = visible::hex(bytes, at, DUMP, width.saturating_sub(6));
    let mut lines: Lines =
        rows.into_iter().map(|row| (Ink::Faint, format!("      {row}"))).collect();
    if lines.len() == DUMP || at >= 16 {
        lines.push((Ink::Faint, format!("      (of {} bytes)", bytes.len())));
    }
    lines
}

/// The difference, with a hex dump if both texts look alike. `early` is the result of [`fold::early`], or
/// `None` if the steps are not shown.
pub(super) fn wrong(difference: &Difference, early: Option<(usize, usize)>, width: usize) -> Lines {
    let Difference { who, expected, got, .. } = difference;
    let at = paragraph::first_difference(expected, got);
    // The texts get four lines; if they differ later than that, they are cut around the difference.
    let room = width.saturating_sub(12) * 5 / 2;
    let part = |text: &str| visible::line(&paragraph::around(text, at, room));
    let who = visible::line(who);
    let line = match early {
        None => format!("Then, at {who}:"),
        Some((wrong, _)) => format!("In step {wrong}, at {who}:"),
    };
    let mut lines = vec![(Ink::Heading, paragraph::clip(&line, width))];
    lines.extend(indented(Ink::Good, "  expected:", &part(expected), width, 4));
    lines.extend(indented(Ink::Bad, "  got:     ", &part(got), width, 4));
    if let Some((_, later)) = early {
        let words = format!("This answer came before {who} had sent step {later}.");
        lines.extend(hanging(Ink::Plain, "  ", &words, width, 3));
    }
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

/// The picture: lanes from left to right, time downwards, a label beside each row.
fn picture(sequence: &Sequence<'_>, width: usize) -> Lines {
    let lanes = sequence.lanes.len();
    // The labels get half of the width.
    let gap = ((width / 2).saturating_sub(12) / lanes.max(1)).clamp(4, 10);
    let mut lines = vec![(Ink::Heading, "Who sent what to whom".to_owned())];
    if sequence.left_out > 0 {
        lines.push(left_out(sequence.left_out, "earlier", "step"));
    }
    let mut names = " ".repeat(12);
    for (number, lane) in sequence.lanes.iter().enumerate() {
        // The last lane has room to its right.
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
        lines.push((ink, paragraph::shorten(&line, width)));
    }
    lines
}

/// One row of the lanes, with its arrow.
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

/// The program's output, with repetitions folded.
pub(super) struct Printed<'a> {
    lines: Vec<&'a str>,
    parts: Vec<Part>,
    /// Number of earlier lines that were not examined.
    before: usize,
    /// The first exception, in words.
    crash: Option<String>,
}

impl<'a> Printed<'a> {
    pub(super) fn new(text: &'a str) -> Printed<'a> {
        let before = text.lines().count().saturating_sub(PRINTED);
        let mut lines: Vec<&str> = text.lines().rev().take(PRINTED).collect();
        lines.reverse();
        let shapes: Vec<String> = lines.iter().map(|line| fold::shape(line)).collect();
        let crash = crash::find(text).first().map(Crash::words);
        Printed { parts: fold(&shapes), lines, before, crash }
    }

    /// The end of the output, at most `most` parts.
    fn end(&self, program: &str, most: usize, width: usize) -> Lines {
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
                #[expect(clippy::indexing_slicing, reason = "fold makes parts of these lines only")]
                Part::One(place) => visible::lines(self.lines[*place]).join(""),
            };
            lines.push((Ink::Faint, paragraph::shorten(&format!("  {line}"), width)));
        }
        lines
    }
}
