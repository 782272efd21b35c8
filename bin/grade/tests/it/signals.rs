//! Signals: a signal that ends the grader also ends the programs of the submission and removes
//! their folders. A signal that stops the grader stops the programs, too.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use super::mutants;

/// A run of the grader whose processes and folders can be recognized.
struct Run {
    temporary: tempfile::TempDir,
    submission: tempfile::TempDir,
}

impl Run {
    fn new() -> Run {
        let folder = || tempfile::tempdir().unwrap();
        Run { temporary: folder(), submission: folder() }
    }

    /// Starts the grader on this server. `before` are shell commands to run first.
    fn start(&self, before: &str, server: &str, options: &[&str]) -> Child {
        let named_port = format!(": {{port}}; {server}");
        let server = if server.contains("{port}") { server } else { &named_port };
        let mut grade = Command::new("sh");
        grade.args(["-c", &format!("{before} exec \"$0\" \"$@\"")]);
        grade.arg(assert_cmd::cargo::cargo_bin!("grade")).args(["--server", server]);
        grade.args(["--check", "LOGIN-1", "--seed", "7f3a"]).args(options);
        // The servers send signals to the grader, which a sandbox does not let them do.
        grade.arg("--no-isolation");
        grade.env("TMPDIR", self.temporary.path()).current_dir(self.submission.path());
        grade.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn output(&self, before: &str, server: &str) -> Output {
        self.start(before, server, &[]).wait_with_output().unwrap()
    }

    /// The contents of `/proc/N/stat` of each process of this run.
    fn processes(&self) -> Vec<String> {
        let mark = format!("TMPDIR={}", self.temporary.path().display());
        let has_mark = |folder: &Path| {
            let environment = fs::read(folder.join("environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|it| it == mark.as_bytes())
        };
        let folders = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        let ours = folders.filter(|folder| has_mark(folder));
        ours.filter_map(|folder| fs::read_to_string(folder.join("stat")).ok()).collect()
    }

    fn leaves_nothing(&self) {
        let left = self.processes();
        assert!(left.is_empty(), "{left:#?}");
        let left: Vec<_> = fs::read_dir(self.temporary.path()).unwrap().flatten().collect();
        assert!(left.is_empty(), "{left:#?}");
    }
}

/// Waits until the condition holds.
fn wait_until(what: &str, holds: impl Fn() -> bool) {
    harness::wait_until(what, Duration::from_secs(120), holds);
}

#[test]
#[ignore = "slow"]
fn a_signal_that_ends_the_grader_leaves_no_process_and_no_folder() {
    std::thread::scope(|scope| {
        for signal in ["HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "ALRM", "XCPU"] {
            scope.spawn(move || {
                let run = Run::new();
                // The grader is the parent of the server.
                let server =
                    format!("setsid sleep 1000 & touch file; kill -{signal} $PPID; sleep 1000");
                let output = run.output("", &server);
                assert_eq!(output.status.code(), Some(130), "{signal}: {output:?}");
                run.leaves_nothing();
            });
        }
    });
}

#[test]
#[ignore = "slow"]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    for signal in ["HUP", "INT", "QUIT"] {
        let run = Run::new();
        let server = format!("kill -{signal} $PPID; exec {}", mutants::line(None));
        let output = run.output(&format!("trap '' {signal};"), &server);
        assert_eq!(output.status.code(), Some(0), "{signal}: {output:?}");
        run.leaves_nothing();
    }
}

#[test]
#[ignore = "slow"]
fn a_report_past_the_largest_file_does_not_end_the_grader() {
    let run = Run::new();
    let reports = tempfile::tempdir().unwrap();
    let options = ["--report", reports.path().to_str().unwrap()];
    let server = format!("exec {}", mutants::line(None));
    let output = run.start("ulimit -f 0;", &server, &options).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("\ngrade: cannot write the reports: File too large"), "{said}");
    run.leaves_nothing();
}

/// Whether a process is stopped, by its `/proc/N/stat`.
fn is_stopped(stat: &str) -> bool {
    stat.rsplit_once(')').is_some_and(|(_, rest)| rest.starts_with(" T"))
}

#[test]
#[ignore = "slow"]
fn ctrl_z_stops_the_programs_with_the_grader() {
    let run = Run::new();
    // The server waits: on a busy machine it could else be graded before the signal arrives.
    let folder = tempfile::tempdir().unwrap();
    let go = folder.path().join("go");
    assert!(Command::new("mkfifo").arg(&go).status().unwrap().success());
    let mut gate = fs::OpenOptions::new().read(true).write(true).open(&go).unwrap();
    // The grader starts a server more than once. Only the first one stops it.
    let server = format!(
        "mkdir '{0}.first' && {{ kill -TSTP $PPID; read go <'{0}'; }}; exec {1}",
        go.display(),
        mutants::line(None)
    );
    let grade = run.start("", &server, &["--start", "60"]);
    wait_until("all are stopped", || {
        let processes = run.processes();
        processes.len() >= 2 && processes.iter().all(|stat| is_stopped(stat))
    });
    gate.write_all(b"go\n").unwrap();
    let pid = grade.id().to_string();
    assert!(Command::new("kill").args(["-CONT", &pid]).status().unwrap().success());
    let output = grade.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    run.leaves_nothing();
}
