//! Submissions that are no server at all, or hardly: the report says just that.

use super::{grade, mutants, those};

/// The one check that fails, and what the report says of it.
fn says_just_that(server: &str, start: &str, want: &str) {
    let (verdicts, code, said) = grade(&["--server", server, "--start", start]);
    assert_eq!(those(&verdicts, "failed"), ["START-1"], "{said}");
    assert_eq!(code, 1);
    assert!(said.contains(want), "{want:?} is not in:\n{said}");
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn one_that_ends_at_once() {
    says_just_that("echo cannot find myself; exit 3", "2", "exit code 3");
    says_just_that("echo cannot find myself; exit 3", "2", "cannot find myself");
    says_just_that("./there-is-no-such-server {port}", "2", "there-is-no-such-server");
}

#[test]
fn one_that_never_listens() {
    says_just_that("sleep 1000", "2", "does not listen on port");
}

#[test]
#[cfg(target_os = "linux")]
fn one_that_listens_somewhere_else() {
    let server = mutants::line(None).replace("{port}", "0");
    says_just_that(&server, "2", " after 2 s, but on ");
    says_just_that(&server, "2", "Hint: It has to listen on the port that it is given");
}

#[test]
fn one_that_prints_without_end() {
    says_just_that("yes I am a server", "20", "I am a server");
}

#[test]
fn one_that_starts_processes_without_end() {
    let many = "n=0; while [ $n -lt 300 ]; do sleep 1000 & n=$((n + 1)); done; wait";
    says_just_that(many, "20", "processes");
}

#[test]
fn one_that_listens_late_passes() {
    let late = format!("sleep 1; exec {}", mutants::line(None));
    let (verdicts, code, said) = grade(&["--server", &late, "--check", "LOGIN-1"]);
    assert_eq!((verdicts["LOGIN-1"].as_str(), code), ("passed", 0), "{said}");
}

#[test]
fn one_that_does_not_end_when_it_is_asked() {
    let stays = format!("trap '' TERM; {} & while :; do wait; done", mutants::line(None));
    let (verdicts, code, said) =
        grade(&["--server", &stays, "--check", "END-2", "--patience", "1"]);
    assert_eq!((verdicts["END-2"].as_str(), code), ("failed", 1), "{said}");
    assert!(said.contains("it goes on"), "{said}");
}

#[test]
fn what_was_not_begun_in_time_is_nobodys_fault() {
    let late = format!("sleep 1.5; exec {}", mutants::line(None));
    let checks = ["--check", "START-1", "--check", "LOGIN-1", "--check", "LOGIN-2"];
    let arguments = ["--server", &late, "--limit", "1", "--jobs", "1"];
    let (verdicts, code, said) = grade(&[&arguments[..], &checks].concat());
    assert_eq!(verdicts["START-1"], "passed", "{said}");
    assert_eq!(those(&verdicts, "undecided"), ["LOGIN-1", "LOGIN-2"], "{said}");
    assert_eq!(code, 3);
    assert!(said.contains("the run has taken longer than 1 s"), "{said}");
}

#[test]
fn one_that_takes_too_long_in_one_check_is_ended() {
    let never = "sleep 1000";
    let (_, code, said) = grade(&["--server", never, "--check-limit", "1", "--check", "START-1"]);
    assert!(code == 1 && said.contains("ran for more than 1 s, and was ended"), "{said}");
}

#[test]
fn what_cannot_be_asked_for_is_refused_in_a_line() {
    for (arguments, want) in [
        (["--check", "LOGIN-99"], "there is no check \"LOGIN-99\""),
        (
            ["--dialect", "klingon"],
            "no dialect is called \"klingon\"; there is: json, ktn14, ktn15",
        ),
        (["--from", "/there/is/no/such"], "/there/is/no/such is no folder"),
        (["--rubric", "/there/is/no/such"], "/there/is/no/such: "),
    ] {
        let mut grade = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin!("grade"));
        let refused = grade.args(arguments).assert().code(2).stdout("");
        let said = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
        assert!(said.starts_with("grade: ") && said.contains(want), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}
