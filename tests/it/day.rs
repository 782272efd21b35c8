//! A day of chat in real terminals, with a server that is restarted, killed and suspended.

use std::path::Path;
use std::process::Command;

#[test]
#[ignore = "slow"]
fn every_client_shows_every_message_of_a_day_once_and_in_order() {
    let python = harness::python("sys");
    let Some(python) = python.filter(|_| Command::new("tmux").arg("-V").output().is_ok()) else {
        return harness::skipped("this machine has no tmux or no python3");
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/day.py");
    let programs = Path::new(env!("CARGO_BIN_EXE_client")).parent().unwrap();
    let day =
        Command::new(python).arg(script).args(["--short", "--bin"]).arg(programs).output().unwrap();
    let said = String::from_utf8_lossy(&day.stdout) + String::from_utf8_lossy(&day.stderr);
    assert!(day.status.success(), "{said}");
}
