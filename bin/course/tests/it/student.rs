//! The way of a student through a starter.

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use super::grading::build_grade;
use super::mini::{Mini, SOLVED, TESTING};

#[test]
#[ignore = "slow"]
fn a_student_solves_a_lab() {
    let mini = Mini::new();
    let starter = mini.starter(&["--lab", "2"]);
    // Where am I?
    starter
        .course(&[])
        .assert()
        .code(1)
        .stdout(contains("> now   2  Adding"))
        .stdout(contains("FAILED   ADD-1        60  unit    One more than one is two"))
        .stdout(contains("not yet implemented: lab 2: add"))
        .stdout(contains("The page: handout/labs/02-adding/README.md"));
    // Code that does not compile is shown with its error.
    let hole = starter.read("net/src/lib.rs");
    starter.write("net/src/lib.rs", &hole.replace("todo!(\"lab 2: add\")", "a +"));
    starter.course(&["check"]).assert().code(1).stdout(contains("it does not build:"));
    // A wrong body fails with what was expected.
    starter.write("net/src/lib.rs", &hole.replace("todo!(\"lab 2: add\")", "a"));
    starter.course(&["check", "2"]).assert().code(1).stdout(contains("left: 1"));
    // The right one passes.
    starter.write("net/src/lib.rs", &hole.replace("todo!(\"lab 2: add\")", "a + 1"));
    starter.course(&["check", "2"]).assert().success().stdout(contains("100 of 100 points"));
    starter
        .course(&[])
        .assert()
        .success()
        .stdout(contains("All labs passed when they were last checked"));
    // A change after that makes the lab the current one again.
    let solved = starter.read("net/src/lib.rs");
    starter.write("net/src/lib.rs", &solved.replace("a + 1", "a + 3"));
    starter.course(&[]).assert().code(1).stdout(contains("> now   2  Adding"));
    starter.write("net/src/lib.rs", &solved);
    starter.course(&[]).assert().success().stdout(contains("This lab is done."));
    // What is handed in.
    starter
        .course(&["submit"])
        .assert()
        .success()
        .stdout(contains("submission.tar with ").and(contains(" files and the report")));
    let mut archive =
        tar::Archive::new(std::fs::File::open(starter.root.join("submission.tar")).unwrap());
    let names: Vec<String> = archive
        .entries()
        .unwrap()
        .map(|entry| entry.unwrap().path().unwrap().to_string_lossy().into_owned())
        .collect();
    for name in ["course.toml", "net/src/lib.rs", "report.txt"] {
        assert!(names.iter().any(|it| it == name), "{name} is not in {names:?}");
    }
    // Once more from the start.
    starter.course(&["reset", "2"]).assert().success().stdout(contains("lib.rs.attempt-1"));
    assert_eq!(starter.read("net/src/lib.rs"), hole);
    assert!(starter.read("net/src/lib.rs.attempt-1").contains("a + 1"));
    starter.course(&["reset", "2"]).assert().success().stdout(contains("has empty holes already"));
    // The attempt is moved back. It is older than the last build.
    starter.course(&["check", "2"]).assert().code(1);
    std::fs::rename(
        starter.root.join("net/src/lib.rs.attempt-1"),
        starter.root.join("net/src/lib.rs"),
    )
    .unwrap();
    starter.course(&["check", "2"]).assert().success();
    starter.course(&["reset", "2"]).assert().success();
    // A file that is no code any more comes back from the first commit.
    starter.write("net/src/lib.rs", "fn {");
    starter.course(&["reset", "2"]).assert().success().stdout(contains("lib.rs.attempt-2"));
    assert_eq!(starter.read("net/src/lib.rs"), hole);
}

#[test]
fn hints_are_revealed_one_by_one() {
    let starter = Mini::new().starter(&["--lab", "2"]);
    let hint = || starter.course(&["hint"]).assert().success();
    hint().stdout(contains("Hint 1 of 3: Think.").and(contains("of plus").not()));
    hint().stdout(contains("Hint 2 of 3: Think of plus.").and(contains("Add 1").not()));
    hint().stdout(contains("Hint 3 of 3: Add 1.").and(contains("no more").not()));
    hint().stdout(contains("There are no more hints."));
}

#[test]
fn answers_are_checked_without_being_shown() {
    let starter = Mini::new().starter(&["--lab", "1"]);
    let check = || starter.course(&["check", "1"]).assert();
    check().code(1).stdout(contains("letter has no answer yet"));
    starter.write("answers.toml", "letter = \"b\"");
    check().code(1).stdout(contains("letter is not \"b\""));
    starter.write("answers.toml", "letter =");
    check().code(1).stdout(contains("answers.toml: TOML parse error"));
    starter.write("answers.toml", "letter = \" A \"");
    check().success();
}

/// A test that finds a server that does not send messages to their senders.
const ECHO: &str = "ignore {\"response\":\"join\",…}
alice > {\"request\":\"login\",\"username\":\"alice\"}
alice < {\"response\":\"login\",\"username\":\"alice\",…}
alice > {\"request\":\"message\",\"message\":\"x\"}
alice < {\"response\":\"message\",\"message\":\"x\",…}
";

#[test]
#[ignore = "slow"]
fn transcripts_are_judged_by_a_grade_with_servers() {
    build_grade();
    let mini = Mini::new();
    mini.write("handout/labs/00-testing/lab.toml", TESTING);
    let starter = mini.starter(&["--lab", "0"]);
    let check = || starter.course(&["check", "0"]).assert();
    check().code(1).stdout(contains("there is no folder transcripts yet"));
    let exact = ECHO.replace("\"message\":\"x\",…}", "\"id\":1,\"message\":\"x\",…}");
    starter.write("transcripts/echo.chat", &exact);
    check()
        .code(1)
        .stdout(contains("1 of 1 are invalid:"))
        .stdout(contains("allows it: choose ids"))
        .stdout(contains("no valid test fails on the server that breaks this"));
    starter.write("transcripts/echo.chat", "alice {}\n");
    check().code(1).stdout(contains("echo.chat:1:7: expected an arrow"));
    starter.write("transcripts/echo.chat", ECHO);
    check().success().stdout(contains("passed   TEST-2       60  suite   A message comes back"));
    // It is handed in, and graded.
    starter.course(&["submit"]).assert().success();
    let submission = starter.root.join("submission.tar");
    let submission = submission.to_str().unwrap();
    let graded = mini.course(&["grade", submission, "--lab", "0", "--no-isolation"]).assert();
    graded.success().stdout(contains("total: 100 of 100 points"));
}

/// Copies a program. Another process does, because a process that another test starts at this moment
/// inherits what this one has open, and the system runs no program that is open for writing.
fn install(program: &std::path::Path, to: &std::path::Path) {
    let status = std::process::Command::new("install").args([program, to]).status().unwrap();
    assert!(status.success(), "{status}");
}

#[test]
fn without_a_grade_with_servers_a_lab_of_transcripts_is_unclear() {
    let mini = Mini::new();
    mini.write("handout/labs/00-testing/lab.toml", TESTING);
    let starter = mini.starter(&["--lab", "0"]);
    starter.write("transcripts/echo.chat", ECHO);
    // The tool alone in a folder, as if nothing else was built.
    let folder = tempfile::tempdir().unwrap();
    let alone = folder.path().join("course");
    install(assert_cmd::cargo::cargo_bin!("course").as_ref(), &alone);
    let check = |path: &std::path::Path| {
        let mut command = assert_cmd::Command::new(&alone);
        command.args(["check", "0"]).current_dir(&starter.root).env("PATH", path);
        command.assert().code(1).stdout(contains("unclear  TEST-1"))
    };
    check(folder.path()).stdout(contains("put the grade of a release into the PATH"));
    // A grade without servers says why.
    let bin = folder.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let script = folder.path().join("script");
    std::fs::write(&script, "#!/bin/sh\necho 'grade: no servers here' >&2\nexit 3\n").unwrap();
    install(&script, &bin.join("grade"));
    check(&bin).stdout(contains("bin/grade: no servers here"));
}

#[test]
#[ignore = "slow"]
fn the_reference_passes_its_own_checks() {
    let mini = Mini::new();
    assert!(SOLVED.contains("secret_of_the_body"));
    mini.course(&["check", "2"]).assert().success().stdout(contains("100 of 100 points"));
}
