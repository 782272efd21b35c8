//! Submissions that attack the grader, its reports, or other submissions. In a sandbox, each of them
//! gets the points of a program that is no server, and nothing else changes.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use super::batch::{Course, server};
use super::mutants;

const DEADLINE: Duration = Duration::from_secs(120);

/// Returns whether this machine allows sandboxes; otherwise says that a test is skipped.
pub(super) fn is_isolated() -> bool {
    let folder = tempfile::tempdir().unwrap();
    let mut grade = Command::new(assert_cmd::cargo::cargo_bin!("grade"));
    grade.args(["isolate", "--from"]).arg(folder.path()).args(["--", "true"]);
    let output = grade.output().unwrap();
    let said = text(&output.stderr);
    let is_isolated = !said.starts_with("grade: not isolated: ");
    assert_eq!(output.status.success(), is_isolated, "{output:?}");
    if !is_isolated {
        eprintln!("skipped: {said}");
    }
    is_isolated
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn grade(arguments: &[&str], from: &Path) -> Output {
    let mut grade = Command::new(assert_cmd::cargo::cargo_bin!("grade"));
    grade.args(arguments).arg("--from").arg(from).output().unwrap()
}

/// A submission with this script.
fn submission(script: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("run.sh"), script).unwrap();
    folder
}

/// Grades a script with the check of its start. Returns the text report, which shows its output.
fn start_report(script: &str, options: &[&str]) -> String {
    let (from, report) = (submission(script), tempfile::tempdir().unwrap());
    let report = report.path().join("reports");
    let arguments = ["--server", "sh run.sh {port}", "--check", "START-1", "--start", "3"];
    let place = ["--report", report.to_str().unwrap()];
    let output = grade(&[&arguments[..], &place, options].concat(), from.path());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let results = fs::read_to_string(report.join("results.json")).unwrap();
    assert!(results.contains("\"score\": 0.0"), "{results}");
    fs::read_to_string(report.join("report.txt")).unwrap()
}

/// Shell commands that do this to every process that can be seen, except the script itself.
fn to_all_processes(act: &str) -> String {
    format!(
        "for it in /proc/[0-9]*; do id=${{it#/proc/}}; [ $id = $$ ] || {act} 2>/dev/null; done\n"
    )
}

#[test]
fn a_program_finds_neither_the_reports_nor_the_grader() {
    if !is_isolated() {
        return;
    }
    let script = "for it in /proc/[0-9]*; do
            folder=$(tr '\\0' '\\n' <$it/cmdline | grep -A1 -x -e --report | tail -1)
            [ -n \"$folder\" ] || continue
            echo \"found $folder\"
            echo '{\"score\": 100.0}' >\"$folder/results.json\"
            kill -9 ${it#/proc/}
        done
        echo looked; sleep 1000";
    let report = start_report(script, &[]);
    assert!(report.contains("looked") && !report.contains("found"), "{report}");
}

#[test]
#[ignore = "slow"]
fn a_program_cannot_end_the_server_of_another_student() {
    if !is_isolated() {
        return;
    }
    let course = Course::new("submissions = 2\nstart = 2");
    let all = to_all_processes("kill -9 $id");
    // Again and again, a hundred times a second.
    course.hand_in("evil", &format!("while :; do {all} sleep 0.01; done"));
    course.hand_in("honest", &server(None));
    honest_gets_all(&course);
}

/// Grades both submissions of a course: the honest one gets all points, and the evil one none.
fn honest_gets_all(course: &Course) {
    let (rows, output) = course.grade(&[]);
    assert!(rows[1].starts_with("evil,graded,0,6,"), "{rows:?} {output:?}");
    let want = "honest,graded,6,6,3,0,0,0,passed,passed,passed";
    assert_eq!(rows[2], want, "{output:?}\n{}", course.read("reports/honest/report.txt"));
}

#[test]
#[ignore = "slow"]
fn a_program_cannot_run_the_server_of_another_student() {
    if !is_isolated() {
        return;
    }
    let course = Course::new("submissions = 2\nstart = 2");
    course.hand_in("honest", &server(None));
    let elsewhere = course.path("submissions/honest/run.sh");
    // By a relative path, by an absolute one, and through a link.
    let script = format!(
        "for it in ../honest/run.sh '{}' link; do [ -e $it ] && exec sh $it $1; done; echo none",
        elsewhere.display()
    );
    course.hand_in("evil", &script);
    std::os::unix::fs::symlink("../honest/run.sh", course.path("submissions/evil/link")).unwrap();
    honest_gets_all(&course);
    assert!(course.read("reports/evil/report.txt").contains("none"));
    // Beside the grader, it gets all points.
    course.write("grade.toml", &(course.read("grade.toml") + "\nisolation = false"));
    let (rows, output) = course.grade(&[]);
    assert!(rows[1].starts_with("evil,graded,6,6,"), "{rows:?} {output:?}");
}

#[test]
fn a_program_cannot_stop_the_grader() {
    if !is_isolated() {
        return;
    }
    let script = to_all_processes("kill -STOP $id") + "kill -STOP 1 $PPID; echo tried; sleep 1000";
    let report = start_report(&script, &[]);
    assert!(report.contains("tried"), "{report}");
}

#[test]
#[ignore = "slow"]
fn a_program_that_forks_without_end_costs_its_neighbour_nothing() {
    if !is_isolated() {
        return;
    }
    let course = Course::new("submissions = 2\nstart = 10");
    // Each process is in a session of its own, and starts more.
    course.hand_in("evil", "setsid sh run.sh & setsid sh run.sh & wait");
    course.hand_in("honest", &server(None));
    honest_gets_all(&course);
    // Either the system has refused more processes, or the grader has counted too many.
    let report = course.read("reports/evil/report.txt");
    assert!(report.contains("fork") || report.contains("processes at the same time"), "{report}");
}

/// The system keeps to this limit however fast a program forks.
#[test]
fn the_system_limits_the_processes_and_threads_of_a_program() {
    if !is_isolated() {
        return;
    }
    let report = start_report("grep 'Max processes' /proc/self/limits", &[]);
    let limit = report.split("Max processes").nth(1).unwrap();
    let limit: u64 = limit.split_whitespace().next().unwrap().parse().unwrap();
    assert!((65..1000).contains(&limit), "{report}");
}

#[test]
fn a_program_finds_no_secret_of_the_teacher() {
    if !is_isolated() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join(".netrc"), "password geheim").unwrap();
    let script = format!(
        "env; cat ~/.netrc '{0}/.netrc' /proc/1/environ /proc/$PPID/environ; ls -a '{0}'; echo end",
        home.path().display()
    );
    let from = submission(&script);
    let look = |options: &[&str]| {
        let mut grade = Command::new(assert_cmd::cargo::cargo_bin!("grade"));
        grade.args(["--server", "sh run.sh {port}", "--check", "START-1", "--from"]);
        grade.arg(from.path()).args(options);
        grade.env("HOME", home.path()).env("GITHUB_TOKEN", "secret-token");
        text(&grade.output().unwrap().stdout)
    };
    let said = look(&[]);
    assert!(said.contains("end"), "{said}");
    assert!(!said.contains("secret-token") && !said.contains("geheim"), "{said}");
    // Beside the grader, it finds both.
    let said = look(&["--no-isolation"]);
    assert!(said.contains("geheim"), "{said}");
}

/// Returns whether a process has this word in its command line.
pub(super) fn runs(word: &str) -> bool {
    let all = fs::read_dir("/proc").unwrap().flatten();
    let mut lines = all.filter_map(|it| fs::read(it.path().join("cmdline")).ok());
    lines.any(|line| line.split(|byte| *byte == 0).any(|it| it == word.as_bytes()))
}

/// A command that leaves a daemon behind, which sleeps for this many seconds.
pub(super) fn leaves_daemon(seconds: &str) -> String {
    format!("setsid sh -c '(cd /; setsid sleep {seconds} >/dev/null 2>&1 &)'")
}

#[test]
fn no_process_outlives_its_check() {
    if !is_isolated() {
        return;
    }
    let seconds = format!("1{:09}", std::process::id());
    let line = format!("{}; exec {}", leaves_daemon(&seconds), mutants::line(None));
    let arguments = ["--server", &line, "--check", "LOGIN-1"];
    let output = grade(&arguments, submission("").path());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(!runs(&seconds));
}

#[test]
fn no_process_outlives_a_killed_grader() {
    if !is_isolated() {
        return;
    }
    let seconds = format!("2{:09}", std::process::id());
    let line = format!("{}; sleep 1000; : {{port}}", leaves_daemon(&seconds));
    let mut grade = Command::new(assert_cmd::cargo::cargo_bin!("grade"));
    let from = submission("");
    grade.args(["--server", &line, "--start", "600", "--from"]).arg(from.path());
    let mut grade = grade.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    harness::wait_until("the daemon runs", DEADLINE, || runs(&seconds));
    grade.kill().unwrap();
    grade.wait().unwrap();
    harness::wait_until("the daemon ends", DEADLINE, || !runs(&seconds));
}
