//! The way of a student through a starter.

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use super::mini::{Mini, SOLVED};

#[test]
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

#[test]
fn the_reference_passes_its_own_checks() {
    let mini = Mini::new();
    assert!(SOLVED.contains("secret_of_the_body"));
    mini.course(&["check", "2"]).assert().success().stdout(contains("100 of 100 points"));
}
