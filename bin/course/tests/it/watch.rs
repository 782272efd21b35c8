//! Checking at each save.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use super::mini::Mini;

const DEADLINE: Duration = Duration::from_secs(120);

/// A watch that runs, and the lines that it writes. It ends with this value.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn until(&self, text: &str) {
        let mut said = String::new();
        while !said.contains(text) {
            let line = self.lines.recv_timeout(DEADLINE);
            said += &line.unwrap_or_else(|error| panic!("{text}: {error} after\n{said}"));
            said.push('\n');
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "slow"]
fn a_saved_file_is_checked_again() {
    let starter = Mini::new().starter(&["--lab", "2"]);
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("course"));
    command.arg("watch").current_dir(&starter.root).env_remove("CARGO_TARGET_DIR");
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let (sender, lines) = mpsc::sync_channel(1000);
    thread::spawn(move || {
        for line in stdout.lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    let watch = Watch { child, lines };
    watch.until("0 of 100 points");
    watch.until("waiting for a change");
    let hole = starter.read("net/src/lib.rs");
    starter.write("net/src/lib.rs", &hole.replace("todo!(\"lab 2: add\")", "a + 1"));
    watch.until("100 of 100 points, ");
    watch.until("waiting for a change");
}
