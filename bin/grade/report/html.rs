//! The HTML page: one self-contained file, readable on a phone and in dark mode.
//!
//! The page is well-formed XML, so that a test can prove that no text of a program turns into markup.
//! It contains no script, and its content security policy forbids scripts.

mod steps;

use std::fmt::Write;

use self::steps::{LONGEST, dump, printed, steps};
use super::causes::ids;
use super::crash::{self, Crash};
use super::fold::early;
use super::sequence::Sequence;
use super::{
    About, Entry, Graded, Visibility, layer, markup, paragraph, points, recording, svg, visible,
};
use crate::verdict::{Outcome, Verdict};

const STYLE: &str = include_str!("style.css");

/// Number of last steps in the picture.
const ROWS: usize = 24;

/// Greatest number of skipped checks that are shown as links.
const LINKS: usize = 6;

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
    stages(&mut out, graded);
    causes(&mut out, graded);
    undecided(&mut out, graded);
    // Checks that need attention come first.
    for name in ["failed", "undecided", "skipped", "passed", "absent"] {
        let these = |entry: &&Entry| entry.outcome.verdict.name() == name;
        for entry in graded.results.iter().filter(these) {
            one(&mut out, graded, entry);
        }
    }
    out + "</body>\n</html>\n"
}

fn head(out: &mut String, graded: &Graded) {
    for note in &graded.notes {
        // Writing into a string does not fail.
        let _ = writeln!(out, "<p class=\"warning\">Note: {}</p>", markup::prose(note));
    }
    let student = match &graded.student {
        Some(student) => format!("by <b>{}</b>, ", markup::line(student)),
        None => String::new(),
    };
    let _ = writeln!(
        out,
        "<p>{student}as a {} of <b>{}</b>, with the seed <code>{}</code>, on {}, in {:.1} s</p>",
        graded.program,
        graded.dialect,
        markup::line(&graded.seed),
        graded.began.strftime("%Y-%m-%d %H:%M UTC"),
        graded.took.as_secs_f64()
    );
    if !graded.finished {
        out.push_str("<p class=\"warning\">Not all checks have been done.</p>\n");
    }
    let _ = writeln!(out, "<p class=\"total\">{}</p>", graded.total().words());
    if !graded.learned.is_empty() {
        let _ = writeln!(out, "<h2>{}</h2>\n<ul>", graded.about_talk());
        for sentence in &graded.learned {
            let _ = writeln!(out, "<li>{}</li>", markup::prose(sentence));
        }
        out.push_str("</ul>\n");
    }
}

fn stages(out: &mut String, graded: &Graded) {
    // A column of zeros would only waste space.
    let mut columns = vec!["passed", "failed", "skipped", "undecided"];
    columns.retain(|name| Graded::count(&graded.results, name) > 0);
    out.push_str("<table>\n<tr><th class=\"words\">part of the assignment</th><th>points</th>");
    for name in &columns {
        let _ = write!(out, "<th>{name}</th>");
    }
    out.push_str("</tr>\n");
    for (stage, entries) in graded.by_stage() {
        let points = graded.sum(entries.iter().copied()).in_short();
        let stage = markup::line(&paragraph::shorten(stage, 100));
        let _ = write!(out, "<tr><td class=\"words\">{stage}</td><td>{points}</td>");
        for name in &columns {
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

/// The list of causes, each with its failed checks and the checks skipped because of them.
fn causes(out: &mut String, graded: &Graded) {
    let causes = graded.causes();
    if causes.is_empty() {
        return;
    }
    let links = |ids: &[&str]| ids.iter().map(|id| link(id)).collect::<Vec<_>>().join(", ");
    out.push_str("<h2>What costs points, the dearest cause first</h2>\n<ul>\n");
    for cause in &causes {
        // A page of links to skipped checks would help no reader.
        let skipped =
            if cause.skipped.len() > LINKS { ids(&cause.skipped) } else { links(&cause.skipped) };
        let _ = writeln!(
            out,
            "<li><b>{}</b>: <b>{}</b>{}{skipped}<br/>{}</li>",
            cause.cost(),
            links(&cause.failed),
            cause.and_skipped(),
            markup::prose(&cause.words)
        );
    }
    out.push_str("</ul>\n");
}

/// The list of checks without a result for which no failed check is to blame.
fn undecided(out: &mut String, graded: &Graded) {
    let undecided = graded.undecided();
    if undecided.is_empty() {
        return;
    }
    out.push_str("<h2>What could not be decided</h2>\n<ul>\n");
    for (entry, why) in undecided {
        let points = points::amount(entry.about.points.sound().possible);
        let _ = writeln!(out, "<li>{}, {points}: {}</li>", link(entry.id()), markup::line(&why));
    }
    out.push_str("</ul>\n");
}

/// A link to a check of this page.
fn link(id: &str) -> String {
    format!("<a href=\"#{0}\">{0}</a>", markup::line(id))
}

fn one(out: &mut String, graded: &Graded, entry: &Entry) {
    let name = entry.outcome.verdict.name();
    let open = if name == "failed" { " open=\"\"" } else { "" };
    let points = match graded.points(entry) {
        Some(points) => points.words(),
        None => "does not count".to_owned(),
    };
    let (id, requirement) =
        (markup::line(entry.outcome.id), markup::prose(&entry.about.requirement));
    let needs = match entry.verdict() {
        Verdict::Skipped { after } => format!(" (needs {})", markup::line(after)),
        _ => String::new(),
    };
    let _ = writeln!(
        out,
        "<details class=\"check {name}\" id=\"{id}\"{open}>\n<summary><b>{id}</b> \
         <span class=\"badge\">{name}</span>{needs} {requirement} <i>{points}</i></summary>\n{}</details>",
        entry.page
    );
}

/// The details of one check.
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
            if let Some((wrong, later)) = early(outcome, difference) {
                let who = markup::line(&difference.who);
                let _ = writeln!(
                    out,
                    "<p>This answer (step {wrong}) came before {who} had sent step {later}.</p>"
                );
            }
            if visible::look_alike(&difference.expected, &difference.got) {
                out.push_str("<p>They look the same, but their bytes differ:</p>\n");
                let byte = difference.expected.chars().take(at).map(char::len_utf8).sum();
                for text in [&difference.expected, &difference.got] {
                    dump(&mut out, text.as_bytes(), byte);
                }
            }
            let sequence = Sequence::last(&outcome.trace, about.program, ROWS, Some(difference));
            let _ = writeln!(out, "<div class=\"wide\">{}</div>", svg::draw(&sequence));
            if about.recording.is_some() {
                let page = recording::place(outcome.id, "html");
                let page = markup::line(&page.display().to_string());
                let _ = writeln!(
                    out,
                    "<p><a href=\"{page}\">Open this failure in the inspector</a>: every frame, the \
                     reads that brought it, one step at a time.</p>"
                );
            }
        }
        Verdict::Undecided { why } => {
            let _ = writeln!(out, "<p>{}</p>", markup::line(&paragraph::shorten(why, LONGEST)));
        }
        Verdict::Skipped { after } => {
            let _ = writeln!(out, "<p>It needs {}, which did not pass.</p>", link(after));
        }
        Verdict::Passed | Verdict::Absent => {}
    }
    let difference = match &outcome.verdict {
        Verdict::Failed(difference) => Some(difference),
        Verdict::Undecided { .. } => None,
        _ => {
            remarks(&mut out, about, true);
            return out;
        }
    };
    steps(&mut out, outcome, difference);
    printed(&mut out, about.program, &outcome.output);
    if let Some(difference) = difference {
        let hint = difference.instead.unwrap_or(about.hint);
        let _ = writeln!(out, "<p><b>Hint:</b> {}</p>", markup::prose(hint));
    }
    let crash = crash::find(&outcome.output).first().map(Crash::words);
    if let Some(words) = &crash {
        let _ = writeln!(out, "<p><b>Exception:</b> {}</p>", markup::line(words));
    }
    // After a crash or a closed connection the fault may be in any layer.
    let is_plain = difference.is_none_or(|difference| difference.instead.is_none());
    remarks(&mut out, about, is_plain && crash.is_none());
    out
}

fn remarks(out: &mut String, about: &About, with_layer: bool) {
    let seen = match about.visibility {
        Visibility::Visible => "",
        Visibility::AfterDueDate => "; students see it after the due date",
        Visibility::Hidden => "; students do not see it",
    };
    let look = match about.layer.filter(|_| with_layer) {
        Some(name) => format!("<p><b>Look in</b> {}.</p>\n", markup::prose(&layer(name))),
        None => String::new(),
    };
    let stage = match about.stage.as_str() {
        "" => String::new(),
        stage => format!("<p>Part of the assignment: <i>{}</i>{seen}.</p>\n", markup::line(stage)),
    };
    let _ = writeln!(
        out,
        "<p><b>Why it matters:</b> {}</p>\n\
         {look}{stage}<p><b>Again:</b></p>\n<pre>{}</pre>",
        markup::prose(about.rationale),
        markup::line(&about.replay)
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{samples, wellformed};

    #[test]
    #[ignore = "slow"]
    fn no_text_of_a_program_becomes_markup() {
        for graded in samples::all() {
            for element in wellformed::check(&page(&graded)).unwrap() {
                assert_ne!(element.name, "script");
                for (name, value) in &element.attributes {
                    assert!(!name.starts_with("on"), "{element:?}");
                    // The page loads nothing, and no link leaves it, except to a recording of grade.
                    let is_own = |link: &str| link.starts_with('#') || link.starts_with("inspect/");
                    assert!(name != "src" && (name != "href" || is_own(value)), "{element:?}");
                }
            }
        }
    }

    #[test]
    fn failed_checks_come_first_and_are_open() {
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
        assert!(page.contains("<td class=\"words\">login</td><td>2.5 of 5</td><td>1</td>"));
        assert!(page.contains("<meta name=\"viewport\""));
    }
}
