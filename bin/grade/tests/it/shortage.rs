//! Shortages of the machine: they cost no points, and a shortage at the start is an error.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::time::Duration;

use super::mutants;

/// Waits until this holds.
fn wait_until(what: &str, holds: impl FnMut() -> bool) {
    harness::wait_until(what, Duration::from_secs(120), holds);
}

/// A control group with a limit.
struct Group(PathBuf);

impl Group {
    /// A group with this limit on processes; `None` where nobody may make one, which is said.
    fn with_most(processes: u64, name: &str) -> Option<Group> {
        let limits = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"]
            .map(|base| (base, "pids.max", processes.to_string()));
        Group::with(&limits, name)
    }

    /// A group with this many milliseconds of processor time in each tenth of a second.
    fn with_time(milliseconds: u64, name: &str) -> Option<Group> {
        let quota = milliseconds * 1000;
        let limits = [
            ("/sys/fs/cgroup/cpu", "cpu.cfs_quota_us", quota.to_string()),
            ("/sys/fs/cgroup", "cpu.max", format!("{quota} 100000")),
        ];
        Group::with(&limits, name)
    }

    #[expect(clippy::print_stderr, reason = "a test that tells nothing says so")]
    fn with(limits: &[(&str, &str, String)], name: &str) -> Option<Group> {
        for (base, file, limit) in limits {
            let folder = Path::new(base).join(format!("strata-{name}-{}", std::process::id()));
            if fs::create_dir(&folder).is_err() {
                continue;
            }
            let group = Group(folder);
            if fs::write(group.0.join(file), limit).is_ok() {
                return Some(group);
            }
        }
        eprintln!("skipped: cannot create a control group with a limit");
        None
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).unwrap()
    }

    /// How many processes and threads it has.
    fn count(&self) -> u64 {
        self.read("pids.current").trim().parse().unwrap()
    }

    /// Starts words of a shell in the group.
    fn start(&self, words: &str, arguments: &[&str]) -> Child {
        let mut shell = Command::new("sh");
        let enter = format!("echo $$ >'{}/cgroup.procs' && {words}", self.0.display());
        shell.args(["-c", &enter]).args(arguments).process_group(0).stdin(Stdio::piped());
        shell.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let processes = self.read("cgroup.procs");
        let _ = Command::new("kill")
            .arg("-KILL")
            .args(processes.lines())
            .stderr(Stdio::null())
            .status();
        wait_until("the group is empty", || fs::remove_dir(&self.0).is_ok());
    }
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// Runs the grader in a shell, after these commands.
fn after(words: &str, options: &[&str]) -> Output {
    let mut grade = Command::new("sh");
    grade.args(["-c", &format!("{words} exec \"$0\" --server \"$@\"")]);
    grade.arg(assert_cmd::cargo::cargo_bin!("grade")).arg(mutants::line(None));
    let folder = tempfile::tempdir().unwrap();
    grade.args(options).current_dir(folder.path()).output().unwrap()
}

#[test]
fn too_few_open_files_are_refused_with_both_numbers() {
    let output = after("ulimit -n 100;", &["--check", "LOGIN-1", "--jobs", "1"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let want = "grade: this run needs 140 open files, and the limit is 100 (ulimit -n)";
    assert!(said(&output).starts_with(want), "{output:?}");
    // The check with many clients needs more.
    let output = after("ulimit -n 400;", &["--check", "CROWD-6"]);
    assert!(said(&output).contains("needs 580 open files, and the limit is 400"), "{output:?}");
}

#[test]
#[ignore = "slow"]
fn the_limit_on_open_files_is_raised() {
    let output = after("ulimit -Sn 100;", &["--check", "CROWD-6"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn too_few_processes_are_refused_with_both_numbers() {
    let Some(group) = Group::with_most(60, "few") else { return };
    let grade = format!("exec '{}' \"$@\"", assert_cmd::cargo::cargo_bin!("grade").display());
    let server = mutants::line(None);
    let child = group.start(&grade, &["sh", "--server", &server, "--check", "LOGIN-1"]);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let said = said(&output);
    assert!(said.starts_with("grade: this run needs 204 processes and threads"), "{said}");
    assert!(said.contains("(pids.max of its cgroup is 60)"), "{said}");
}

/// Other processes in the same group.
struct Others {
    shell: Child,
    /// All of them read from it until it is closed.
    _pipe: ChildStdin,
}

impl Others {
    /// So many that the group has room for a few more processes, and not for the server.
    fn fill(group: &Group) -> Others {
        let count = MOST - FEW - group.count();
        // The shell forks for each of them and starts no program, which is cheaper. In the background,
        // the standard input is another one.
        let words = format!(
            "exec 3<&0; n=0; \
             while [ $n -lt {count} ]; do read it <&3 >/dev/null 2>&1 & n=$((n + 1)); done"
        );
        let mut shell = group.start(&words, &[]);
        let pipe = shell.stdin.take().unwrap();
        assert!(shell.wait().unwrap().success());
        Others { shell, _pipe: pipe }
    }

    fn end(self, group: &Group) {
        let all = format!("-{}", self.shell.id());
        assert!(Command::new("kill").args(["-KILL", "--", &all]).status().unwrap().success());
        wait_until("the others end", || group.count() < MOST / 2);
    }
}

/// How many processes a group may have, how many the others leave, and how many more the server has.
const MOST: u64 = 400;
const FEW: u64 = 16;
const SERVER: u64 = 30;

/// Grades a server that is right and has some processes. Others take all that there are before it is
/// tried, and end before it is tried for the second time, if they `end`.
fn graded_beside_others(name: &str, end: bool) -> Option<(i32, String)> {
    let group = Group::with_most(MOST, name)?;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    assert!(Command::new("mkfifo").arg(path("go")).status().unwrap().success());
    // The pipe is opened for reading and writing, so that neither side waits to open it.
    let mut go: File = OpenOptions::new().read(true).write(true).open(path("go")).unwrap();
    // It says that it is there, and waits until it may begin; without another process. Denied the
    // processes that it wants, it ends those that it has, and is a server that is wrong.
    let server = format!(
        "n=1; while [ -e '{0}'/$n ]; do n=$((n + 1)); done; : >'{0}'/$n; read go <'{0}/go'; \
         trap : USR1; \
         sh -c 'n=0; while [ $n -lt {SERVER} ]; do sleep 1000 & n=$((n + 1)); done' || {{ \
         kill -USR1 0; while read n <'{3}/pids.current' && [ $n -gt {room} ]; do :; done; \
         exec {1}; }}; \
         exec {2}",
        folder.path().display(),
        mutants::line(Some("digits-refused")),
        mutants::line(None),
        group.0.display(),
        room = MOST - FEW + 6,
    );
    let grade = format!("exec '{}' \"$@\"", assert_cmd::cargo::cargo_bin!("grade").display());
    let options = ["sh", "--server", &server, "--check", "LOGIN-3", "--jobs", "1", "--start", "60"];
    // The server writes into a folder of the test.
    let options = [&options[..], &["--no-isolation"]].concat();
    let submission = tempfile::tempdir().unwrap();
    let from = ["--from", submission.path().to_str().unwrap()];
    let mut child = group.start(&grade, &[&options[..], &from].concat());
    wait_until("the first try", || path("1").exists());
    let others = Others::fill(&group);
    go.write_all(b"go\n").unwrap();
    wait_until("the second try", || path("2").exists() || child.try_wait().unwrap().is_some());
    if end {
        others.end(&group);
    }
    // On a machine that is too busy there is a third.
    go.write_all(b"go\ngo\n").unwrap();
    let output = child.wait_with_output().unwrap();
    Some((output.status.code().unwrap(), said(&output)))
}

#[test]
#[ignore = "slow"]
fn a_short_shortage_costs_no_points() {
    let Some((code, said)) = graded_beside_others("brief", true) else { return };
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("passed") && said.contains("LOGIN-3"), "{said}");
}

#[test]
#[ignore = "slow"]
fn a_lasting_shortage_is_undecided() {
    let Some((code, said)) = graded_beside_others("stay", false) else { return };
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("undecided") && said.contains("pids.max"), "{said}");
}

/// Words of a shell that start a server in a group that gets little of a processor. Before it listens it
/// computes for 150 ms, which takes 3 s. It is far from the 500 ms after which the grader takes it for a
/// program that spins, also where a processor is slow.
fn slowed(group: &Group, server: &str) -> String {
    format!(
        "echo $$ >'{}/cgroup.procs'; \
         command -p python3 -S -c 'import os, sys, time
while time.process_time() < 0.15: pass
os.execv(sys.argv[1], sys.argv[1:])' {server}",
        group.0.display(),
    )
}

/// Grades a server with one check, beside the grader.
fn graded(server: &str, check: &str) -> Output {
    let mut grade = Command::new(assert_cmd::cargo::cargo_bin!("grade"));
    grade.args(["--server", server, "--start", "2", "--jobs", "1", "--no-isolation"]);
    grade.args(["--check", check]).output().unwrap()
}

#[test]
#[ignore = "slow"]
fn a_program_that_gets_little_of_a_processor_is_waited_for() {
    let Some(group) = Group::with_time(5, "slow") else { return };
    let output = graded(&slowed(&group, &mutants::line(None)), "LOGIN-1");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

/// It may have waited, too, and have given up, or have refused something.
#[test]
#[ignore = "slow"]
fn a_program_that_fails_when_it_gets_little_of_a_processor_is_tried_again() {
    let Some(group) = Group::with_time(5, "fails") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (wrong, right) = (mutants::line(Some("digits-refused")), mutants::line(None));
    // It is started once for the listening, and then for the check.
    let server = format!(
        "n=1; while [ -e '{0}'/$n ]; do n=$((n + 1)); done; : >'{0}'/$n; \
         if [ $n -ne 2 ]; then exec {right}; fi; {slow}",
        folder.path().display(),
        slow = slowed(&group, &wrong),
    );
    let output = graded(&server, "LOGIN-3");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(folder.path().join("3").exists());
}
