//! The starter of the labs in Python, `bin/course/python`, and its solution.
//!
//! The solution gets full marks. The starter is the solution without the bodies of some functions, the
//! holes. A lab whose holes are open fails all its tests and checks, even when all other labs are done.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use serde::Deserialize;
use tempfile::TempDir;

use super::{grade, selection, those};

const PROGRAMS: [&str; 2] = ["server.py", "client.py"];
/// The beginning of a line that stands for the body of a function.
const HOLE: &str = "raise NotImplementedError(\"lab ";

/// `labs.toml` of the starter.
#[derive(Deserialize)]
struct Labs {
    lab: Vec<Lab>,
}

#[derive(Deserialize)]
struct Lab {
    number: u32,
    /// `None` if the lab has no holes: its tests are a folder of transcripts.
    program: Option<String>,
    #[serde(default)]
    needs: Vec<u32>,
    #[serde(default)]
    suite: BTreeMap<String, u32>,
    #[serde(default)]
    tests: BTreeMap<String, u32>,
    #[serde(default)]
    checks: BTreeMap<String, u32>,
}

/// A part of a program.
enum Part {
    /// A line that the starter and the solution share.
    Line(String),
    /// A hole: the number of its lab, its line in the starter, and its lines in the solution.
    Hole { lab: u32, line: String, body: Vec<String> },
}

fn starter() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../course/python")
}

fn solution() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../course/solutions/python")
}

/// The solution of lab 0, which is the same in every language.
fn transcripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../course/solutions/00-tests-first/transcripts")
}

/// Copies the transcripts of the solution with these names into a submission.
fn hands_in_transcripts(submission: &Path, is_wanted: impl Fn(&str) -> bool) {
    let folder = submission.join("transcripts");
    fs::create_dir(&folder).unwrap();
    for entry in fs::read_dir(transcripts()).unwrap().map(Result::unwrap) {
        if is_wanted(entry.file_name().to_str().unwrap()) {
            fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
        }
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn labs() -> Vec<Lab> {
    let labs: Labs = toml::from_str(&read(&starter().join("labs.toml"))).unwrap();
    labs.lab
}

/// The path of Python, if this machine has a version that can read TOML.
fn python() -> Option<PathBuf> {
    let python = harness::python("tomllib");
    if python.is_none() {
        harness::skipped("no python3 of version 3.11 or later on this machine");
    }
    python
}

/// Compares a program of the starter with that of the solution, line by line.
///
/// # Panics
/// If they differ in anything but holes.
fn parts(name: &str) -> Vec<Part> {
    let (starter, solution) = (read(&starter().join(name)), read(&solution().join(name)));
    let solution: Vec<&str> = solution.lines().collect();
    let mut at = 0;
    let mut parts = Vec::new();
    for line in starter.lines() {
        let Some((indent, rest)) = line.split_once(HOLE) else {
            assert_eq!(solution.get(at), Some(&line), "{name}:{}", at + 1);
            parts.push(Part::Line(line.to_owned()));
            at += 1;
            continue;
        };
        let is_inside = |line: &&&str| line.is_empty() || line.starts_with(indent);
        let inside: Vec<&str> = solution[at..].iter().take_while(is_inside).copied().collect();
        // The blank lines behind a body stand in the starter, too.
        let length = inside.iter().rposition(|line| !line.is_empty()).expect("a body") + 1;
        let body = inside[..length].iter().map(|&line| line.to_owned()).collect();
        let lab = rest.split(':').next().unwrap().parse().unwrap();
        parts.push(Part::Hole { lab, line: line.to_owned(), body });
        at += length;
    }
    assert_eq!(solution.len(), at, "{name}: the solution is longer");
    parts
}

/// A folder with the starter, in which the holes of all labs but these are filled.
fn submission(is_open: impl Fn(u32) -> bool) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(starter()).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
    }
    for name in PROGRAMS {
        let mut text = String::new();
        for part in parts(name) {
            let lines = match part {
                Part::Line(line) => vec![line],
                Part::Hole { lab, line, .. } if is_open(lab) => vec![line],
                Part::Hole { body, .. } => body,
            };
            lines.iter().for_each(|line| text += &format!("{line}\n"));
        }
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// Runs `check.py` in a folder. Returns its output and its exit code.
fn check(python: &Path, folder: &Path, arguments: &[&str]) -> (String, i32) {
    let grade = assert_cmd::cargo::cargo_bin!("grade");
    let mut check = Command::new(python);
    check.args(["-B", "check.py", "--grade"]).arg(grade).args(arguments).current_dir(folder);
    // It starts the programs as `python3`.
    check.env("PATH", harness::path_with(python));
    let output = check.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    (said, output.status.code().unwrap())
}

/// By default without lab 0: its transcripts are the reference suite in `json`, which
/// `suites::the_reference_suite_catches_every_mutant` plays.
#[test]
#[ignore = "slow"]
fn the_solution_gets_full_marks() {
    let Some(python) = python() else { return };
    let folder = submission(|_| false);
    let (total, exit) = if selection::is_all() {
        hands_in_transcripts(folder.path(), |_| true);
        (700, 0)
    } else {
        (600, 1)
    };
    let (said, code) = check(&python, folder.path(), &[]);
    assert!(said.ends_with(&format!("\ntotal: {total} of 700 points\n")), "{said}");
    assert_eq!(code, exit, "{said}");
}

#[test]
#[ignore = "slow"]
fn transcripts_get_the_points_of_what_they_catch() {
    let Some(python) = python() else { return };
    let folder = submission(|_| true);
    let (said, code) = check(&python, folder.path(), &["0"]);
    assert!(said.starts_with("there is no folder transcripts yet\n"), "{said}");
    assert!(said.ends_with("\ntotal: 0 of 100 points\n") && code == 1, "{said}");

    hands_in_transcripts(folder.path(), |name| ["answers.chat", "crowd.chat"].contains(&name));
    let (said, code) = check(&python, folder.path(), &["0"]);
    // A transcript about something else shows the concept of names, too, but not every mutant of this area.
    assert!(said.contains("names: not caught: mutants number "), "{said}");
    assert!(said.contains("failed       0 of   5  area names"), "{said}");
    assert!(said.contains("passed      20 of  20  valid") && code == 1, "{said}");

    fs::write(folder.path().join("transcripts/names.chat"), "alice {}\n").unwrap();
    let (said, code) = check(&python, folder.path(), &["0"]);
    assert!(said.contains("names.chat:1:7: expected an arrow"), "{said}");
    assert!(said.ends_with("\ntotal: 0 of 100 points\n") && code == 1, "{said}");
}

#[test]
#[ignore = "slow"]
fn a_lab_with_open_holes_fails_all_its_tests_and_checks() {
    let Some(python) = python() else { return };
    thread::scope(|scope| {
        for lab in labs().into_iter().filter(|lab| lab.program.is_some()) {
            let python = &python;
            scope.spawn(move || fails_everything(python, &lab));
        }
    });
}

fn fails_everything(python: &Path, lab: &Lab) {
    let number = lab.number.to_string();
    let folder = submission(|other| other == lab.number);
    let (said, code) = check(python, folder.path(), &[&number]);
    assert!(said.ends_with("\ntotal: 0 of 100 points\n"), "lab {number}: {said}");
    assert_eq!(code, 1, "{said}");

    // `check.py` does not run `grade` while a hole is open, so the test does.
    let name = lab.program.as_deref().expect("a lab with holes");
    let program = format!("'{}' {name}.py", python.display());
    let profile = folder.path().join("profile.toml");
    let of_client = ["--profile", profile.to_str().unwrap()];
    let (option, command, more) = match name {
        "server" => ("--server", format!("{program} {{port}}"), &[][..]),
        _ => ("--client", format!("{program} {{host}} {{port}}"), &of_client[..]),
    };
    let from = folder.path().to_str().unwrap();
    let mut arguments = vec![option, &command, "--from", from, "--patience", "1", "--start", "2"];
    arguments.extend(more);
    lab.checks.keys().for_each(|id| arguments.extend(["--check", id]));
    let (verdicts, code, said) = grade(&arguments);
    let passed = those(&verdicts, "passed").into_iter().filter(|id| lab.checks.contains_key(*id));
    assert_eq!(passed.collect::<Vec<_>>(), [""; 0], "lab {number}: {said}");
    assert_eq!(code, 1, "{said}");
}

#[test]
#[ignore = "slow"]
fn a_check_of_a_lab_needs_the_labs_that_its_list_names_and_no_others() {
    let Some(python) = python() else { return };
    let labs = labs();
    // If a lab needs all others of the server, the test of the solution grades it in the same way.
    let needs_all = |lab: &Lab| {
        let mut others = labs.iter().filter(|other| other.program.as_deref() == Some("server"));
        others.all(|other| other.number == lab.number || lab.needs.contains(&other.number))
    };
    thread::scope(|scope| {
        let with_holes = labs.iter().filter(|lab| lab.program.is_some());
        for lab in with_holes.filter(|lab| !needs_all(lab)) {
            let python = &python;
            scope.spawn(move || {
                let folder = submission(|other| other != lab.number && !lab.needs.contains(&other));
                let (said, code) = check(python, folder.path(), &[&lab.number.to_string()]);
                let all = "\ntotal: 100 of 100 points\n";
                assert!(said.ends_with(all) && code == 0, "lab {}: {said}", lab.number);
            });
        }
    });
}

#[test]
fn the_starter_contains_no_line_of_its_solution() {
    for name in PROGRAMS {
        let parts = parts(name);
        let starter = read(&starter().join(name));
        let own: BTreeSet<&str> = starter.lines().map(str::trim).collect();
        let mut holes = 0;
        for part in &parts {
            let Part::Hole { body, .. } = part else { continue };
            holes += 1;
            // Short lines, such as `return` and `except`, say nothing.
            let telling = |line: &&str| line.len() >= 24;
            for line in body.iter().map(|line| line.trim()).filter(telling) {
                assert!(!own.contains(line), "{name} contains {line:?}");
            }
        }
        assert!(holes >= 4, "the holes of {name} were not found");
    }
}

#[test]
fn every_lab_has_holes_and_a_hundred_points() {
    let parts: Vec<Part> = PROGRAMS.into_iter().flat_map(parts).collect();
    let open = parts.iter().filter_map(|part| match part {
        Part::Hole { lab, .. } => Some(*lab),
        Part::Line(_) => None,
    });
    let open: BTreeSet<u32> = open.collect();
    let labs = labs();
    let with_holes = labs.iter().filter(|lab| lab.program.is_some());
    assert_eq!(with_holes.map(|lab| lab.number).collect::<BTreeSet<_>>(), open);
    for lab in labs {
        let points = lab.suite.values().chain(lab.tests.values()).chain(lab.checks.values());
        assert_eq!(points.sum::<u32>(), 100, "the points of lab {}", lab.number);
    }
}
