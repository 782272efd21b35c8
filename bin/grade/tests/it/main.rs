//! The grader is graded: a correct server passes all checks, and a mutant fails exactly the checks
//! that must find its bug.
//!
//! All mutants of a server are one program (`mutants/server/`), which is correct unless `--bug`
//! names a bug. Checks that depend on a failed check are skipped; the tests do not predict those.
//!
//! By default, each bug runs only with the checks that must find it and with a few others, which
//! vary from bug to bug (`selection.rs`), and each correct server runs in one dialect, another one each
//! day. With all checks, in every dialect, the tests take minutes:
//!
//! ```console
//! $ STRATA_MATRIX=all cargo test -p grade -- --include-ignored
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails loudly"
)]

mod attacks;
mod batch;
mod clients;
mod courses;
mod exam;
mod gradescope;
mod inspected;
mod isolate;
mod mutant_clients;
mod mutants;
mod play;
mod ports;
mod python_starter;
mod replay;
mod selection;
mod shortage;
mod signals;
mod submissions;
mod suites;
mod terminal;
mod writes;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Path of the mutants of a server or a client.
fn mutant(of: &str) -> PathBuf {
    let grade = assert_cmd::cargo::cargo_bin!("grade");
    grade.with_file_name("examples").join(format!("mutant-{of}"))
}

/// The verdict of every check, by its id.
type Verdicts = BTreeMap<String, String>;

/// Runs the grader with these arguments. Returns the verdicts, the exit code and the output.
fn grade(arguments: &[&str]) -> (Verdicts, i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(assert_cmd::cargo::cargo_bin!("grade"))
        .args(arguments)
        .current_dir(folder.path())
        .args(["--seed", "7f3a"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let verdicts = said.lines().filter_map(|line| {
        // `[3/56] passed     START-1    A server ...`
        let mut words = line.strip_prefix('[')?.split_once("] ")?.1.split_whitespace();
        let (verdict, id) = (words.next()?, words.next()?);
        Some((id.to_owned(), verdict.to_owned()))
    });
    let verdicts: Verdicts = verdicts.collect();
    assert!(verdicts.len() > 20 || arguments.contains(&"--check"), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    (verdicts, output.status.code().unwrap(), said)
}

/// Ids of the checks with this verdict.
fn those<'a>(verdicts: &'a Verdicts, verdict: &str) -> Vec<&'a str> {
    let ended = verdicts.iter().filter(|(_, other)| *other == verdict);
    ended.map(|(id, _)| id.as_str()).collect()
}

/// Mutants that may cost more than others: a second user can do nothing at all, or every error is wrong.
const DEARER: [&str; 1] = ["one-at-a-time"];

/// Expects a mutant to lose at most 15 % of the points. A run with a part of the checks does not say.
fn costs_little(bug: &str, said: &str) {
    if !selection::is_all() || DEARER.contains(&bug) {
        return;
    }
    // `  total: 86 of 98 points`
    let total = said.lines().find_map(|line| line.trim().strip_prefix("total: ")).unwrap();
    let mut words = total.split_whitespace().filter_map(|word| word.parse::<f64>().ok());
    let (earned, possible) = (words.next().unwrap(), words.next().unwrap());
    assert!(earned >= 0.85 * possible, "{bug}: {said}");
}

/// The dialects of the protocol.
const DIALECTS: [&str; 3] = ["json", "ktn14", "ktn15"];

/// The correct servers whose marks do not depend on Python. They are as many as there are dialects, so that
/// each dialect has one each day.
const CORRECT: [&str; 3] = ["events", "threads", "plain"];

/// Position of a correct server in its turn through the dialects.
fn position(server: &str) -> usize {
    CORRECT.iter().position(|name| *name == server).expect("an engine is in CORRECT")
}

/// Expects a correct server to pass every check in a dialect, another one each day. Servers with different
/// positions run in different dialects. `STRATA_MATRIX=all` chooses all dialects.
fn gets_full_marks(position: usize, server: &str) {
    let in_dialect = |dialect: &str| {
        // Most of the time is spent waiting.
        let arguments = ["--server", server, "--dialect", dialect, "--jobs", "8"];
        let (verdicts, code, said) = grade(&arguments);
        for wrong in ["failed", "skipped", "undecided"] {
            assert!(those(&verdicts, wrong).is_empty(), "{said}");
        }
        assert_eq!(code, 0, "{said}");
    };
    // In parallel, because the dialects with a pause between messages spend their time waiting.
    std::thread::scope(|scope| {
        for dialect in selection::one_in_turn(&DIALECTS, position) {
            scope.spawn(move || in_dialect(dialect));
        }
    });
}

/// Command line of Strata's own server, with one of its engines.
fn strata(engine: &str) -> String {
    let server = harness::program("server");
    format!(
        "'{}' --engine {engine} --listen {{dialect}}=127.0.0.1:{{port}} --data :memory: \
         --flood off --login-limit 0 --log off",
        server.display()
    )
}

/// Makes a test for each engine: `strata_gets_full_marks::events` and so on.
macro_rules! full_marks {
    ($($engine:ident)*) => {
        mod strata_gets_full_marks {
            $(#[test]
            #[ignore = "slow"]
            fn $engine() {
                let engine = stringify!($engine);
                super::gets_full_marks(super::position(engine), &super::strata(engine));
            })*
        }
    };
}

harness::for_each_engine!(full_marks);

#[test]
fn the_plain_server_gets_full_marks() {
    gets_full_marks(position("plain"), &mutants::line(None));
}

/// The freedoms with which `grade tests` finds transcripts that demand too much are freedoms.
#[test]
#[ignore = "slow"]
fn the_server_with_every_freedom_gets_full_marks() {
    let freedoms = ["keys", "form", "quiet", "words", "late", "overtaken", "unnoticed"];
    let freedoms: String = freedoms.iter().map(|name| format!(" --free {name}")).collect();
    gets_full_marks(0, &(mutants::line(None) + &freedoms));
}

/// A server in another language, if the machine has Python.
#[test]
#[ignore = "slow"]
fn the_python_server_gets_full_marks() {
    let Some(python) = harness::python("sys") else {
        return harness::skipped("no python3 on this machine");
    };
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/server.py");
    // `-S`: Python starts in half the time without the packages of the machine.
    let server = server.display();
    gets_full_marks(1, &format!("'{}' -S '{server}' {{port}} {{dialect}}", python.display()));
}
