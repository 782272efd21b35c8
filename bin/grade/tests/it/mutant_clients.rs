//! Each bug of the plain client, and the checks that have to fail for it, and no others.

use std::io::Write;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{grade, those};

/// How the plain client is used.
const PROFILE: &str = r#"
history = "objects"
login = "/login {name}"
say = "{text}"
names = "/names"
logout = "/logout"
leave = "/quit"
"#;

/// How many bugs are tried at a time: most of it is waiting for what does not come.
const AT_ONCE: usize = 8;

/// A line of the table of bugs.
struct Bug {
    name: String,
    dialects: Vec<String>,
    /// The checks that have to fail.
    checks: Vec<String>,
}

/// What the plain client says of its bugs, a line each: the name, the dialects, and something else.
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

/// Whether these fail and no others, with this bug or with none; if not, all that the grader said.
fn fails_exactly(bug: Option<&str>, dialect: &str, checks: &[String]) -> Result<(), String> {
    let mut profile = tempfile::NamedTempFile::new().unwrap();
    profile.write_all(PROFILE.as_bytes()).unwrap();
    let client = super::mutant("client");
    let client = format!("'{}' {{host}} {{port}} --dialect {{dialect}}", client.display());
    let client = bug.map_or_else(|| client.clone(), |bug| format!("{client} --bug {bug}"));
    let profile = profile.path().to_str().unwrap();
    let (verdicts, code, said) = grade(&[
        "--client",
        &client,
        "--profile",
        profile,
        "--dialect",
        dialect,
        "--jobs",
        "16",
        "--patience",
        "2",
    ]);
    let code_fits = code == i32::from(!checks.is_empty());
    if those(&verdicts, "failed") == checks && those(&verdicts, "undecided").is_empty() && code_fits
    {
        return Ok(());
    }
    Err(format!("{bug:?} in {dialect}: {checks:?} are to fail, and no others\n{said}"))
}

#[test]
fn the_plain_client_gets_full_marks() {
    for dialect in ["json", "ktn14", "ktn15"] {
        fails_exactly(None, dialect, &[]).unwrap_or_else(|why| panic!("{why}"));
    }
}

#[test]
fn every_bug_of_a_client_fails_the_checks_that_are_there_for_it_and_no_others() {
    let all = std::env::var("STRATA_MATRIX").is_ok_and(|matrix| matrix == "all");
    let bugs = bugs();
    let tried: Vec<(&Bug, &String)> = bugs
        .iter()
        .flat_map(|bug| bug.dialects.iter().take(if all { 3 } else { 1 }).map(move |at| (bug, at)))
        .collect();
    assert!(tried.len() >= 40);
    let next = AtomicUsize::new(0);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let work = || {
            let mut wrong = Vec::new();
            while let Some((bug, dialect)) = tried.get(next.fetch_add(1, Ordering::Relaxed)) {
                wrong.extend(fails_exactly(Some(&bug.name), dialect, &bug.checks).err());
            }
            wrong
        };
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The page tells which checks find which bug.
#[test]
fn the_page_has_the_matrix_of_clients() {
    let mut matrix = String::new();
    for (bug, (name, _, what)) in bugs().iter().zip(listed("--bugs")) {
        assert_eq!(bug.name, name);
        matrix += &format!("| `{name}` | {what} | {} |\n", bug.checks.join(", "));
    }
    let page = include_str!("../../../../handout/grading.md");
    assert!(page.contains(&matrix), "handout/grading.md has another matrix than this:\n{matrix}");
}
