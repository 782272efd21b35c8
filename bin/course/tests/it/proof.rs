//! The proof of labs.

use predicates::str::contains;

use super::mini::Mini;

#[test]
#[ignore = "slow"]
fn a_lab_is_proven_with_holes_the_reference_and_wrong_solutions() {
    let mini = Mini::new();
    mini.course(&["prove", "--lab", "2", "--write"])
        .assert()
        .success()
        .stdout(contains("the reference: 0 of 2 fail, as expected"))
        .stdout(contains("the starter: 2 of 2 fail, as expected"))
        .stdout(contains("two: 2 of 2 fail, as expected"));
    let table = std::fs::read_to_string(mini.root().join("handout/teachers/matrix/02-adding.md"));
    assert!(table.unwrap().contains("| two | F | F |"));
    // A prediction that is not true, and a wrong solution that nothing catches.
    let wrong = "bin/course/wrong/02-adding/two.rs";
    mini.write(
        wrong,
        "//! Adds two.\n//!\n//! Fails: ADD-1\n\nfn add(a: u32) -> u32 {\n    a + 2\n}\n",
    );
    mini.course(&["prove", "--lab", "2", "--wrong", "two"])
        .assert()
        .code(1)
        .stdout(contains("two: 2 of 2 fail, NOT as expected"))
        .stdout(contains("ADD-2 failed: "));
    mini.write(wrong, "//! Adds two.\n//!\n//! Fails: ADD-7\n\nfn add(a: u32) -> u32 { 2 }\n");
    let prove = mini.course(&["prove", "--lab", "2", "--wrong", "two"]).assert().code(2);
    prove.stderr(contains("lab 2 has no check ADD-7"));
}

#[test]
fn a_second_proof_in_a_workspace_is_refused() {
    let mini = Mini::new();
    let folder = mini.root().join("target/course");
    std::fs::create_dir_all(&folder).unwrap();
    let lock = std::fs::File::create(folder.join("prove.lock")).unwrap();
    lock.lock().unwrap();
    let prove = mini.course(&["prove", "--lab", "2"]).assert().code(2);
    prove.stderr(contains("another `course prove` or `course mutants` is running"));
}
