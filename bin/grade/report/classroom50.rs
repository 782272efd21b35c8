//! `result.json` of Classroom 50, after its schema `classroom50/result/v1`:
//! <https://github.com/foundation50/classroom50/blob/main/schemas/result-v1.schema.json>.
//!
//! The format allows whole points only. If a check earned a fraction, all points are scaled by the same
//! factor (2, 10, …) until they are whole. The share that was earned stays the same.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Entry, Graded, Points};
use crate::verdict::Verdict;

/// The submission. Outside Classroom 50, its fields hold placeholders that Classroom 50 would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Submission {
    classroom: String,
    assignment: String,
    assignment_type: String,
    owner: String,
    submission: String,
    commit: String,
    release: String,
    review: String,
}

impl Submission {
    /// Reads the variables that the runner sets; `variable` looks one up.
    pub(crate) fn new(variable: impl Fn(&str) -> Option<String>) -> Submission {
        let of = |names: &[&str], otherwise: &str| {
            let mut set = names.iter().filter_map(|name| variable(name));
            // The schema allows no empty field.
            set.find(|value| !value.is_empty()).unwrap_or_else(|| otherwise.to_owned())
        };
        let one_of_them =
            |value: &String| matches!(value.as_str(), "individual" | "group" | "team");
        let tag = |value: &String| value.starts_with("submit/");
        Submission {
            classroom: of(&["CLASSROOM"], "nowhere"),
            assignment: of(&["ASSIGNMENT"], "nothing"),
            assignment_type: Some(of(&["ASSIGNMENT_TYPE"], ""))
                .filter(one_of_them)
                .unwrap_or_else(|| "individual".to_owned()),
            owner: of(&["OWNER", "USERNAME"], "nobody"),
            submission: Some(of(&["SUBMISSION_TAG"], ""))
                .filter(tag)
                .unwrap_or_else(|| "submit/nothing".to_owned()),
            commit: of(&["COMMIT_URL"], "none"),
            release: of(&["RELEASE_URL"], "none"),
            review: of(&["REVIEW_URL", "COMMIT_URL"], "none"),
        }
    }
}

/// Factors by which points are scaled, the smallest first.
const PARTS: [u32; 7] = [1, 2, 4, 5, 10, 20, 100];

pub(super) fn text(graded: &Graded) -> String {
    let counted: Vec<(&Entry, Points)> =
        graded.results.iter().filter_map(|entry| Some((entry, graded.points(entry)?))).collect();
    let parts = parts(&counted);
    let tests: Vec<(u64, u64, Value)> =
        counted.iter().map(|(entry, points)| test(entry, *points, parts)).collect();
    let Submission { classroom, assignment, assignment_type, owner, submission, .. } =
        &graded.submission;
    let file = json!({
        "schema": "classroom50/result/v1",
        "classroom": classroom,
        "assignment": assignment,
        "assignment_type": assignment_type,
        "owner": owner,
        "submission": submission,
        "commit": graded.submission.commit,
        "release": graded.submission.release,
        "review": graded.submission.review,
        // The runner knows the real time of the submission and overwrites this key.
        "datetime": instant(graded.began),
        "graded_at": instant(graded.ended()),
        "score": tests.iter().map(|(score, ..)| score).sum::<u64>(),
        "max-score": tests.iter().map(|(_, most, _)| most).sum::<u64>(),
        "tests": tests.iter().map(|(.., test)| test).collect::<Vec<&Value>>(),
    });
    format!("{file:#}\n")
}

/// A time to the second; the schema allows no fraction.
fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn parts(counted: &[(&Entry, Points)]) -> u32 {
    let whole = |points: f64, parts: u32| {
        let scaled = points * f64::from(parts);
        (scaled - scaled.round()).abs() < 1e-6
    };
    let suits = |parts: &&u32| {
        counted
            .iter()
            .all(|(_, points)| whole(points.earned, **parts) && whole(points.possible, **parts))
    };
    // No factor makes a third whole; then points are rounded to hundredths.
    PARTS.iter().find(suits).copied().unwrap_or(100)
}

fn test(entry: &Entry, points: Points, parts: u32) -> (u64, u64, Value) {
    // The cast saturates; no course gives that many points.
    let whole = |points: f64| (points * f64::from(parts)).round() as u64;
    let (score, most) = (whole(points.earned), whole(points.possible));
    let mut test = json!({
        "test-name": entry.name(),
        "passed": entry.outcome.verdict == Verdict::Passed,
        "score": score,
        "max-score": most,
    });
    let reason = entry.reason();
    if let (false, Some(test)) = (reason.is_empty(), test.as_object_mut()) {
        test.insert("message".to_owned(), reason.into());
    }
    (score, most, test)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;
    use crate::report::schema::{Kind, Rule, check, must, optional};

    const TIME: Kind = Kind::Like("dddd-dd-ddTdd:dd:ddZ");

    /// The schema allows no other key at the top, and any key in a test.
    const RULES: &[Rule] = &[
        must("schema", Kind::OneOf(&["classroom50/result/v1"])),
        must("classroom", Kind::Words),
        must("assignment", Kind::Words),
        must("assignment_type", Kind::OneOf(&["individual", "group", "team"])),
        must("owner", Kind::Words),
        must("submission", Kind::Begins("submit/")),
        must("commit", Kind::Words),
        must("release", Kind::Words),
        must("review", Kind::Words),
        must("datetime", TIME),
        optional("graded_at", TIME),
        must("score", Kind::Whole),
        must("max-score", Kind::Whole),
        must("tests", Kind::List),
        must("tests[].test-name", Kind::Words),
        must("tests[].passed", Kind::Bool),
        must("tests[].score", Kind::Whole),
        must("tests[].max-score", Kind::Whole),
        optional("tests[].message", Kind::Text),
    ];

    fn file(graded: &Graded) -> Value {
        serde_json::from_str(&text(graded)).unwrap()
    }

    #[test]
    #[ignore = "slow"]
    fn every_sample_matches_the_schema() {
        for graded in samples::all() {
            let file = file(&graded);
            check(&file, RULES).unwrap();
            // Rules that the schema cannot express, but the runner checks.
            let number = |value: &Value, key| value[key].as_u64().unwrap();
            let tests = file["tests"].as_array().unwrap();
            for key in ["score", "max-score"] {
                let sum: u64 = tests.iter().map(|test| number(test, key)).sum();
                assert_eq!(number(&file, key), sum);
            }
            assert!(tests.iter().all(|test| number(test, "score") <= number(test, "max-score")));
        }
    }

    #[test]
    fn fractions_are_scaled_to_whole_points() {
        let file = file(&samples::graded());
        // 2.5 of 5.
        assert_eq!((&file["score"], &file["max-score"]), (&json!(5), &json!(10)));
        assert_eq!(
            file["tests"].as_array().unwrap().len(),
            3,
            "checks that do not count are left out"
        );
        let thirds = samples::worth(Points { earned: 1.0 / 3.0, possible: 1.0 });
        let file = self::file(&thirds);
        assert_eq!((&file["score"], &file["max-score"]), (&json!(33), &json!(100)));
    }

    #[test]
    fn the_submission_is_read_from_the_runners_variables() {
        let variables = [
            ("CLASSROOM", "net-1"),
            ("ASSIGNMENT", "chat"),
            ("ASSIGNMENT_TYPE", "group"),
            ("OWNER", ""),
            ("USERNAME", "alice"),
            ("SUBMISSION_TAG", "submit/2026-06-01T14-32-05Z-a1b2c3d"),
            ("COMMIT_URL", "https://example.org/commit"),
            ("RELEASE_URL", "https://example.org/release"),
        ];
        let find = |name: &str| variables.iter().find(|(other, _)| *other == name);
        let handed_in = Submission::new(|name| find(name).map(|(_, value)| (*value).to_owned()));
        assert_eq!(handed_in.owner, "alice");
        assert_eq!(handed_in.assignment_type, "group");
        assert_eq!(handed_in.review, "https://example.org/commit");
        let odd = Submission::new(|_| Some("odd".to_owned()));
        assert_eq!(
            (odd.assignment_type, odd.submission),
            ("individual".to_owned(), "submit/nothing".to_owned())
        );
    }
}
