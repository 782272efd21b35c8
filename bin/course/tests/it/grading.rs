//! The grading of submissions.

use std::fs;
use std::path::Path;

use predicates::str::contains;

use super::mini::{Mini, SOLVED};

/// Builds `grade`, which the tool finds beside itself.
pub(crate) fn build_grade() {
    harness::program("grade");
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
#[ignore = "slow"]
fn a_class_is_graded_with_our_layers_and_our_tests() {
    build_grade();
    let mini = Mini::new();
    let class = tempfile::tempdir().unwrap();
    let of = |name: &str| class.path().join(name).join("net/src/lib.rs");
    write(&of("ada"), SOLVED);
    // Tests that say yes to everything do not count.
    let wrong = SOLVED.replace("secret_of_the_body + 1", "secret_of_the_body + 2");
    write(&of("bob"), &wrong.replace("assert_eq!(add(1), 2)", "assert!(true)"));
    write(&of("eve"), "pub fn add(a: u32) -> u32 {");
    write(&class.path().join("ada/answers.toml"), "letter = 'a'");
    let reports = class.path().join("out");
    let from = class.path().to_str().unwrap();
    let arguments = ["batch", from, "--report", reports.to_str().unwrap(), "--no-isolation"];
    mini.course(&arguments)
        .assert()
        .success()
        .stdout(contains("ada: 200 points"))
        .stdout(contains("bob: 0 points"))
        .stdout(contains("eve: 0 points"));
    let sheet = fs::read_to_string(reports.join("points.csv")).unwrap();
    assert_eq!(
        sheet,
        "submission,points,lab 1,lab 2,note\nada,200,100,100,\nbob,0,0,0,\neve,0,0,0,\n"
    );
    let report = |name: &str| fs::read_to_string(reports.join(name).join("report.txt")).unwrap();
    assert!(report("ada").contains("Your net works with our other layers and with yours."));
    let bob = report("bob");
    assert!(bob.contains("FAILED   ADD-1") && bob.contains("left: 3"), "{bob}");
    assert!(bob.contains("so a mistake is in your net."), "{bob}");
    assert!(report("eve").contains("it does not build:"), "{}", report("eve"));
    let results = fs::read_to_string(reports.join("bob/results.json")).unwrap();
    assert!(results.contains("\"verdict\": \"failed\""), "{results}");
}

#[test]
#[ignore = "slow"]
fn a_build_of_a_submission_is_isolated() {
    build_grade();
    let mini = Mini::new();
    let folder = tempfile::tempdir().unwrap();
    let prize = folder.path().join("prize");
    let attack = format!(
        "pub fn add(a: u32) -> u32 {{ let _ = std::fs::write({:?}, \"\"); a + 1 }}\n",
        prize.to_str().unwrap()
    );
    write(&folder.path().join("eve/net/src/lib.rs"), &attack);
    let eve = folder.path().join("eve");
    let graded = mini.course(&["grade", eve.to_str().unwrap(), "--lab", "2"]).output().unwrap();
    let said = String::from_utf8_lossy(&graded.stdout);
    if said.contains("not isolated") {
        eprintln!("skipped: this machine allows no sandboxes");
        return;
    }
    assert!(said.contains("100 of 100 points"), "{graded:?}");
    assert!(!prize.exists(), "code of a submission has written outside");
}

#[test]
fn a_folder_without_submissions_is_an_error() {
    build_grade();
    let empty = tempfile::tempdir().unwrap();
    let batch = Mini::new().course(&["batch", empty.path().to_str().unwrap()]).assert().code(2);
    batch.stderr(contains("has no folders and no .tar files"));
}
