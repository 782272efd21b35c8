//! `results.json` of Gradescope, after its autograder specification:
//! <https://gradescope-autograders.readthedocs.io/en/latest/specs/>.
//!
//! A student sees the text at the top immediately, even where checks are hidden. Therefore it must not
//! reveal the result of any check, unless students see every check.

use serde_json::{Value, json};

use super::text::{PLAIN, intro, summary};
use super::{Entry, Graded, Visibility, seconds, visible};
use crate::verdict::Verdict;

pub(super) fn text(graded: &Graded) -> String {
    // A student need not read about a check that does not exist in this dialect.
    let there = |entry: &&Entry| entry.outcome.verdict != Verdict::Absent;
    let tests: Vec<Value> =
        graded.results.iter().filter(there).map(|entry| test(graded, entry)).collect();
    let (total, seed) = (graded.total(), visible::line(&graded.seed));
    let file = json!({
        // Without a total score, Gradescope demands a score in every test, and some tests must not have
        // one.
        "score": total.earned,
        "execution_time": seconds(graded.took),
        "output": output(graded),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        // The grader's own output reveals hidden checks, too.
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {
            "possible": total.possible,
            "dialect": graded.dialect,
            "seed": seed,
            "finished": graded.finished,
        },
    });
    format!("{file:#}\n")
}

fn output(graded: &Graded) -> String {
    let (dialect, seed) = (graded.dialect, visible::line(&graded.seed));
    let mut out = intro(graded, PLAIN);
    if !out.is_empty() {
        out.push('\n');
    }
    let seen = |entry: &Entry| entry.about.visibility == Visibility::Visible;
    if graded.results.iter().all(seen) {
        return out + &summary(graded, PLAIN);
    }
    out += &format!("Graded as a {} of {dialect}, with the seed {seed}.", graded.program);
    if !graded.finished {
        out.push_str(" Not all checks have been done: the grader was stopped.");
    }
    out
}

fn test(graded: &Graded, entry: &Entry) -> Value {
    let stage = visible::line(&entry.about.stage);
    let tags = [entry.area()].into_iter().chain(entry.about.layer).chain([stage.as_str()]);
    let tags: Vec<&str> = tags.collect();
    let mut test = json!({
        "name": entry.name(),
        "output": entry.detail,
        "output_format": "text",
        "tags": tags,
        "visibility": entry.about.visibility.name(),
        "extra_data": {
            "verdict": entry.outcome.verdict.name(),
            "seconds": seconds(entry.outcome.took),
            "replay": visible::line(&entry.about.replay),
        },
    });
    // A test without score and status is shown, but costs no points.
    if let (Some(points), Some(test)) = (graded.points(entry), test.as_object_mut()) {
        let passed = entry.outcome.verdict == Verdict::Passed;
        test.insert("score".to_owned(), points.earned.into());
        test.insert("max_score".to_owned(), points.possible.into());
        test.insert("status".to_owned(), if passed { "passed" } else { "failed" }.into());
    }
    test
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;
    use crate::report::schema::{Kind, Rule, check, list, must, optional};

    const VISIBILITY: Kind =
        Kind::OneOf(&["hidden", "after_due_date", "after_published", "visible"]);
    const FORMAT: Kind = Kind::OneOf(&["text", "html", "simple_format", "md", "ansi"]);

    /// The keys of the specification; it allows no others.
    const RULES: &[Rule] = &[
        must("score", Kind::Number),
        optional("execution_time", Kind::Number),
        optional("output", Kind::Text),
        optional("output_format", FORMAT),
        optional("test_output_format", FORMAT),
        optional("test_name_format", FORMAT),
        optional("visibility", VISIBILITY),
        optional("stdout_visibility", VISIBILITY),
        optional("extra_data", Kind::Anything),
        must("tests", Kind::List),
        optional("tests[].score", Kind::Number),
        optional("tests[].max_score", Kind::Number),
        optional("tests[].status", Kind::OneOf(&["passed", "failed"])),
        optional("tests[].name", Kind::Text),
        optional("tests[].name_format", FORMAT),
        optional("tests[].number", Kind::Text),
        optional("tests[].output", Kind::Text),
        optional("tests[].output_format", FORMAT),
        list("tests[].tags", Kind::Text),
        optional("tests[].visibility", VISIBILITY),
        optional("tests[].extra_data", Kind::Anything),
        optional("leaderboard", Kind::List),
    ];

    #[test]
    #[ignore = "slow"]
    fn every_sample_matches_the_specification() {
        for graded in samples::all() {
            let file: Value = serde_json::from_str(&text(&graded)).unwrap();
            check(&file, RULES).unwrap();
        }
    }

    #[test]
    fn only_checks_that_count_have_a_score() {
        let file: Value = serde_json::from_str(&text(&samples::graded())).unwrap();
        assert_eq!(file["score"], 2.5);
        let tests = file["tests"].as_array().unwrap();
        let shown: Vec<_> = tests
            .iter()
            .map(|test| {
                (test["score"].as_f64(), test["max_score"].as_f64(), test["status"].as_str())
            })
            .collect();
        assert_eq!(
            shown,
            [
                (Some(2.0), Some(2.0), Some("passed")),
                (Some(0.5), Some(2.0), Some("failed")),
                (Some(0.0), Some(1.0), Some("failed")),
                (None, None, None),
                (None, None, None),
            ]
        );
        assert_eq!(tests[0]["output"], "");
        assert!(tests[1]["output"].as_str().unwrap().contains("expected:"));
        assert_eq!(tests[1]["visibility"], "after_due_date");
        assert_eq!(tests[2]["visibility"], "hidden");
    }

    #[test]
    fn the_top_does_not_depend_on_hidden_checks() {
        let mut graded = samples::graded();
        let hidden = graded.results.iter().position(|entry| entry.id() == "LOGIN-4").unwrap();
        let before: Value = serde_json::from_str(&text(&graded)).unwrap();
        graded.results.drain(..hidden);
        let after: Value = serde_json::from_str(&text(&graded)).unwrap();
        assert_eq!(before["output"], after["output"]);
    }

    #[test]
    fn the_top_is_the_summary_if_students_see_every_check() {
        let mut graded = samples::graded();
        for entry in &mut graded.results {
            entry.about.visibility = Visibility::Visible;
        }
        let file: Value = serde_json::from_str(&text(&graded)).unwrap();
        let top = file["output"].as_str().unwrap();
        assert!(top.starts_with("Note: This run was not isolated"), "{top}");
        assert!(top.contains("\nWhat costs points") && top.contains("answers a login"), "{top}");
    }
}
