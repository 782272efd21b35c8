//! Lines of a report: wrapped, indented and coloured.

use std::fmt::Write;

use crate::report::{paragraph, visible};

/// How a report is laid out and coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// Characters per line.
    pub(crate) width: usize,
    pub(crate) colour: bool,
}

/// The colour of a line, by meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Plain,
    Heading,
    Faint,
    Good,
    Bad,
}

/// Lines without their colours.
pub(super) type Lines = Vec<(Ink, String)>;

/// Smallest line width; a narrower terminal breaks the lines.
pub(super) const NARROWEST: usize = 40;

/// A label and a paragraph beside it, at most `most` lines long.
pub(super) fn indented(ink: Ink, word: &str, text: &str, width: usize, most: usize) -> Lines {
    let margin = if word.is_empty() { 2 } else { word.chars().count() + 1 };
    hanging(ink, &format!("{word:<margin$}"), &visible::line(text), width, most)
}

/// A paragraph with a hanging indent: `before` stands in front of its first line, and it has at most
/// `most` lines. The text must be visible already.
pub(super) fn hanging(ink: Ink, before: &str, text: &str, width: usize, most: usize) -> Lines {
    let margin = before.chars().count();
    let wide = width.saturating_sub(margin);
    let mut lines = paragraph::wrap(text, wide);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = paragraph::shorten(&format!("{last} …"), wide);
        }
    }
    let before = |number: usize| if number == 0 { before } else { "" };
    lines
        .iter()
        .enumerate()
        .map(|(number, line)| (ink, format!("{:<margin$}{line}", before(number))))
        .collect()
}

/// The lines with their colours, each with a newline.
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
