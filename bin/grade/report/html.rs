//! The page: one file that needs nothing else, for a screen of any size, by day and by night.
//!
//! It is written as XML too, so that a test can tell whether anything got out of its place. There is
//! no script in it, and it forbids itself any.

use std::fmt::Write;

use super::sequence::Sequence;
use super::{About, Entry, Graded, Visibility, markup, paragraph, svg, visible};
use crate::story::{Step, What};
use crate::verdict::{Outcome, Verdict};

const STYLE: &str = include_str!("style.css");

/// So many of the last steps are told, and so many are drawn.
const STEPS: usize = 60;
const ROWS: usize = 24;

/// So much of a frame, and of the difference, is shown.
const LONGEST: usize = 2000;

pub(super) fn page(graded: &Graded) -> String {
    let title = markup::line(&paragraph::clip(&graded.title, 200));
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;\"/>\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    );
    head(&mut out, graded);
    areas(&mut out, graded);
    // What has to be looked at stands first.
    for name in ["failed", "undecided", "skipped", "passed", "absent"] {
        let these = |entry: &&Entry| entry.outcome.verdict.name() == name;
        for entry in graded.results.iter().filter(these) {
            one(&mut out, graded, entry);
        }
    }
    out + "</body>\n</html>\n"
}

fn head(out: &mut String, graded: &Graded) {
    let student = match &graded.student {
        Some(student) => format!("by <b>{}</b>, ", markup::line(student)),
        None => String::new(),
    };
    // Writing into a string does not fail.
    let _ = writeln!(
        out,
        "<p>{student}as a server of <b>{}</b>, with the seed <code>{}</code>, on {}, in {:.1} s</p>",
        graded.dialect,
        markup::line(&graded.seed),
        graded.began.strftime("%Y-%m-%d %H:%M UTC"),
        graded.took.as_secs_f64()
    );
    if !graded.finished {
        out.push_str("<p class=\"warning\">Not all checks have been done.</p>\n");
    }
    let _ = writeln!(out, "<p class=\"total\">{}</p>", graded.total().words());
}

fn areas(out: &mut String, graded: &Graded) {
    out.push_str(
        "<table>\n<tr><th>area</th><th>points</th><th>passed</th><th>failed</th>\
         <th>skipped</th><th>undecided</th></tr>\n",
    );
    for (area, entries) in graded.areas() {
        let points = graded.sum(entries.iter().copied()).words();
        let _ = write!(out, "<tr><td>{}</td><td>{points}</td>", markup::line(area));
        for name in ["passed", "failed", "skipped", "undecided"] {
            match Graded::count(entries.iter().copied(), name) {
                0 => out.push_str("<td></td>"),
                count => {
                    let _ = write!(out, "<td>{count}</td>");
                }
            }
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table>\n");
}

fn one(out: &mut String, graded: &Graded, entry: &Entry) {
    let name = entry.outcome.verdict.name();
    let open = if name == "failed" { " open=\"\"" } else { "" };
    let points = match graded.points(entry) {
        Some(points) => points.words(),
        None => "does not count".to_owned(),
    };
    let (id, requirement) =
        (markup::line(entry.outcome.id), markup::line(&entry.about.requirement));
    let _ = writeln!(
        out,
        "<details class=\"check {name}\" id=\"{id}\"{open}>\n<summary><b>{id}</b> \
         <span class=\"badge\">{name}</span> {requirement} <i>{points}</i></summary>\n{}</details>",
        entry.page
    );
}

/// What there is to read of a check.
pub(super) fn details(about: &About, outcome: &Outcome) -> String {
    let mut out = String::new();
    match &outcome.verdict {
        Verdict::Failed(difference) => {
            let at = paragraph::first_difference(&difference.expected, &difference.got);
            let part = |text: &str| markup::line(&paragraph::around(text, at, LONGEST));
            let _ = writeln!(
                out,
                "<dl><dt>at {}, expected</dt><dd class=\"good\"><pre>{}</pre></dd>\
                 <dt>got</dt><dd class=\"bad\"><pre>{}</pre></dd></dl>",
                markup::line(&difference.who),
                part(&difference.expected),
                part(&difference.got)
            );
            if visible::look_alike(&difference.expected, &difference.got) {
                out.push_str("<p>They look the same, but their bytes differ:</p>\n");
                let byte = difference.expected.chars().take(at).map(char::len_utf8).sum();
                for text in [&difference.expected, &difference.got] {
                    dump(&mut out, text.as_bytes(), byte);
                }
            }
            let drawing = svg::draw(&Sequence::last(&outcome.story, ROWS, Some(difference)));
            let _ = writeln!(out, "<div class=\"wide\">{drawing}</div>");
        }
        Verdict::Undecided { why } => {
            let _ = writeln!(out, "<p>{}</p>", markup::line(&paragraph::clip(why, LONGEST)));
        }
        Verdict::Skipped { after } => {
            let after = markup::line(after);
            let _ = writeln!(out, "<p><a href=\"#{after}\">{after}</a> has not passed.</p>");
        }
        Verdict::Passed | Verdict::Absent => {}
    }
    if matches!(outcome.verdict, Verdict::Failed(_) | Verdict::Undecided { .. }) {
        steps(&mut out, outcome);
        printed(&mut out, &outcome.output);
    }
    if matches!(outcome.verdict, Verdict::Failed(_)) {
        let _ = writeln!(out, "<p><b>Hint:</b> {}</p>", markup::line(about.hint));
    }
    remarks(&mut out, about);
    out
}

fn remarks(out: &mut String, about: &About) {
    let seen = match about.visibility {
        Visibility::Visible => "",
        Visibility::AfterDueDate => "; students see it after the due date",
        Visibility::Hidden => "; students do not see it",
    };
    let _ = writeln!(
        out,
        "<p><b>Why it matters:</b> {}</p>\n\
         <p><b>Look in</b> <code>{}</code>; stage {}{seen}</p>\n\
         <p><b>Again:</b></p>\n<pre>{}</pre>",
        markup::line(about.rationale),
        markup::line(about.layer),
        markup::line(&about.stage),
        markup::line(&about.replay)
    );
}

fn steps(out: &mut String, outcome: &Outcome) {
    let steps = &outcome.story.steps;
    if steps.is_empty() {
        return;
    }
    let left_out = steps.len().saturating_sub(STEPS);
    let words = match left_out {
        0 => "What happened".to_owned(),
        _ => format!("What happened, without the first {left_out} steps"),
    };
    let _ = writeln!(out, "<details>\n<summary>{words}</summary>\n<ol start=\"{}\">", left_out + 1);
    // Only one dump: the one nearest to the difference.
    let dumped = steps.iter().rposition(|step| visible::strange(frame(step)).is_some());
    for (number, step) in steps.iter().enumerate().skip(left_out) {
        let (verb, words) = match &step.what {
            What::Sent { words, .. } => (" sends", words),
            What::Heard { words, .. } => (" hears", words),
            What::Did { words } => ("", words),
        };
        let (who, words) = (markup::line(&step.who), markup::line(words));
        let _ = write!(out, "<li>{who}{verb}: {words} <i>{} ms</i>", step.at.as_millis());
        let bytes = frame(step);
        if !bytes.is_empty() {
            let text = visible::frame(bytes.get(..LONGEST).unwrap_or(bytes));
            let more = if bytes.len() > LONGEST { "…" } else { "" };
            let _ = write!(out, "<pre>{}{more}</pre>", markup::line(&text));
        }
        if let Some(at) = visible::strange(bytes).filter(|_| dumped == Some(number)) {
            dump(out, bytes, at);
        }
        out.push_str("</li>\n");
    }
    out.push_str("</ol>\n</details>\n");
}

fn frame(step: &Step) -> &[u8] {
    match &step.what {
        What::Sent { bytes, .. } | What::Heard { bytes, .. } => bytes,
        What::Did { .. } => &[],
    }
}

fn dump(out: &mut String, bytes: &[u8], at: usize) {
    let rows = visible::hex(bytes, at, 8, 80).join("\n");
    let _ = writeln!(out, "<pre>{}</pre>", markup::lines(&rows));
}

fn printed(out: &mut String, text: &str) {
    let lines = visible::end(text);
    if !lines.is_empty() {
        let _ = writeln!(
            out,
            "<details>\n<summary>What the program printed</summary>\n<pre>{}</pre>\n</details>",
            markup::lines(&lines.join("\n"))
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{samples, wellformed};

    #[test]
    fn nothing_gets_out_of_its_place() {
        for graded in samples::all() {
            for element in wellformed::check(&page(&graded)).unwrap() {
                assert_ne!(element.name, "script");
                for (name, value) in &element.attributes {
                    assert!(!name.starts_with("on"), "{element:?}");
                    // Nothing is fetched, and no link leads away.
                    assert!(name != "src" && (name != "href" || value.starts_with('#')));
                }
            }
        }
    }

    #[test]
    fn what_failed_stands_first_and_open() {
        let page = page(&samples::graded());
        let checks: Vec<&str> = page.split("<details class=\"check ").skip(1).collect();
        let heads: Vec<&str> = checks.iter().filter_map(|check| check.split('>').next()).collect();
        assert_eq!(
            heads,
            [
                "failed\" id=\"LOGIN-3\" open=\"\"",
                "undecided\" id=\"ROOM-1\"",
                "skipped\" id=\"LOGIN-4\"",
                "skipped\" id=\"ROOM-2\"",
                "passed\" id=\"LOGIN-1\"",
                "absent\" id=\"FRAME-1\""
            ]
        );
        assert!(page.contains("<td>LOGIN</td><td>2.5 of 5 points</td><td>1</td>"));
        assert!(page.contains("<meta name=\"viewport\""));
    }
}
