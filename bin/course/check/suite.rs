//! The tests that a student has written: a folder of transcripts, which `grade tests` judges.

use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::{Bench, LINES, Verdict};
use crate::failure::Failure;
use crate::isolation::{self, Isolation};
use crate::lab::{Check, Kind, Suite, TRANSCRIPTS};
use crate::process;

/// Time for all tests on all servers.
const RUN: Duration = Duration::from_mins(5);

/// The exit code of `grade` for transcripts that it cannot read.
const UNREADABLE: i32 = 2;

/// What to do if no `grade` has servers.
const NO_SERVERS: &str = "the tests run on the servers inside `grade`. The grade of a starter has none, because\n\
                          they would be solutions: put the grade of a release into the PATH.\n\
                          The other labs do not need it: cargo course check 1";

/// Judges the transcripts once. Returns the verdict of each check.
pub(super) fn run(bench: &Bench, checks: &[&Check]) -> Result<Vec<Verdict>, Failure> {
    let all = |verdict: Verdict| Ok(vec![verdict; checks.len()]);
    let folder = bench.root.join(TRANSCRIPTS);
    if !folder.is_dir() {
        return all(Verdict::Failed(format!("there is no folder {TRANSCRIPTS} yet")));
    }
    let mut why = NO_SERVERS.to_owned();
    for grade in programs(bench) {
        let mut command = Command::new(&grade);
        // The servers are those of `grade`, and no code of a student runs.
        command.args(["tests", TRANSCRIPTS, "--json"]).current_dir(&bench.root);
        let ran = process::run(&mut command, RUN)?;
        if let Ok(results) = serde_json::from_str::<Value>(&ran.stdout) {
            return Ok(checks.iter().map(|check| of_check(check, &results)).collect());
        }
        let said = ran.stderr.trim().trim_start_matches("grade: ");
        let Some(status) = ran.status else {
            let late = format!("the tests take more than {} s", RUN.as_secs());
            return all(Verdict::Failed(late));
        };
        if status.code() == Some(UNREADABLE) {
            return all(Verdict::Failed(said.to_owned()));
        }
        why = format!("{NO_SERVERS}\n{}: {said}", grade.display());
    }
    all(Verdict::Undecided(why))
}

/// The programs `grade` that may have servers: that of the teacher, or the one beside this program and the
/// one in the search path.
fn programs(bench: &Bench) -> Vec<PathBuf> {
    if let Isolation::Sandbox { grade, .. } = &bench.isolation {
        return vec![grade.clone()];
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let installed = env::split_paths(&path).map(|folder| folder.join("grade"));
    let installed = installed.into_iter().find(|grade| grade.is_absolute() && grade.is_file());
    isolation::grade().ok().into_iter().chain(installed).collect()
}

fn of_check(check: &Check, results: &Value) -> Verdict {
    match &check.kind {
        Kind::Suite(Suite::Valid) => of_transcripts(results),
        Kind::Suite(Suite::Concept(says)) => of_concept(says, results),
        Kind::Suite(Suite::Area(area)) => of_area(area, results),
        _ => Verdict::Undecided("it is no check of transcripts".to_owned()),
    }
}

/// Every transcript is valid. A suite that catches no mutant tests nothing, so it does not count.
fn of_transcripts(results: &Value) -> Verdict {
    let all = items(results, "transcripts");
    let with = |verdict: &str| -> Vec<&&Value> {
        all.iter().filter(|it| text(it, "verdict") == verdict).collect()
    };
    if let [first, ..] = &with("invalid")[..] {
        let why = lines(first, "why");
        let count = with("invalid").len();
        return Verdict::Failed(format!("{count} of {} are invalid:\n{why}", all.len()));
    }
    if let [first, ..] = &with("undecided")[..] {
        return Verdict::Undecided(format!("{}: {}", text(first, "file"), lines(first, "why")));
    }
    match results.get("caught").and_then(Value::as_u64) {
        Some(0) => {
            Verdict::Failed("the tests are valid, and pass on every wrong server".to_owned())
        }
        _ => Verdict::Passed,
    }
}

/// The mutant of a concept is caught.
fn of_concept(says: &str, results: &Value) -> Verdict {
    let Some(concept) = find(results, "concepts", "says", says) else { return unknown(says) };
    match text(concept, "verdict") {
        "caught" => Verdict::Passed,
        "undecided" => Verdict::Undecided("the machine was too busy".to_owned()),
        _ => Verdict::Failed("no valid test fails on the server that breaks this".to_owned()),
    }
}

/// All mutants of an area are caught.
fn of_area(area: &str, results: &Value) -> Verdict {
    let Some(found) = find(results, "areas", "area", area) else { return unknown(area) };
    let numbers = |key: &str| -> Vec<String> {
        items(found, key).into_iter().map(Value::to_string).collect()
    };
    let (missed, undecided) = (numbers("not caught"), numbers("undecided"));
    let word = |count: usize| if count == 1 { "number" } else { "numbers" };
    if !missed.is_empty() {
        let caught = found.get("caught").and_then(Value::as_u64).unwrap_or(0);
        let all = caught + (missed.len() + undecided.len()) as u64;
        let (word, list) = (word(missed.len()), missed.join(", "));
        return Verdict::Failed(format!("{caught} of {all} mutants are caught, not {word} {list}"));
    }
    match undecided.is_empty() {
        true => Verdict::Passed,
        false => {
            let (word, list) = (word(undecided.len()), undecided.join(", "));
            Verdict::Undecided(format!("the machine was too busy for {word} {list}"))
        }
    }
}

fn unknown(what: &str) -> Verdict {
    Verdict::Undecided(format!("this grade has no result for {what:?}: it is of another version"))
}

fn items<'v>(value: &'v Value, key: &str) -> Vec<&'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten().collect()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The first lines of a text that is a list of lines.
fn lines(value: &Value, key: &str) -> String {
    let lines = items(value, key).into_iter().filter_map(Value::as_str);
    lines.take(LINES).collect::<Vec<_>>().join("\n")
}

fn find<'v>(results: &'v Value, list: &str, key: &str, wanted: &str) -> Option<&'v Value> {
    items(results, list).into_iter().find(|item| text(item, key) == wanted)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn failed(reason: &str) -> Verdict {
        Verdict::Failed(reason.to_owned())
    }

    #[test]
    fn valid_tests_that_catch_nothing_do_not_count() {
        let of = |verdict: &str, caught: u32| {
            let transcript = json!({"file": "a.chat", "verdict": verdict, "why": ["because"]});
            of_transcripts(&json!({"transcripts": [transcript], "caught": caught}))
        };
        assert_eq!(of("valid", 1), Verdict::Passed);
        assert_eq!(of("valid", 0), failed("the tests are valid, and pass on every wrong server"));
        assert_eq!(of("invalid", 1), failed("1 of 1 are invalid:\nbecause"));
        assert_eq!(of("undecided", 1), Verdict::Undecided("a.chat: because".to_owned()));
    }

    #[test]
    fn a_concept_is_found_by_its_sentence() {
        let of = |verdict: &str| {
            of_concept("a", &json!({"concepts": [{"says": "a", "verdict": verdict}]}))
        };
        assert_eq!(of("caught"), Verdict::Passed);
        assert!(matches!(of("not caught"), Verdict::Failed(_)));
        assert!(matches!(of("undecided"), Verdict::Undecided(_)));
        assert!(matches!(of_concept("b", &json!({"concepts": []})), Verdict::Undecided(_)));
    }

    #[test]
    fn an_area_names_the_mutants_that_are_left() {
        let of = |missed: &[u32], undecided: &[u32]| {
            let area =
                json!({"area": "names", "caught": 2, "not caught": missed, "undecided": undecided});
            of_area("names", &json!({"areas": [area]}))
        };
        assert_eq!(of(&[], &[]), Verdict::Passed);
        assert_eq!(of(&[7], &[]), failed("2 of 3 mutants are caught, not number 7"));
        assert_eq!(of(&[7, 9], &[8]), failed("2 of 5 mutants are caught, not numbers 7, 9"));
        let busy = "the machine was too busy for number 8";
        assert_eq!(of(&[], &[8]), Verdict::Undecided(busy.to_owned()));
    }
}
