//! End-to-end tests of the tool, on small workspaces and on the reference.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

use assert_cmd::Command;
use predicates::str::contains;

fn course() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin!("course"))
}

#[test]
fn a_folder_without_labs_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    course()
        .current_dir(folder.path())
        .assert()
        .code(2)
        .stderr(contains("there is no workspace with handout/labs in "));
}
