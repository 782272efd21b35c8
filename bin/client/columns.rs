//! Lays out `/help` in two columns, usages and summaries, or usages alone side by side.

use crate::wrapping;

/// The longest usage that shares a line with its summary.
const USAGE: usize = 34;
/// The space between the columns.
const GAP: usize = 2;
/// The narrowest column of summaries. On a narrower screen, a summary stands below its usage.
const SUMMARY: usize = 24;
/// The indentation of a summary below its usage.
const INDENT: usize = 4;

/// The distance of two texts that stand side by side, or a part of it.
const STEP: usize = 20;

/// Returns the lines for short texts side by side, in columns. A longer text takes several columns.
pub(crate) fn side_by_side<'a>(texts: impl Iterator<Item = &'a str>, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for text in texts {
        match lines.last_mut() {
            Some(line) => {
                let column = (length(line) + GAP).next_multiple_of(STEP);
                if column + length(text) <= width {
                    *line = format!("{line:column$}{text}");
                } else {
                    lines.push(text.to_owned());
                }
            }
            None => lines.push(text.to_owned()),
        }
    }
    lines.iter().flat_map(|line| broken(line, width)).collect()
}

/// The rows of a line. A line that is too long is broken between words, and its other rows are indented.
pub(crate) fn broken(line: &str, width: usize) -> Vec<String> {
    wrapping::wrap(line, 0, INDENT, width).split('\n').map(str::to_owned).collect()
}

/// Returns the lines for rows of a usage and a summary, which may be empty. With a width, it breaks
/// long summaries between words.
pub(crate) fn lay_out(rows: &[(String, String)], width: Option<usize>) -> Vec<String> {
    let usages = rows.iter().filter(|(_, summary)| !summary.is_empty());
    let lengths = usages.map(|(usage, _)| length(usage)).filter(|length| *length <= USAGE);
    let column = lengths.max().unwrap_or(0) + GAP;
    let is_wide = width.is_none_or(|width| width >= column + SUMMARY);
    let indent = if is_wide { column } else { INDENT };
    let room = width.map_or(usize::MAX, |width| width.saturating_sub(indent));
    let width = width.unwrap_or(usize::MAX);
    rows.iter()
        .flat_map(|(usage, summary)| row(usage, &wrap(summary, room), indent, width))
        .collect()
}

fn row(usage: &str, summary: &[String], indent: usize, width: usize) -> Vec<String> {
    let shares_line = length(usage) + GAP <= indent;
    let (first, rest) = match summary {
        [first, rest @ ..] if shares_line => (vec![format!("{usage:indent$}{first}")], rest),
        all => (broken(usage, width), all),
    };
    let rest = rest.iter().map(|line| format!("{:indent$}{line}", ""));
    first.into_iter().chain(rest).collect()
}

/// Breaks a text between words into lines of at most `room` characters. A longer word gets a line.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if length(line) + 1 + length(word) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            None if word.is_empty() => {}
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<(String, String)> {
        [
            ("/say TEXT", "Send the text even if it looks mistyped."),
            ("For administrators:", ""),
            ("/bans", "List the bans."),
        ]
        .map(|(usage, summary)| (usage.to_owned(), summary.to_owned()))
        .into()
    }

    #[test]
    fn without_a_width_each_row_is_one_line() {
        let want = [
            "/say TEXT  Send the text even if it looks mistyped.",
            "For administrators:",
            "/bans      List the bans.",
        ];
        assert_eq!(lay_out(&rows(), None), want);
    }

    #[test]
    fn a_long_summary_continues_below_its_beginning() {
        let want = [
            "/say TEXT  Send the text even if it",
            "           looks mistyped.",
            "For administrators:",
            "/bans      List the bans.",
        ];
        assert_eq!(lay_out(&rows(), Some(36)), want);
    }

    #[test]
    fn on_a_narrow_screen_summaries_stand_below_their_usages() {
        let want = [
            "/say TEXT",
            "    Send the text even",
            "    if it looks",
            "    mistyped.",
            "For administrators:",
            "/bans",
            "    List the bans.",
        ];
        assert_eq!(lay_out(&rows(), Some(22)), want);
    }

    #[test]
    fn texts_stand_side_by_side_while_the_width_allows() {
        let texts = ["/one", "/history [LIMIT] [ROOM]", "/two", "/three"];
        let want = ["/one                /history [LIMIT] [ROOM]", "/two                /three"];
        assert_eq!(side_by_side(texts.into_iter(), 60), want);
        let narrow = ["/one", "/history [LIMIT]", "    [ROOM]", "/two", "/three"];
        assert_eq!(side_by_side(texts.into_iter(), 20), narrow);
    }

    #[test]
    fn a_usage_that_is_wider_than_the_screen_is_broken_between_words() {
        let row = |summary: &str| ("/history [LIMIT] [ROOM]".to_owned(), summary.to_owned());
        let lines = lay_out(&[row("Get earlier ones."), row("")], Some(20));
        let usage = ["/history [LIMIT]", "    [ROOM]"];
        let summary = ["    Get earlier", "    ones."];
        assert_eq!(lines, [&usage[..], &summary[..], &usage[..]].concat());
    }

    #[test]
    fn a_long_usage_does_not_widen_the_column() {
        let mut rows = rows();
        rows.push(("u".repeat(USAGE + 1), "Long.".to_owned()));
        let lines = lay_out(&rows, None);
        assert_eq!(lines[2..], ["/bans      List the bans.", &*"u".repeat(35), "           Long."]);
    }
}
