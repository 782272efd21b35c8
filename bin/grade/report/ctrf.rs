//! CTRF, the Common Test Report Format, after its schema:
//! <https://github.com/ctrf-io/ctrf/blob/main/schema/ctrf.schema.json>.

use serde_json::{Value, json};

use super::causes::Cause;
use super::{Entry, Graded, visible};
use crate::verdict::Verdict;

const STATUSES: [&str; 5] = ["passed", "failed", "skipped", "pending", "other"];

pub(super) fn text(graded: &Graded) -> String {
    let mut summary = json!({
        "tests": graded.results.len(),
        "suites": graded.areas().len(),
        "start": graded.began.as_millisecond(),
        "stop": graded.ended().as_millisecond(),
    });
    if let Some(summary) = summary.as_object_mut() {
        for name in STATUSES {
            let count = graded.results.iter().filter(|entry| status(entry) == name).count();
            summary.insert(name.to_owned(), count.into());
        }
    }
    let total = graded.total();
    let visible = |all: &[String]| all.iter().map(|each| visible::line(each)).collect::<Vec<_>>();
    let causes: Vec<Value> = graded.causes().iter().map(cause).collect();
    let stage = |(name, entries): (&str, Vec<&Entry>)| {
        let points = graded.sum(entries);
        json!({
            "name": visible::line(name), "earned": points.earned, "possible": points.possible,
        })
    };
    let stages: Vec<Value> = graded.by_stage().into_iter().map(stage).collect();
    let tests: Vec<Value> = graded.results.iter().map(|entry| test(graded, entry)).collect();
    let file = json!({
        "reportFormat": "CTRF",
        "specVersion": "0.0.0",
        "timestamp": graded.ended().to_string(),
        "generatedBy": "grade",
        "results": {
            "tool": { "name": "grade", "version": env!("CARGO_PKG_VERSION") },
            "summary": summary,
            "tests": tests,
            "environment": {
                "appName": visible::line(&graded.title),
                "testEnvironment": graded.dialect,
                "healthy": graded.finished,
            },
            "extra": {
                "seed": visible::line(&graded.seed),
                "student": graded.student.as_deref().map(visible::line),
                "earned": total.earned,
                "possible": total.possible,
                "finished": graded.finished,
                "notes": visible(&graded.notes),
                "learned": visible(&graded.learned),
                "causes": causes,
                "stages": stages,
            },
        },
    });
    format!("{file:#}\n")
}

fn cause(cause: &Cause) -> Value {
    json!({
        "lost": cause.lost,
        "cause": cause.words,
        "failed": cause.failed,
        "skipped": cause.skipped,
    })
}

/// The CTRF status of a check. An undecided check is `other`: CTRF has no better word for it.
fn status(entry: &Entry) -> &'static str {
    match entry.outcome.verdict {
        Verdict::Passed => "passed",
        Verdict::Failed(_) => "failed",
        Verdict::Skipped { .. } | Verdict::Absent => "skipped",
        Verdict::Undecided { .. } => "other",
    }
}

fn test(graded: &Graded, entry: &Entry) -> Value {
    let points = graded.points(entry);
    let mut test = json!({
        "name": entry.name(),
        "status": status(entry),
        "rawStatus": entry.outcome.verdict.name(),
        "duration": u64::try_from(entry.outcome.took.as_millis()).unwrap_or(u64::MAX),
        "suite": [entry.area()],
        "tags": entry.about.layer.into_iter().collect::<Vec<_>>(),
        "extra": {
            "stage": visible::line(&entry.about.stage),
            "replay": visible::line(&entry.about.replay),
            "earned": points.map(|points| points.earned),
            "possible": points.map(|points| points.possible),
        },
    });
    if let (false, Some(test)) = (entry.detail.is_empty(), test.as_object_mut()) {
        test.insert("message".to_owned(), entry.reason().into());
        test.insert("trace".to_owned(), entry.detail.as_str().into());
        test.insert("stdout".to_owned(), entry.printed.as_slice().into());
    }
    test
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;
    use crate::report::schema::{Kind, Rule, check, list, must, optional};

    /// The part of the schema that this report uses. It allows no other keys except in `extra`.
    const RULES: &[Rule] = &[
        must("reportFormat", Kind::OneOf(&["CTRF"])),
        must("specVersion", Kind::Like("d.d.d")),
        optional("timestamp", Kind::Begins("2026-")),
        optional("generatedBy", Kind::Text),
        must("results", Kind::Object),
        must("results.tool", Kind::Object),
        must("results.tool.name", Kind::Words),
        optional("results.tool.version", Kind::Text),
        must("results.summary", Kind::Object),
        must("results.summary.tests", Kind::Whole),
        must("results.summary.passed", Kind::Whole),
        must("results.summary.failed", Kind::Whole),
        must("results.summary.skipped", Kind::Whole),
        must("results.summary.pending", Kind::Whole),
        must("results.summary.other", Kind::Whole),
        optional("results.summary.suites", Kind::Whole),
        must("results.summary.start", Kind::Whole),
        must("results.summary.stop", Kind::Whole),
        must("results.tests", Kind::List),
        must("results.tests[].name", Kind::Words),
        must("results.tests[].status", Kind::OneOf(&STATUSES)),
        must("results.tests[].duration", Kind::Whole),
        optional("results.tests[].rawStatus", Kind::Text),
        list("results.tests[].suite", Kind::Text),
        list("results.tests[].tags", Kind::Text),
        optional("results.tests[].message", Kind::Text),
        optional("results.tests[].trace", Kind::Text),
        list("results.tests[].stdout", Kind::Text),
        optional("results.tests[].extra", Kind::Anything),
        optional("results.environment", Kind::Object),
        optional("results.environment.appName", Kind::Text),
        optional("results.environment.testEnvironment", Kind::Text),
        optional("results.environment.healthy", Kind::Bool),
        optional("results.extra", Kind::Anything),
    ];

    #[test]
    #[ignore = "slow"]
    fn every_sample_matches_the_schema() {
        for graded in samples::all() {
            let file: Value = serde_json::from_str(&text(&graded)).unwrap();
            check(&file, RULES).unwrap();
            let summary = &file["results"]["summary"];
            let sum: u64 = STATUSES.iter().map(|name| summary[name].as_u64().unwrap()).sum();
            assert_eq!(summary["tests"], sum);
        }
    }

    #[test]
    fn an_undecided_check_is_neither_passed_nor_failed() {
        let file: Value = serde_json::from_str(&text(&samples::graded())).unwrap();
        let shown: Vec<_> = file["results"]["tests"]
            .as_array()
            .unwrap()
            .iter()
            .map(|test| (test["status"].as_str().unwrap(), test["extra"]["possible"].as_f64()))
            .collect();
        assert_eq!(
            shown,
            [
                ("passed", Some(2.0)),
                ("failed", Some(2.0)),
                ("skipped", Some(1.0)),
                ("other", None),
                ("skipped", None),
                ("skipped", None),
            ]
        );
    }
}
