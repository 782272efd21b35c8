//! JUnit XML, in the variant that Jenkins reads:
//! <https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd>.

use std::fmt::Write;

use super::{Entry, Graded, markup, seconds};
use crate::verdict::Verdict;

pub(super) fn text(graded: &Graded) -> String {
    let results = &graded.results;
    let unfinished = usize::from(!graded.finished);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing into a string does not fail.
    let _ = writeln!(
        out,
        "<testsuites name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{unfinished}\" \
         time=\"{:.3}\">",
        markup::line(&graded.title),
        results.len() + unfinished,
        Graded::count(results, "failed"),
        graded.took.as_secs_f64(),
    );
    let began = graded.began.strftime("%Y-%m-%dT%H:%M:%S");
    for (area, entries) in graded.areas() {
        let skipped = entries.iter().filter(|entry| is_skipped(entry)).count();
        let took: f64 = entries.iter().map(|entry| seconds(entry.outcome.took)).sum();
        let _ = writeln!(
            out,
            "<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" \
             skipped=\"{skipped}\" time=\"{took:.3}\" timestamp=\"{began}\">",
            markup::line(area),
            entries.len(),
            Graded::count(entries.iter().copied(), "failed"),
        );
        properties(&mut out, graded);
        for entry in entries {
            case(&mut out, graded, entry);
        }
        out.push_str("</testsuite>\n");
    }
    if !graded.finished {
        let _ = writeln!(
            out,
            "<testsuite name=\"grade\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\" \
             time=\"0\" timestamp=\"{began}\">\n<testcase name=\"all checks are done\" \
             classname=\"grade\" time=\"0\"><error message=\"the grader was stopped\"/></testcase>\n\
             </testsuite>"
        );
    }
    out + "</testsuites>\n"
}

fn properties(out: &mut String, graded: &Graded) {
    out.push_str("<properties>\n");
    let seed = ("seed", graded.seed.as_str());
    let mut all = vec![("dialect", graded.dialect), seed];
    all.extend(graded.notes.iter().map(|note| ("note", note.as_str())));
    all.extend(graded.learned.iter().map(|sentence| ("learned", sentence.as_str())));
    for (name, value) in all {
        let value = markup::line(value);
        let _ = writeln!(out, "<property name=\"{name}\" value=\"{value}\"/>");
    }
    out.push_str("</properties>\n");
}

/// One test case. An undecided check is not an error: most readers count errors as failures.
fn is_skipped(entry: &Entry) -> bool {
    !matches!(entry.outcome.verdict, Verdict::Passed | Verdict::Failed(_))
}

fn case(out: &mut String, graded: &Graded, entry: &Entry) {
    let (dialect, area) = (graded.dialect, markup::line(entry.area()));
    let _ = write!(
        out,
        "<testcase name=\"{}\" classname=\"{dialect}.{area}\" time=\"{:.3}\">",
        markup::line(&entry.name()),
        entry.outcome.took.as_secs_f64(),
    );
    let (reason, shown) = (markup::line(&entry.reason()), markup::lines(&entry.detail));
    match &entry.outcome.verdict {
        Verdict::Passed => {}
        Verdict::Failed(_) => {
            let layer = entry.about.layer.map(markup::line);
            let layer = layer.map_or_else(String::new, |layer| format!(" type=\"{layer}\""));
            let _ = write!(out, "<failure{layer} message=\"{reason}\">{shown}</failure>");
        }
        _ => {
            let _ = write!(out, "<skipped message=\"{reason}\"/>");
        }
    }
    if !entry.printed.is_empty() {
        let _ =
            write!(out, "<system-out>{}</system-out>", markup::lines(&entry.printed.join("\n")));
    }
    out.push_str("</testcase>\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{samples, wellformed};

    /// The elements that each element may contain.
    const INSIDE: [(&str, &[&str]); 5] = [
        ("", &["testsuites"]),
        ("testsuites", &["testsuite"]),
        ("testsuite", &["testsuite", "properties", "testcase", "system-out", "system-err"]),
        ("properties", &["property"]),
        ("testcase", &["skipped", "error", "failure", "system-out", "system-err"]),
    ];

    /// The attributes that each element must have, and those that it may have.
    const ATTRIBUTES: [(&str, &[&str], &[&str]); 9] = [
        ("testsuites", &[], &["name", "time", "tests", "failures", "errors"]),
        (
            "testsuite",
            &["name", "tests", "failures", "errors"],
            &["time", "skipped", "timestamp", "hostname", "id", "package", "group", "file"],
        ),
        ("properties", &[], &[]),
        ("property", &["name", "value"], &[]),
        ("testcase", &["name"], &["time", "classname", "group"]),
        ("failure", &[], &["type", "message"]),
        ("error", &[], &["type", "message"]),
        ("skipped", &[], &["type", "message"]),
        ("system-out", &[], &[]),
    ];

    #[test]
    #[ignore = "slow"]
    fn every_sample_matches_the_schema() {
        for graded in samples::all() {
            for element in wellformed::check(&text(&graded)).unwrap() {
                let (_, inside) = INSIDE.iter().find(|(name, _)| *name == element.parent).unwrap();
                assert!(inside.contains(&element.name.as_str()), "{element:?}");
                let (_, must, may) =
                    ATTRIBUTES.iter().find(|(name, ..)| *name == element.name).unwrap();
                let names: Vec<&str> =
                    element.attributes.iter().map(|(name, _)| name.as_str()).collect();
                assert!(must.iter().all(|name| names.contains(name)), "{element:?}");
                let known = |name: &&str| must.contains(name) || may.contains(name);
                assert!(names.iter().all(known), "{element:?}");
                for (name, value) in &element.attributes {
                    let numbers = ["tests", "failures", "errors", "skipped"];
                    assert!(!numbers.contains(&name.as_str()) || value.parse::<u32>().is_ok());
                    assert!(name != "time" || value.parse::<f64>().is_ok(), "{element:?}");
                }
            }
        }
    }

    #[test]
    fn checks_that_cost_no_points_are_skipped() {
        let file = text(&samples::graded());
        assert!(file.contains("tests=\"6\" failures=\"1\" errors=\"0\""), "{file}");
        assert_eq!(file.matches("<failure ").count(), 1);
        assert_eq!(file.matches("<skipped ").count(), 4);
        assert!(file.contains("<skipped message=\"undecided, and not counted: the port was taken"));
    }

    #[test]
    fn a_stopped_run_is_an_error() {
        let graded = Graded { finished: false, ..samples::graded() };
        assert!(text(&graded).contains("<error message=\"the grader was stopped\"/>"));
    }
}
