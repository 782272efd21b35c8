//! The mutants of a client: each bug fails exactly the checks that must find it.

use std::io::Write;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{grade, selection, those};

/// The profile of the plain client.
pub(super) const PROFILE: &str = r#"
history = "objects"
login = "/login {name}"
say = "{text}"
names = "/names"
logout = "/logout"
leave = "/quit"
"#;

/// Number of bugs that run at the same time. Most of their time is spent waiting.
const AT_ONCE: usize = 8;

/// Command line of the plain client, with this bug or without a bug.
pub(super) fn line(bug: Option<&str>) -> String {
    let client = super::mutant("client");
    let client = format!("'{}' {{host}} {{port}} --dialect {{dialect}}", client.display());
    bug.map_or_else(|| client.clone(), |bug| format!("{client} --bug {bug}"))
}

/// A line of the table of bugs.
struct Bug {
    name: String,
    dialects: Vec<String>,
    /// The checks that must fail.
    checks: Vec<String>,
}

/// The client's table of bugs: name, dialects, and the column that `flag` selects.
fn listed(flag: &str) -> Vec<(String, String, String)> {
    let client = super::mutant("client");
    let output = Command::new(client).arg(flag).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |line: &str| {
        let (name, rest) = line.split_once(' ').unwrap();
        let (dialects, rest) = rest.trim_start().split_once(' ').unwrap();
        (name.to_owned(), dialects.to_owned(), rest.trim_start().to_owned())
    };
    text.lines().map(line).collect()
}

fn bugs() -> Vec<Bug> {
    let bug = |(name, dialects, checks): (String, String, String)| {
        let several = |words: &str| words.split(',').map(str::to_owned).collect();
        Bug { name, dialects: several(&dialects), checks: several(&checks) }
    };
    listed("--checks").into_iter().map(bug).collect()
}

impl Bug {
    fn checks(&self) -> Vec<&str> {
        self.checks.iter().map(String::as_str).collect()
    }
}

/// Expects exactly these checks to fail in a run with the arguments `some`. Otherwise returns the
/// output of the grader.
fn fails_exactly(
    bug: Option<&str>,
    dialect: &str,
    checks: &[&str],
    some: &[&str],
) -> Result<(), String> {
    let mut profile = tempfile::NamedTempFile::new().unwrap();
    profile.write_all(PROFILE.as_bytes()).unwrap();
    let client = line(bug);
    let profile = profile.path().to_str().unwrap();
    let subject = ["--client", &client, "--profile", profile, "--dialect", dialect];
    let waits = ["--jobs", "16", "--patience", "2", "--start", "4"];
    let (verdicts, code, said) = grade(&[&subject[..], &waits, some].concat());
    let code_fits = code == i32::from(!checks.is_empty());
    if those(&verdicts, "failed") == checks && those(&verdicts, "undecided").is_empty() && code_fits
    {
        return Ok(());
    }
    Err(format!("{bug:?} in {dialect}: expected exactly {checks:?} to fail\n{said}"))
}

#[test]
#[ignore = "slow"]
fn the_plain_client_gets_full_marks() {
    for dialect in selection::one_in_turn(&super::DIALECTS, 0) {
        fails_exactly(None, dialect, &[], &[]).unwrap_or_else(|why| panic!("{why}"));
    }
}

#[test]
#[ignore = "slow"]
fn every_bug_of_a_client_fails_its_checks_and_no_others() {
    let dialects = if selection::is_all() { 3 } else { 1 };
    let bugs = bugs();
    let tried: Vec<(usize, &Bug, &String)> = bugs
        .iter()
        .enumerate()
        .flat_map(|(index, bug)| bug.dialects.iter().take(dialects).map(move |at| (index, bug, at)))
        .collect();
    assert!(tried.len() >= 40);
    let next = AtomicUsize::new(0);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let work = || {
            let mut wrong = Vec::new();
            while let Some((index, bug, dialect)) = tried.get(next.fetch_add(1, Ordering::Relaxed))
            {
                let checks = bug.checks();
                let some = selection::CLIENT.arguments(*index, &checks);
                wrong.extend(fails_exactly(Some(&bug.name), dialect, &checks, &some).err());
            }
            wrong
        };
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_check_runs_with_a_mutant_that_must_pass_it() {
    let bugs = bugs();
    let checks: Vec<Vec<&str>> = bugs.iter().map(Bug::checks).collect();
    selection::CLIENT.gives_each_check_a_turn(checks.iter().map(Vec::as_slice));
}

/// The handout says which checks find which bug.
#[test]
fn the_handout_has_the_matrix_of_clients() {
    let mut matrix = String::new();
    for (bug, (name, _, what)) in bugs().iter().zip(listed("--bugs")) {
        assert_eq!(bug.name, name);
        matrix += &format!("| `{name}` | {what} | {} |\n", bug.checks.join(", "));
    }
    let page = include_str!("../../../../handout/grading.md");
    assert!(page.contains(&matrix), "handout/grading.md does not contain this matrix:\n{matrix}");
}
