//! Starts a graded program through the shell, under watch from its first instruction on.

use std::fs::File;
use std::io::{self, ErrorKind, PipeReader, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::thread;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use super::folder::{Folder, Folders};
use super::handle::{First, Program};
use super::limits::Limits;
use super::network::Network;
use super::output::HAS_ENDED;
use super::run::Run;
use super::terminal::Ends;
use super::trouble::{Ended, Trouble};
use super::user::User;
use super::{reader, registry};

/// Waits for an order before it runs the command, so that grade can set the limits first. If grade dies
/// before, there is no order, and the command never runs.
const GATE: &str = "read -r go && exec sh -c \"$1\"";

/// The variable in the environment of all processes of a program; its value differs for each program.
const MARK: &str = "STRATA_GRADE";

/// A program to start, and the way to start it.
pub(super) struct Launch<'a> {
    pub(super) line: &'a str,
    pub(super) limits: &'a Limits,
    pub(super) at_terminal: bool,
    /// The input and output, unless the program gets new ones.
    pub(super) ends: Option<Ends>,
    /// Variables that the program gets instead of [`USUAL`].
    pub(super) environment: Option<&'a [(String, String)]>,
}

/// Variables of each graded program. Without the first, Python would buffer its output until it ends, as if
/// it wrote to a file.
const USUAL: [(&str, &str); 2] = [("PYTHONUNBUFFERED", "1"), ("LANG", "C.UTF-8")];

impl<'a> Launch<'a> {
    /// The launch of a graded program.
    fn graded(line: &'a str, limits: &'a Limits, at_terminal: bool) -> Launch<'a> {
        Launch { line, limits, at_terminal, ends: None, environment: None }
    }

    /// The environment in a sandbox, besides `PATH` and `HOME`.
    pub(super) fn environment(&self) -> Vec<(String, String)> {
        let usual = || USUAL.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        self.environment.map_or_else(usual, <[_]>::to_vec)
    }
}

impl Program {
    /// Starts a shell command, in a private copy of the submission or in a sandbox.
    ///
    /// # Errors
    /// [`Trouble::CannotStart`]; [`Trouble::Interrupted`] after [`super::kill_all`]. A command that
    /// does not exist starts, too: the shell reports it later.
    pub(crate) fn start(
        line: &str,
        folders: &Folders,
        limits: &Limits,
    ) -> Result<Program, Trouble> {
        Program::launch(Launch::graded(line, limits, false), folders, &mut |_| Ok(()))
    }

    /// Starts the command, at a terminal or not, after `open` has opened what the program has to find
    /// in its network.
    ///
    /// # Errors
    /// As with [`start`](Program::start).
    pub(crate) fn start_after(
        line: &str,
        folders: &Folders,
        limits: &Limits,
        at_terminal: bool,
        open: &mut dyn FnMut(&Network) -> io::Result<()>,
    ) -> Result<Program, Trouble> {
        Program::launch(Launch::graded(line, limits, at_terminal), folders, open)
    }

    pub(super) fn launch(
        launch: Launch<'_>,
        folders: &Folders,
        open: &mut dyn FnMut(&Network) -> io::Result<()>,
    ) -> Result<Program, Trouble> {
        if launch.line.trim().is_empty() {
            return Err(Trouble::CannotStart("there is no command".to_owned()));
        }
        match folders.sandbox() {
            Some(sandbox) => Program::start_enclosed(launch, sandbox, open),
            None => Program::start_beside(launch, folders, open),
        }
    }

    /// Starts the program beside the grader.
    fn start_beside(
        launch: Launch<'_>,
        folders: &Folders,
        open: &mut dyn FnMut(&Network) -> io::Result<()>,
    ) -> Result<Program, Trouble> {
        let Launch { line, limits, at_terminal, ends, environment } = launch;
        let cannot =
            |what: &str, error: io::Error| Trouble::CannotStart(format!("{what}: {error}"));
        open(&Network::default()).map_err(|error| cannot("a socket", error))?;
        let folder = folders.take().map_err(|error| cannot("its folder", error))?;
        let (ends, what) = match (ends, at_terminal) {
            (Some(ends), _) => (Ok(ends), "a pipe"),
            (None, true) => (Ends::terminal(), "a terminal"),
            (None, false) => (Ends::pipes(), "a pipe"),
        };
        let Ends { reads, prints, errors, mut typing, output } =
            ends.map_err(|error| cannot(what, error))?;
        let (receives, orders) = io::pipe().map_err(|error| cannot("a pipe", error))?;
        adopt_orphans();
        let mark = new_mark();
        let mut started = None;
        let run = registry::enter(|| {
            let user = folders.user();
            let inside =
                Inside { reads, prints, errors, is_terminal: at_terminal, user, environment };
            let child = spawn(line, &folder, &mark, inside).map_err(|error| cannot("sh", error))?;
            let root = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
            let root =
                root.ok_or_else(|| Trouble::CannotStart("it has no process id".to_owned()))?;
            started = Some(child);
            let run = Run::new(root, mark, folder.path().to_owned(), limits, orders, None);
            Ok(Arc::new(run))
        })?;
        limits.lay_on(run.root, false);
        // If the write fails, the process has ended already, which shows later.
        let _ = typing.write_all(b"\n");
        let _ = rustix::io::ioctl_fionbio(&typing, true);
        // From here on, every path ends the program.
        let program = Program {
            run: Arc::clone(&run),
            first: Mutex::new(started.map(First::Child)),
            stdin: Mutex::new(Some(typing)),
            at_terminal,
            folder: Some(folder),
        };
        let waits = Arc::clone(&run);
        read_output(&run, output, receives)
            .and_then(|()| thread("wait", &run, move || wait(&waits)))
            .inspect_err(|_| {
                // No reading thread will set this, and the cleanup waits for it.
                run.change(|state| state.output.done = true);
            })?;
        Ok(program)
    }
}

/// Starts the thread that reads the output of a program.
pub(super) fn read_output(
    run: &Arc<Run>,
    output: File,
    receives: PipeReader,
) -> Result<(), Trouble> {
    let reads = Arc::clone(run);
    thread("output", run, move || reader::read(&reads, output, receives))
}

/// Starts a thread that belongs to a program.
pub(super) fn thread(
    name: &str,
    run: &Run,
    body: impl FnOnce() + Send + 'static,
) -> Result<(), Trouble> {
    let name = format!("{name}-{}", run.root.as_raw_nonzero());
    let begun = thread::Builder::new().name(name).spawn(body);
    begun.map(drop).map_err(|error| Trouble::CannotStart(format!("a thread: {error}")))
}

/// The program's side of its [`Ends`].
struct Inside<'a> {
    reads: OwnedFd,
    prints: OwnedFd,
    errors: Option<OwnedFd>,
    is_terminal: bool,
    /// The user who runs it, if that is another one than the grader's.
    user: Option<User>,
    environment: Option<&'a [(String, String)]>,
}

/// Starts the gate in a new session. So the program has no controlling terminal except the given one,
/// and its session identifies its processes.
fn spawn(line: &str, folder: &Folder, mark: &str, inside: Inside<'_>) -> io::Result<Child> {
    let line = with_exec(line);
    let errors = inside.errors.as_ref().unwrap_or(&inside.prints);
    let run = |mut command: Command| {
        command.args(["-c", GATE, "sh", &line]).current_dir(folder.path());
        command.stdin(inside.reads.try_clone()?);
        command.stdout(inside.prints.try_clone()?).stderr(errors.try_clone()?);
        if let Some(user) = inside.user {
            // Neither the grader's secrets nor the rights of its groups.
            command.uid(user.user).gid(user.group).env_clear();
            command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
            command.env("HOME", folder.path()).env("LANG", "C.UTF-8");
        }
        if let Some((name, value)) = mark.split_once('=') {
            command.env(name, value);
        }
        match inside.environment {
            Some(variables) => command.envs(variables.iter().map(|(name, value)| (name, value))),
            // The language is that of the grader.
            None => command.envs([USUAL[0]]),
        };
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
/// grade finds them, however they try to hide, and can wait for the first process of a sandbox.
pub(super) fn adopt_orphans() {
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
pub(super) fn with_exec(line: &str) -> String {
    let simple = |text: &str| !text.contains([';', '|', '&', '(', ')', '`', '\n', '{', '}', '!']);
    let (before, last) = match line.rsplit_once("&&") {
        Some((before, last)) => (format!("{before}&& "), last),
        None => (String::new(), line),
    };
    let only_and = before.split("&&").all(|part| simple(part) && !part.contains(['\'', '"']));
    let Some(first) = last.split_whitespace().next() else { return line.to_owned() };
    // A quoted path names a program, whatever else is in it.
    let quoted = first.strip_prefix('\'').and_then(|it| it.strip_suffix('\''));
    let name = quoted.filter(|path| path.contains('/')).unwrap_or(first);
    if !only_and || !simple(last) || OF_THE_SHELL.contains(&name) || name.contains(['\'', '"']) {
        return line.to_owned();
    }
    // Only `env` understands `NAME=value` after an `exec`.
    let exec = if name == first && first.contains('=') { "exec env" } else { "exec" };
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
            ("'/opt/a=1/server' 4711", "exec '/opt/a=1/server' 4711"),
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
            "'cd' src",
            "A='/opt/x' ./server",
            "'/opt/it'\\''s/server' 4711",
            "./server &&",
            "  ",
        ] {
            assert_eq!(with_exec(line), line);
        }
    }
}
