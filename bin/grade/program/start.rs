//! How a graded program is started: by the shell, under watch from its first instruction on.

use std::io::{self, ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, Once};
use std::thread;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use super::folder::{Folder, Folders};
use super::limits::Limits;
use super::output::{self, HAS_ENDED};
use super::run::{Run, State};
use super::terminal::Ends;
use super::trouble::{Ended, Trouble};
use super::{Program, registry};
use crate::lag::Stopwatch;

/// Waits for an order before it runs what it was given: until then there is time for the limits.
/// When we are gone before, there is no order, and it never begins.
const GATE: &str = "read -r go && exec sh -c \"$1\"";

/// What all processes of a program have in their environment, each program something else.
const MARK: &str = "STRATA_GRADE";

impl Program {
    /// Starts what somebody would type in the folder of the submission, in a folder of its own.
    ///
    /// # Errors
    /// [`Trouble::CannotStart`]; and [`Trouble::Interrupted`] after [`super::kill_all`]. That
    /// there is no such program shows only later: that is for the shell to say.
    pub(crate) fn start(
        line: &str,
        folders: &Folders,
        limits: &Limits,
    ) -> Result<Program, Trouble> {
        Program::start_with(line, folders, limits, Ends::pipes(), false)
    }

    /// The same at a terminal.
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
        let (told, orders) = io::pipe().map_err(|error| cannot("a pipe", error))?;
        adopt_orphans();
        let mark = new_mark();
        let mut started = None;
        let run = registry::enter(|| {
            let inside = Inside { reads, prints, is_terminal: at_terminal };
            let child = spawn(line, &folder, &mark, inside).map_err(|error| cannot("sh", error))?;
            let root = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
            let root = root.ok_or_else(|| Trouble::CannotStart("it has no number".to_owned()))?;
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
        // It has ended already if it does not hear this: then that is what shows.
        let _ = typing.write_all(b"\n");
        let _ = rustix::io::ioctl_fionbio(&typing, true);
        // From here on it is ended on every path.
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
            .spawn(move || output::read(&reads, output, told))
            .and_then(|_| begin(format!("wait-{number}")).spawn(move || wait(&waits)))
            .map_err(|error| {
                // Nobody will say so later, and whoever cleans up waits for that.
                run.change(|state| state.output.done = true);
                cannot("a thread", error)
            })?;
        Ok(program)
    }
}

/// What the program has of its [`Ends`].
struct Inside {
    reads: OwnedFd,
    prints: OwnedFd,
    is_terminal: bool,
}

/// Starts the gate in a session of its own, so that it has no terminal that it could ask things
/// on but the one that it is given, and what it starts is known for its own.
fn spawn(line: &str, folder: &Folder, mark: &str, inside: Inside) -> io::Result<Child> {
    let line = with_exec(line);
    let run = |mut command: Command| {
        command.args(["-c", GATE, "sh", &line]).current_dir(folder.path());
        command.stdin(inside.reads.try_clone()?);
        command.stdout(inside.prints.try_clone()?).stderr(inside.prints.try_clone()?);
        if let Some((name, value)) = mark.split_once('=') {
            command.env(name, value);
        }
        // Else it says what it has to say only when it ends, as it does into a file.
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
        // Where there is no `setsid` it gets a group at least.
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut in_group = Command::new("sh");
            in_group.process_group(0);
            run(in_group)
        }
        started => started,
    }
}

/// The life of a `wait-N` thread: waits for the end of the first process, without burying it.
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
    // If it is buried already, that is known from there.
    run.change(|state| state.exit = state.exit.or(code).or(signal.map(Ended::Signal)));
    run.order(HAS_ENDED);
}

/// The processes that a program leaves become children of ours and not of the system's first
/// process: so they are found, whatever they do to be forgotten.
fn adopt_orphans() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        #[cfg(target_os = "linux")]
        // Every Linux can. If this one cannot, those are found that do not hide.
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    });
}

fn new_mark() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{MARK}={}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The line, so that the shell becomes the last command and does not wait for it, where that is
/// simple enough to say so. Then a signal reaches it, and its exit code reaches us.
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
    // Only `env` knows what to do with `NAME=value` behind an `exec`.
    let exec = if first.contains('=') { "exec env" } else { "exec" };
    format!("{before}{exec} {}", last.trim_start())
}

/// What is no program but a word that the shell knows.
const OF_THE_SHELL: [&str; 31] = [
    ".", ":", "alias", "bg", "break", "case", "cd", "command", "continue", "do", "done", "eval",
    "exec", "exit", "export", "fg", "for", "getopts", "if", "read", "return", "set", "source",
    "time", "times", "trap", "ulimit", "umask", "unset", "wait", "while",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_shell_is_left_in_between_where_the_line_is_simple() {
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
