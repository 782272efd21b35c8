//! The steps of a check and the program's output, as HTML.

use std::fmt::Write;

use crate::report::fold::{self, Excerpt, Part};
use crate::report::{markup, visible};
use crate::trace::{Step, What};
use crate::verdict::{Difference, Outcome};

/// Greatest number of bytes or characters shown of a frame or of a difference.
pub(super) const LONGEST: usize = 2000;

/// Number of last steps that are shown.
const STEPS: usize = 60;

/// The steps with every frame, folded away.
pub(super) fn steps(out: &mut String, outcome: &Outcome, difference: Option<&Difference>) {
    let excerpt = Excerpt::new(&outcome.trace, difference);
    if excerpt.steps.is_empty() {
        return;
    }
    let window = excerpt.window(STEPS);
    let mut words = "What happened".to_owned();
    for (count, which) in [(window.before, "first"), (window.after, "last")] {
        let steps = if count == 1 { "step".to_owned() } else { format!("{count} steps") };
        if count > 0 {
            let _ = write!(words, ", without the {which} {steps}");
        }
    }
    let _ = writeln!(out, "<details>\n<summary>{words}</summary>\n<ol>");
    // Only the frame nearest to the difference gets a dump.
    let dumped =
        excerpt.steps.iter().rposition(|step| visible::strange(step.what.bytes()).is_some());
    for (number, part) in excerpt.parts.iter().enumerate().take(window.to).skip(window.from) {
        match part {
            Part::More(count) => {
                let words = fold::words(*count, "steps", excerpt.took(number));
                let _ = writeln!(out, "<li class=\"more\"><i>{words}</i></li>");
            }
            Part::One(place) => {
                let number = outcome.trace.number(*place);
                one_step(out, number, excerpt.step(*place), dumped == Some(*place));
                if excerpt.wrong == Some(*place) {
                    out.push_str("<li class=\"more wrong\">not as expected</li>\n");
                }
            }
        }
    }
    out.push_str("</ol>\n</details>\n");
}

fn one_step(out: &mut String, number: usize, step: &Step, dumped: bool) {
    let verb = match &step.what {
        What::Sent { .. } => " sends",
        What::Received { .. } => " receives",
        What::Did { .. } => "",
    };
    let (who, words) = (markup::line(&step.who), markup::line(step.what.words()));
    let at = step.at.as_millis();
    let _ = write!(out, "<li value=\"{number}\">{who}{verb}: {words} <i>{at} ms</i>");
    let bytes = step.what.bytes();
    if !bytes.is_empty() {
        let text = visible::frame(bytes.get(..LONGEST).unwrap_or(bytes));
        let more = if bytes.len() > LONGEST { "…" } else { "" };
        let _ = write!(out, "<pre>{}{more}</pre>", markup::line(&text));
    }
    if let Some(at) = visible::strange(bytes).filter(|_| dumped) {
        dump(out, bytes, at);
    }
    out.push_str("</li>\n");
}

/// A hex dump around one byte.
pub(super) fn dump(out: &mut String, bytes: &[u8], at: usize) {
    let rows = visible::hex(bytes, at, 8, 80).join("\n");
    let _ = writeln!(out, "<pre>{}</pre>", markup::lines(&rows));
}

/// The end of the program's output.
pub(super) fn printed(out: &mut String, program: &str, text: &str) {
    let lines = visible::end(text);
    if !lines.is_empty() {
        let _ = writeln!(
            out,
            "<details open=\"\">\n<summary>What the {program} printed</summary>\n\
             <div class=\"printed\"><pre>{}</pre></div>\n</details>",
            markup::lines(&lines.join("\n"))
        );
    }
}
