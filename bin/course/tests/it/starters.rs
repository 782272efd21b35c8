//! The contents of starters, and the files that they must not contain.

use std::fs;
use std::path::Path;

use predicates::str::contains;

use super::mini::{Mini, course};

#[test]
fn a_starter_has_holes_and_no_solutions() {
    let mini = Mini::new();
    let starter = mini.starter(&["--lab", "2"]);
    let code = starter.read("net/src/lib.rs");
    assert!(
        code.contains("/// Adds one.\npub fn add(a: u32) -> u32 {\n    todo!(\"lab 2: add\")\n}")
    );
    assert!(code.contains("a * 2") && code.contains("fn adding_much"), "{code}");
    assert!(code.starts_with("//! Numbers.\n\n#![allow("), "{code}");
    for path in ["handout/teachers", "bin/course/wrong", "bin/grade/mutants", "tests/it/tidy.rs"] {
        assert!(!starter.has(path), "{path}");
    }
    assert!(!starter.has("notes.txt"));
    assert!(!starter.read("tests/it/main.rs").contains("tidy"));
    assert!(!starter.read("bin/grade/Cargo.toml").contains("mutant"));
    assert_eq!(starter.read("README.md"), "# Begin with lab 2\n");
    assert_eq!(starter.read("course.toml"), "labs = [2]\n");
    assert!(starter.read(".cargo/config.toml").contains("course = "));
    let log = std::process::Command::new("git")
        .args(["log", "--format=%s", "--stat"])
        .current_dir(&starter.root)
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&log.stdout).into_owned();
    assert!(log.starts_with("The starter\n") && log.contains("net/src/lib.rs"), "{log}");
    assert_eq!(log.matches("The starter").count(), 1, "{log}");
}

/// Otherwise the code of a student cannot be compiled.
#[test]
#[ignore = "slow"]
fn the_code_of_a_starter_includes_only_files_that_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("starter");
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    course(&workspace, &["starter", root.to_str().unwrap()]).assert().success();
    let mut folders = vec![root];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let code = fs::read_to_string(&path).unwrap();
                for (before, line) in code.lines().zip(code.lines().skip(1)) {
                    let Some((_, rest)) = line.split_once("= include_str!(\"") else { continue };
                    // A starter has no mutants.
                    if before != "#[cfg(feature = \"mutants\")]" {
                        let included = rest.split('"').next().unwrap();
                        assert!(
                            folder.join(included).exists(),
                            "{} includes {included}",
                            path.display()
                        );
                        count += 1;
                    }
                }
            }
        }
    }
    assert!(count > 10, "{count} files are included");
}

#[test]
#[ignore = "slow"]
fn labs_before_a_lab_are_filled() {
    let mini = Mini::new();
    let all = mini.starter(&[]);
    assert_eq!(all.read("course.toml"), "labs = [1, 2]\n");
    assert!(all.has("answers.toml"));
    let from_two = mini.starter(&["--upto", "2"]);
    assert_eq!(from_two.read("course.toml"), "labs = [2]\n");
}

#[test]
fn a_starter_in_python_is_a_repository_of_its_own() {
    let starter = Mini::new().starter(&["--python"]);
    assert!(starter.read("server.py").contains("lab 2"));
    assert!(starter.has("handout/protocol.md") && starter.has("handout/transcripts.md"));
    assert!(starter.has(".git"));
    assert!(!starter.has("__pycache__") && !starter.has("net"));
}

#[test]
fn wrong_usage_is_named() {
    let mini = Mini::new();
    let folder = mini.root().to_str().unwrap();
    for (arguments, error) in [
        (&["starter", folder][..], "exists and is not an empty folder"),
        (&["starter", "/tmp/x", "--lab", "7"], "there is no lab 7; the course has labs 1, 2"),
        (&["starter", "/tmp/x", "--upto", "7"], "there is no lab 7"),
        (&["check", "9"], "there is no lab 9"),
        (&["reset", "2"], "this is the reference, which has no holes"),
    ] {
        mini.course(arguments).assert().code(2).stderr(contains(error));
    }
    let starter = mini.starter(&["--lab", "2"]);
    starter.course(&["starter", "x"]).assert().code(2).stderr(contains("this is a starter"));
    starter.course(&["reset", "1"]).assert().code(2).stderr(contains("lab 1 has no holes"));
    let empty = tempfile::tempdir().unwrap();
    let none = course(empty.path(), &[]).assert().code(2);
    none.stderr(contains("there is no workspace with handout/labs in "));
}

#[test]
fn a_mistake_in_a_lab_is_named() {
    let mini = Mini::new();
    let path = "handout/labs/02-adding/lab.toml";
    let good = std::fs::read_to_string(mini.root().join(path)).unwrap();
    for (old, new, error) in [
        ("points = 40", "points = 41", "the points add up to 101, not to 100"),
        ("\"ADD-2\"", "\"ADD-1\"", "there are two checks with the id ADD-1"),
        ("[\"add\"]", "[\"sub\"]", "there is no function sub; there are add, double"),
        ("unit = ", "story = \"x\"\nunit = ", "ADD-1: a check has either unit, story, wire"),
        ("goal = ", "gaol = ", "unknown field `gaol`"),
    ] {
        mini.write(path, &good.replacen(old, new, 1));
        let to = mini.root().join("to");
        let starter = mini.course(&["starter", to.to_str().unwrap()]).assert().code(2);
        starter.stderr(contains(error));
        assert!(!to.exists());
    }
}
