//! Starts a graded program through the shell, under watch from its first instruction on.

use std::io::{self, ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, Once};
use std::thread;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use super::folder::{Folder, Folders};
use super::handle::Program;
use super::limits::Limits;
use super::output::HAS_ENDED;
use super::run::{Run, State};
use super::terminal::Ends;
use super::trouble::{Ended, Trouble};
use super::{reader, registry};
use crate::lag::Stopwatch;

/// Waits for an order before it runs the command, so that grade can set the limits first. If grade dies
/// before, there is no order, and the command never runs.
const GATE: &str = "read -r go && exec sh -c \"$1\"";

/// The variable in the environment of all processes of a program; its value differs for each program.
const MARK: &str = "STRATA_GRADE";

impl Program {
    /// Starts a shell command, in a private copy of the submission.
    ///
    /// # Errors
    /// [`Trouble::CannotStart`]; [`Trouble::Interrupted`] after [`super::kill_all`]. A command that
    /// does not exist starts, too: the shell reports it later.
    pub(crate) fn start(
        line: &str,
        folders: &Folders,
        limits: &Limits,
    ) -> Result<Program, Trouble> {
        Program::start_with(line, folders, limits, Ends::pipes(), false)
    }

    /// Starts the command at a terminal.
    ///
    /// # Errors
    /// As with [`start`](Program::start).
    pub(crate) fn start_at_terminal(
        line: &str,
        folders: &Folders,
        limits: &Limits,
    ) -> Result<Program, Trouble> {
        Program::start_with(line, folders, limits, Ends::terminal(), true)
    }

    fn start_with(
        line: &str,
        folders: &Folders,
        limits: &Limits,
        ends: io::Result<Ends>,
        at_terminal: bool,
    ) -> Result<Program, Trouble> {
        if line.trim().is_empty() {
            return Err(Trouble::CannotStart("there is no command".to_owned()));
        }
        let cannot =
            |what: &str, error: io::Error| Trouble::CannotStart(format!("{what}: {error}"));
        let folder = folders.take().map_err(|error| cannot("its folder", error))?;
        let what = if at_terminal { "a terminal" } else { "a pipe" };
        let Ends { reads, prints, mut typing, output } =
            ends.map_err(|error| cannot(what, error))?;
        let (receives, orders) = io::pipe().map_err(|error| cannot("a pipe", error))?;
        adopt_orphans();
        let mark = new_mark();
        let mut started = None;
        let run = registry::enter(|| {
            let inside = Inside { reads, prints, is_terminal: at_terminal };
            let child = spawn(line, &folder, &mark, inside).map_err(|error| cannot("sh", error))?;
            let root = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
            let root =
                root.ok_or_else(|| Trouble::CannotStart("it has no process id".to_owned()))?;
            started = Some(child);
            Ok(Arc::new(Run {
                root,
                mark: mark.clone(),
                folder: folder.path().to_owned(),
                limits: limits.clone(),
                began: Stopwatch::start(),
                orders,
                state: Mutex::new(State::new(limits)),
                changed: Condvar::new(),
            }))
        })?;
        limits.lay_on(run.root);
        // If the write fails, the process has ended already, which shows later.
        let _ = typing.write_all(b"\n");
        let _ = rustix::io::ioctl_fionbio(&typing, true);
        // From here on, every path ends the program.
        let program = Program {
            run: Arc::clone(&run),
            child: Mutex::new(started),
            stdin: Mutex::new(Some(typing)),
            at_terminal,
            folder,
        };
        let begin = |name: String| thread::Builder::new().name(name);
        let (reads, waits) = (Arc::clone(&run), Arc::clone(&run));
        let number = run.root.as_raw_nonzero();
        begin(format!("output-{number}"))
            .spawn(move || reader::read(&reads, output, receives))
            .and_then(|_| begin(format!("wait-{number}")).spawn(move || wait(&waits)))
            .map_err(|error| {
                // No reading thread will set this, and the cleanup waits for it.
                run.change(|state| state.output.done = true);
                cannot("a thread", error)
            })?;
        Ok(program)
    }
}

/// The program's side of its [`Ends`].
struct Inside {
    reads: OwnedFd,
    prints: OwnedFd,
    is_terminal: bool,
}

/// Starts the gate in a new session. So the program has no controlling terminal except the given one,
/// and its session identifies its processes.
fn spawn(line: &str, folder: &Folder, mark: &str, inside: Inside) -> io::Result<Child> {
    let line = with_exec(line);
    let run = |mut command: Command| {
        command.args(["-c", GATE, "sh", &line]).current_dir(folder.path());
        command.stdin(inside.reads.try_clone()?);
        command.stdout(inside.prints.try_clone()?).stderr(inside.prints.try_clone()?);
        if let Some((name, value)) = mark.split_once('=') {
            command.env(name, value);
        }
        // Otherwise Python would buffer its output until it ends, as if it wrote to a file.
        command.env("PYTHONUNBUFFERED", "1");
        if inside.is_terminal {
            command.env("TERM", "xterm");
        }
        command.spawn()
    };
    let mut in_session = Command::new("setsid");
    if inside.is_terminal {
        in_session.arg("-c");
    }
    in_session.arg("sh");
    match run(in_session) {
        // Without `setsid`, the program gets at least its own process group.
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut in_group = Command::new("sh");
            in_group.process_group(0);
            run(in_group)
        }
        started => started,
    }
}

/// The body of a `wait-N` thread: waits for the end of the first process, without reaping it.
fn wait(run: &Run) {
    let how = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    let status = loop {
        match waitid(WaitId::Pid(run.root), how) {
            Err(rustix::io::Errno::INTR) => {}
            status => break status.ok().flatten(),
        }
    };
    let code = status.as_ref().and_then(|status| status.exit_status()).map(Ended::Code);
    let signal = status.as_ref().and_then(|status| status.terminating_signal());
    // If the process is reaped already, its exit status is known.
    run.change(|state| state.exit = state.exit.or(code).or(signal.map(Ended::Signal)));
    run.order(HAS_ENDED);
}

/// Makes grade the parent of all orphans of its programs, in place of the system's first process. So
/// grade finds them, however they try to hide.
fn adopt_orphans() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        #[cfg(target_os = "linux")]
        // Every Linux supports this. Otherwise grade finds only processes that do not hide.
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    });
}

fn new_mark() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{MARK}={}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The command with `exec` before its last part, if the command is simple. Then the shell does not stay
/// in between: a signal reaches the program, and its exit code reaches grade.
fn with_exec(line: &str) -> String {
    let simple = |text: &str| !text.contains([';', '|', '&', '(', ')', '`', '\n', '{', '}', '!']);
    let (before, last) = match line.rsplit_once("&&") {
        Some((before, last)) => (format!("{before}&& "), last),
        None => (String::new(), line),
    };
    let only_and = before.split("&&").all(|part| simple(part) && !part.contains(['\'', '"']));
    let words: Vec<&str> = last.split_whitespace().collect();
    let Some(first) = words.first() else { return line.to_owned() };
    if !only_and || !simple(last) || OF_THE_SHELL.contains(first) || first.contains(['\'', '"']) {
        return line.to_owned();
    }
    // Only `env` understands `NAME=value` after an `exec`.
    let exec = if first.contains('=') { "exec env" } else { "exec" };
    format!("{before}{exec} {}", last.trim_start())
}

/// Words that are commands of the shell, not programs.
const OF_THE_SHELL: [&str; 31] = [
    ".", ":", "alias", "bg", "break", "case", "cd", "command", "continue", "do", "done", "eval",
    "exec", "exit", "export", "fg", "for", "getopts", "if", "read", "return", "set", "source",
    "time", "times", "trap", "ulimit", "umask", "unset", "wait", "while",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simple_command_runs_without_a_shell_in_between() {
        for (line, expected) in [
            ("./server 4711", "exec ./server 4711"),
            (
                " python3 'my server.py' \"$PORT\" >log",
                "exec python3 'my server.py' \"$PORT\" >log",
            ),
            ("PORT=4711 ./server", "exec env PORT=4711 ./server"),
            ("cd src && make && ./server", "cd src && make && exec ./server"),
            ("cd src && A=1 ./server", "cd src && exec env A=1 ./server"),
        ] {
            assert_eq!(with_exec(line), expected);
        }
        for line in [
            "cd src; ./server",
            "./server | tee log",
            "./server &",
            "./server 2>&1",
            "while true",
            "exec ./server",
            "(cd src && ./server)",
            "echo 'a && b'",
            "false || true && ./server",
            "$(which server) 1",
            "'my server' 4711",
            "./server &&",
            "  ",
        ] {
            assert_eq!(with_exec(line), line);
        }
    }
}
