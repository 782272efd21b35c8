//! The checks of `grade` on the student's server or client.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::{Bench, Verdict};
use crate::failure::Failure;
use crate::isolation::Isolation;
use crate::lab::{Check, Kind, Lab, Wire};
use crate::process;

/// The arguments with which cargo builds the programs.
pub(super) const PROGRAMS: [&str; 6] =
    ["build", "--quiet", "--offline", "--package", "strata", "--bins"];

/// Time for all checks of a lab.
const RUN: Duration = Duration::from_mins(10);

pub(super) fn run(bench: &Bench, lab: &Lab, checks: &[&Check]) -> Result<Vec<Verdict>, Failure> {
    let all = |verdict: Verdict| Ok(vec![verdict; checks.len()]);
    let Some(wire) = &lab.about.wire else {
        return all(Verdict::Undecided("the lab does not say how to start the program".to_owned()));
    };
    if let Some(verdict) = bench.build(&PROGRAMS)? {
        return all(verdict);
    }
    let grade = match &bench.isolation {
        Isolation::Sandbox { grade, .. } => grade.clone(),
        Isolation::None => {
            let tool = ["build", "--quiet", "--offline", "--package", "grade"];
            if let Some(Verdict::Failed(why) | Verdict::Undecided(why)) = bench.build(&tool)? {
                return all(Verdict::Undecided(format!("grade: {why}")));
            }
            bench.built("grade")
        }
    };
    // The submission that grade sees: the programs and nothing else.
    let folder = tempfile::tempdir().map_err(Failure::file("create", Path::new("a folder")))?;
    let programs = folder.path().join("programs");
    let report = folder.path().join("report");
    fs::create_dir(&programs).map_err(Failure::file("create", &programs))?;
    for name in ["server", "client"] {
        let from = bench.built(name);
        // A submission could have put a link to a file of the teacher here.
        if !fs::symlink_metadata(&from).is_ok_and(|about| about.is_file()) {
            return all(Verdict::Failed(format!("{} is no program", from.display())));
        }
        fs::copy(&from, programs.join(name)).map_err(Failure::file("copy", &from))?;
    }
    let mut command = Command::new(grade);
    command.args(arguments(bench, wire, checks)).current_dir(&bench.root);
    command.arg("--from").arg(&programs).arg("--report").arg(&report);
    let ran = process::run(&mut command, RUN)?;
    let Ok(text) = fs::read_to_string(report.join("ctrf-report.json")) else {
        return all(Verdict::Undecided(format!("grade has no result: {}", ran.stderr.trim())));
    };
    let results = results(&text);
    let verdict = |check: &&Check| {
        let missing = || Verdict::Undecided("grade has no result for it".to_owned());
        let Kind::Wire(id) = &check.kind else { return missing() };
        results.get(id).cloned().unwrap_or_else(missing)
    };
    Ok(checks.iter().map(verdict).collect())
}

fn arguments(bench: &Bench, wire: &Wire, checks: &[&Check]) -> Vec<String> {
    let mut arguments = Vec::new();
    if let Some(server) = &wire.server {
        arguments.extend(["--server".to_owned(), server.replace("{server}", "./server")]);
    }
    if let Some(client) = &wire.client {
        arguments.extend(["--client".to_owned(), client.replace("{client}", "./client")]);
    }
    if let Some(profile) = &wire.profile {
        let profile: PathBuf = bench.root.join(profile);
        arguments.extend(["--profile".to_owned(), profile.to_string_lossy().into_owned()]);
    }
    arguments.extend(wire.arguments.iter().cloned());
    for check in checks {
        if let Kind::Wire(id) = &check.kind {
            arguments.extend(["--check".to_owned(), id.clone()]);
        }
    }
    arguments
}

/// Reads the results of a report in the Common Test Report Format.
fn results(text: &str) -> BTreeMap<String, Verdict> {
    let report: Value = serde_json::from_str(text).unwrap_or_default();
    let tests = report.pointer("/results/tests").and_then(Value::as_array);
    let mut results = BTreeMap::new();
    for test in tests.into_iter().flatten() {
        let field = |key: &str| test.get(key).and_then(Value::as_str);
        let name = field("name").unwrap_or_default();
        let id = name.split(':').next().unwrap_or_default().to_owned();
        let message = field("message").unwrap_or("grade gives no reason").to_owned();
        let verdict = match field("status") {
            Some("passed") => Verdict::Passed,
            Some("failed" | "skipped") => Verdict::Failed(message),
            _ => Verdict::Undecided(message),
        };
        results.insert(id, verdict);
    }
    results
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_of_grade_is_read() {
        let text = r#"{"results": {"tests": [
            {"name": "START-1: It starts.", "status": "passed"},
            {"name": "FRAME-1: Pieces.", "status": "failed", "message": "got nothing"},
            {"name": "FRAME-2: More.", "status": "other", "message": "the machine"}]}}"#;
        let results = results(text);
        assert_eq!(results["START-1"], Verdict::Passed);
        assert_eq!(results["FRAME-1"], Verdict::Failed("got nothing".to_owned()));
        assert_eq!(results["FRAME-2"], Verdict::Undecided("the machine".to_owned()));
    }
}
