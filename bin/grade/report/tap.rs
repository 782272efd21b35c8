//! TAP 14, the Test Anything Protocol: <https://testanything.org/tap-version-14-specification.html>.
//!
//! An undecided check is reported as `SKIP`, which means that a test did not run or that its result is
//! ignored. `TODO` would mean that the program is known to lack a feature.

use std::fmt::Write;

use super::causes::ids;
use super::{Entry, Graded, visible};
use crate::verdict::Verdict;

pub(super) fn text(graded: &Graded) -> String {
    let mut out = String::from("TAP version 14\n");
    let (dialect, seed) = (graded.dialect, visible::line(&graded.seed));
    // Writing into a string does not fail.
    let _ = writeln!(out, "# {}, {dialect}, seed {seed}", visible::line(&graded.title));
    for note in &graded.notes {
        let _ = writeln!(out, "# Note: {}", visible::line(note));
    }
    if !graded.learned.is_empty() {
        let _ = writeln!(out, "# {}:", graded.about_talk());
    }
    for sentence in &graded.learned {
        let _ = writeln!(out, "# - {}", visible::line(sentence));
    }
    for (index, entry) in graded.results.iter().enumerate() {
        point(&mut out, index + 1, entry);
    }
    for cause in graded.causes() {
        let (failed, skipped) = (cause.failed.join(", "), ids(&cause.skipped));
        let words = format!("{}: {failed}{}{skipped}", cause.cost(), cause.and_skipped());
        let _ = writeln!(out, "# {words}. {}", cause.words);
    }
    for (stage, entries) in graded.by_stage() {
        let points = graded.sum(entries).words();
        let _ = writeln!(out, "# {}: {points}", visible::line(stage));
    }
    // The plan stands at the end: without it, a reader knows that the report is incomplete.
    let _ = match (graded.finished, graded.results.len()) {
        (false, _) => writeln!(out, "Bail out! The grader was stopped."),
        (true, 0) => writeln!(out, "1..0 # SKIP there was nothing to check"),
        (true, count) => writeln!(out, "1..{count}"),
    };
    out
}

fn point(out: &mut String, number: usize, entry: &Entry) {
    let failed = matches!(entry.outcome.verdict, Verdict::Failed(_));
    let status = if failed { "not ok" } else { "ok" };
    let _ = write!(out, "{status} {number} - {}", escape(&entry.name()));
    let _ = match entry.outcome.verdict {
        Verdict::Passed | Verdict::Failed(_) => writeln!(out),
        _ => writeln!(out, " # SKIP {}", escape(&entry.reason())),
    };
    if let Verdict::Failed(difference) = &entry.outcome.verdict {
        out.push_str("  ---\n");
        for (key, value) in [
            ("message", entry.reason()),
            ("severity", "fail".to_owned()),
            ("expected", visible::line(&difference.expected)),
            ("got", visible::line(&difference.got)),
            ("layer", entry.about.layer.unwrap_or_default().to_owned()),
            ("replay", visible::line(&entry.about.replay)),
        ] {
            if key != "layer" || entry.about.layer.is_some() {
                let _ = writeln!(out, "  {key}: {}", quoted(&value));
            }
        }
        let _ = writeln!(out, "  duration_ms: {}", entry.outcome.took.as_millis());
        out.push_str("  report:\n");
        for line in entry.detail.lines() {
            let _ = writeln!(out, "    - {}", quoted(line));
        }
        out.push_str("  ...\n");
    }
}

/// A JSON string, which is a YAML string, too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// An unescaped `#` would begin a directive.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    /// One line of a document, as far as grade writes any.
    #[derive(Debug, PartialEq)]
    enum Line {
        Point { ok: bool, number: usize, skip: bool },
        Plan(usize),
        BailOut,
        Other,
    }

    /// Reads a document strictly as the specification says. The error is the faulty line.
    fn read(text: &str) -> Result<Vec<Line>, String> {
        let mut lines = text.lines();
        if lines.next() != Some("TAP version 14") {
            return Err("the version is missing".to_owned());
        }
        let (mut out, mut yaml, mut after_point) = (Vec::new(), false, false);
        for line in lines {
            let wrong = || format!("{line:?}");
            let read = if yaml {
                yaml = line != "  ...";
                let inner = line.strip_prefix("  ").ok_or_else(wrong)?;
                yaml_line(inner).ok_or_else(wrong)?;
                Line::Other
            } else if line == "  ---" && after_point {
                yaml = true;
                Line::Other
            } else if line.starts_with('#') {
                Line::Other
            } else if line.starts_with("Bail out!") {
                Line::BailOut
            } else if let Some(plan) = line.strip_prefix("1..") {
                let count = plan.split(" # ").next().unwrap_or_default();
                Line::Plan(count.parse().map_err(|_| wrong())?)
            } else {
                test_point(line).ok_or_else(wrong)?
            };
            after_point = matches!(read, Line::Point { .. });
            out.push(read);
        }
        if yaml { Err("a block without an end".to_owned()) } else { Ok(out) }
    }

    /// Accepts a key, a key with a scalar, or an item, as far as grade writes any.
    fn yaml_line(line: &str) -> Option<()> {
        let scalar = |value: &str| serde_json::from_str::<serde_json::Value>(value).is_ok();
        let good = match line.strip_prefix("  - ") {
            Some(item) => scalar(item),
            None if line == "..." => true,
            None => {
                let (key, value) = line.split_once(':')?;
                let name = |c: char| c.is_ascii_lowercase() || c == '_';
                key.chars().all(name) && (value.is_empty() || scalar(value.strip_prefix(' ')?))
            }
        };
        good.then_some(())
    }

    fn test_point(line: &str) -> Option<Line> {
        let (ok, rest) = match line.strip_prefix("not ok ") {
            Some(rest) => (false, rest),
            None => (true, line.strip_prefix("ok ")?),
        };
        let (number, rest) = rest.split_once(" - ")?;
        // An unescaped `#` can only begin a directive.
        let rest = rest.replace("\\\\", "").replace("\\#", "");
        let skip = match rest.split_once('#') {
            None => false,
            Some((before, directive)) => {
                let well = before.ends_with(' ') && directive.starts_with(" SKIP ");
                well.then_some(true)?
            }
        };
        Some(Line::Point { ok, number: number.parse().ok()?, skip })
    }

    #[test]
    #[ignore = "slow"]
    fn every_sample_matches_the_specification() {
        for graded in samples::all() {
            let lines = read(&text(&graded)).unwrap();
            let points = lines.iter().filter(|line| matches!(line, Line::Point { .. })).count();
            assert_eq!(points, graded.results.len());
            let end = if graded.finished { Line::Plan(points) } else { Line::BailOut };
            assert_eq!(lines.last(), Some(&end));
            assert_eq!(lines.iter().filter(|line| matches!(line, Line::Plan(_))).count() > 0, {
                graded.finished
            });
        }
    }

    #[test]
    fn only_failed_checks_are_not_ok() {
        let lines = read(&text(&samples::graded())).unwrap();
        let shown: Vec<(bool, usize, bool)> = lines
            .iter()
            .filter_map(|line| match line {
                Line::Point { ok, number, skip } => Some((*ok, *number, *skip)),
                _ => None,
            })
            .collect();
        assert_eq!(
            shown,
            [
                (true, 1, false),
                (false, 2, false),
                (true, 3, true),
                (true, 4, true),
                (true, 5, true),
                (true, 6, true),
            ]
        );
    }

    #[test]
    fn a_hash_in_a_text_is_escaped() {
        assert_eq!(escape("a # SKIP \\"), "a \\# SKIP \\\\");
    }
}
