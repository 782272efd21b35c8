//! A short storm: servers and Redis are killed and stopped while clients talk.

use std::path::Path;
use std::process::Command;

#[test]
fn the_checker_of_the_storm_names_each_broken_promise() {
    if Command::new("python3").arg("--version").output().is_err() {
        return harness::skipped("this machine has no python3");
    }
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/storm/test_checker.py");
    let ran = Command::new("python3").arg("-B").arg(tests).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success() && said.contains("OK"), "{said}");
}

#[test]
#[ignore = "slow"]
fn a_storm_loses_and_doubles_nothing_and_leaves_no_ghost() {
    let has = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if !has("redis-server") || !has("python3") {
        return harness::skipped("this machine has no redis-server or no python3");
    }
    let storm = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/storm");
    let programs = Path::new(env!("CARGO_BIN_EXE_server")).parent().unwrap();
    let mut command = Command::new("python3");
    command.arg("-B").arg(storm).args(["--short", "--bin"]).arg(programs);
    let storm = command.output().unwrap();
    let said = String::from_utf8_lossy(&storm.stdout) + String::from_utf8_lossy(&storm.stderr);
    assert!(storm.status.success(), "{said}");
    assert!(said.contains("all promises were kept"), "{said}");
    println!("{said}");
}
