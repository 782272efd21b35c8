//! Programs that are not a server, or hardly one: the report says so.

use super::{grade, mutants, those};

/// Grades a server that fails `START-1`, and looks for `want` in the report.
fn fails_to_start(server: &str, start: &str, want: &str) {
    let (verdicts, code, said) = grade(&["--server", server, "--port", "9998", "--start", start]);
    assert_eq!(those(&verdicts, "failed"), ["START-1"], "{said}");
    assert_eq!(code, 1);
    assert!(said.contains(want), "{want:?} is not in:\n{said}");
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn a_server_that_exits_immediately() {
    fails_to_start("echo cannot find myself; exit 3", "2", "exit code 3");
    fails_to_start("echo cannot find myself; exit 3", "2", "cannot find myself");
    fails_to_start("./there-is-no-such-server {port}", "2", "there-is-no-such-server");
}

#[test]
fn a_server_that_never_listens() {
    fails_to_start("sleep 1000", "2", "does not listen on port");
}

#[test]
#[cfg(target_os = "linux")]
fn a_server_on_another_port() {
    let server = mutants::line(None).replace("{port}", "0");
    fails_to_start(&server, "2", " after 2 s, but on ");
    fails_to_start(&server, "2", "Hint: The program must listen on the port that it is given");
}

#[test]
fn a_server_that_prints_without_end() {
    fails_to_start("yes I am a server", "20", "I am a server");
}

#[test]
#[ignore = "slow"]
fn a_server_that_starts_processes_without_end() {
    let many = "n=0; while [ $n -lt 300 ]; do sleep 1000 & n=$((n + 1)); done; wait";
    fails_to_start(many, "20", "processes");
}

#[test]
fn a_server_that_listens_late_passes() {
    let late = format!("sleep 1; exec {}", mutants::line(None));
    let (verdicts, code, said) = grade(&["--server", &late, "--check", "LOGIN-1"]);
    assert_eq!((verdicts["LOGIN-1"].as_str(), code), ("passed", 0), "{said}");
}

#[test]
fn a_server_that_ignores_sigterm() {
    let stays =
        format!("trap '' TERM; {} & while :; do wait; sleep 0.01; done", mutants::line(None));
    let (verdicts, code, said) =
        grade(&["--server", &stays, "--check", "END-2", "--patience", "1"]);
    assert_eq!((verdicts["END-2"].as_str(), code), ("failed", 1), "{said}");
    assert!(said.contains("it is still running"), "{said}");
}

/// The limit holds from the start of the run, so the time in which the grader listens counts.
#[test]
fn checks_after_the_time_limit_are_undecided() {
    let late = format!("sleep 1.5; exec {}", mutants::line(None));
    let checks = ["--check", "START-1", "--check", "LOGIN-1", "--check", "LOGIN-2"];
    let (verdicts, code, said) =
        grade(&[&["--server", &late, "--limit", "1"][..], &checks].concat());
    assert_eq!(those(&verdicts, "undecided"), ["LOGIN-1", "LOGIN-2", "START-1"], "{said}");
    assert_eq!(code, 3);
    assert!(said.contains("the run has taken longer than 1 s"), "{said}");
}

#[test]
fn a_server_is_killed_at_the_time_limit_of_a_check() {
    let never = "sleep 1000";
    let (_, code, said) =
        grade(&["--server", never, "--port", "9998", "--check-limit", "1", "--check", "START-1"]);
    assert!(code == 1 && said.contains("ran for more than 1 s, so grade stopped it"), "{said}");
}

#[test]
fn wrong_arguments_are_refused_in_one_line() {
    for (arguments, want) in [
        (["--check", "LOGIN-99"], "there is no check \"LOGIN-99\""),
        (
            ["--dialect", "klingon"],
            "no dialect is called \"klingon\"; there is: json, ktn14, ktn15",
        ),
        (["--from", "/there/is/no/such"], "/there/is/no/such is not a folder"),
        (["--rubric", "/there/is/no/such"], "/there/is/no/such: "),
    ] {
        let mut grade = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin!("grade"));
        let refused = grade.args(arguments).assert().code(2).stdout("");
        let said = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
        assert!(said.starts_with("grade: ") && said.contains(want), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}
