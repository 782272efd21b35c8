//! Servers that always use the same port, and the warning of runs without isolation.

use std::path::Path;
use std::process::Command;

use super::batch::{Course, server};
use super::{grade, mutants};

/// A course whose servers all listen on one port.
fn course(config: &str) -> Course {
    let course = Course::new(&format!("port = 39817\nsubmissions = 2\n{config}"));
    let text = course.read("grade.toml").replace("sh run.sh {port}", "sh run.sh");
    course.write("grade.toml", &text);
    for name in ["ada", "grace"] {
        course.hand_in(name, &server(None).replace("$1", "39817"));
    }
    course
}

fn gets_full_marks(course: &Course) {
    let (rows, output) = course.grade(&[]);
    let all = "graded,6,6,3,0,0,0,passed,passed,passed";
    assert_eq!(rows[1..], [format!("ada,{all}"), format!("grace,{all}")], "{output:?}");
}

#[test]
fn servers_with_one_port_are_graded_in_parallel() {
    gets_full_marks(&course(""));
}

#[test]
#[ignore = "slow"]
fn without_isolation_they_are_graded_one_at_a_time() {
    gets_full_marks(&course("isolation = false"));
}

#[test]
fn a_command_without_a_port_is_refused_with_advice() {
    let mut grade = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin!("grade"));
    let refused = grade.args(["--server", "python3 server.py"]).assert().code(2).stdout("");
    let said = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(said.contains("has no {port}") && said.contains("--port 9998"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    let course = Course::new("");
    let text = course.read("grade.toml").replace("sh run.sh {port}", "sh run.sh");
    course.write("grade.toml", &text);
    course.hand_in("ada", "");
    let (rows, output) = course.grade(&[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), rows.len()), (Some(2), 0), "{said}");
    assert!(said.contains("grade.toml") && said.contains("has no {port}"), "{said}");
}

#[test]
fn the_given_port_stands_for_the_placeholder() {
    let line = mutants::line(None);
    let (verdicts, code, said) =
        grade(&["--server", &line, "--port", "39818", "--check", "LOGIN-1"]);
    assert_eq!((verdicts["LOGIN-1"].as_str(), code), ("passed", 0), "{said}");
}

#[test]
fn without_isolation_every_report_warns() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("reports");
    let mut grade = Command::new(assert_cmd::cargo::cargo_bin!("grade"));
    grade.args(["--no-isolation", "--server", "exit 3; : {port}", "--check", "START-1"]);
    grade.arg("--report").arg(&report).current_dir(folder.path());
    let output = grade.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.starts_with("grade: NOT ISOLATED: "), "{said}");
    let warns = |file: &str| {
        let text = std::fs::read_to_string(Path::new(&report).join(file)).unwrap();
        assert!(text.contains("NOT ISOLATED"), "{file}: {text}");
    };
    for file in ["report.txt", "report.html", "results.json", "junit.xml", "ctrf-report.json"] {
        warns(file);
    }
    warns("results.tap");
}
