//! `grade isolate`: runs a command, such as the build of a submission, in the sandbox of a check.

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

use crate::arguments::IsolateArguments;
use crate::exit::{CANNOT, INTERRUPTED, LIMIT, TIMEOUT, fail, warn};
use crate::program::{Ended, Isolation, Limits, Program, Reach, Running, Trouble};
use crate::shell::quoted;

const MIB: u64 = 1024 * 1024;

/// Limits that have no option.
const FILE_SIZE: u64 = 2048 * MIB;
const OUTPUT: usize = 64 * 1024 * 1024;
const OPEN_FILES: u64 = 16_384;

/// The wait for the end of the command is repeated; the watch ends a command that takes too long.
const WAIT: Duration = Duration::from_secs(3600);

/// The exit code of a shell for the end by a signal is this plus the number of the signal.
const BY_SIGNAL: i32 = 128;

/// Runs the command. Returns its exit code, or one that says why it has none.
pub(crate) fn run(arguments: &IsolateArguments) -> ExitCode {
    let isolation = Isolation::find(!arguments.no_isolation);
    if let Isolation::Off { why } = &isolation
        && !arguments.no_isolation
    {
        return fail(
            CANNOT,
            &format!(
                "not isolated: {why}; see handout/grading.md, \"Isolation\", or give --no-isolation to run \
                 the command with all rights of yours"
            ),
        );
    }
    warn(isolation.notice().as_deref());
    match execute(arguments, &isolation) {
        Ok(ended) => ExitCode::from(code(ended)),
        Err((code, error)) => fail(code, &error),
    }
}

/// Runs the command to its end. The error is an exit code and a line of text.
fn execute(arguments: &IsolateArguments, isolation: &Isolation) -> Result<Ended, (u8, String)> {
    let IsolateArguments { from, write, visible, env, command, .. } = arguments;
    let reach = Reach { from, writable: write, visible };
    let folders = isolation.confine(reach).map_err(|error| (CANNOT, error))?;
    let words: Vec<String> = command.iter().map(|word| quoted(word)).collect();
    // The shell does not stay in between.
    let line = format!("exec {}", words.join(" "));
    let running = Program::start_command(&line, env, &folders, &limits(arguments));
    let Running { program, output, errors } = running.map_err(stopped)?;
    let total = Arc::new(AtomicUsize::new(0));
    let thread = |error: io::Error| (CANNOT, format!("a thread: {error}"));
    let relays = [
        program.pass_on(output, io::stdout(), &total).map_err(thread)?,
        program.pass_on(errors, io::stderr(), &total).map_err(thread)?,
    ];
    while program.wait_end(Instant::now() + WAIT).is_none() {}
    // What the command has left behind also holds its output.
    program.kill();
    if matches!(program.trouble(), Some(Trouble::Interrupted)) {
        // Perhaps nobody reads the output any more.
        return Err((INTERRUPTED, "interrupted".to_owned()));
    }
    for relay in relays {
        let bug = |_| (CANNOT, "a bug in grade ended the thread that passes output on".to_owned());
        relay.join().map_err(bug)?;
    }
    match program.trouble() {
        Some(Trouble::Exited { ended, .. }) => Ok(ended),
        Some(trouble) => Err(stopped(trouble)),
        None => Err((CANNOT, "the command has ended without an exit code".to_owned())),
    }
}

fn limits(arguments: &IsolateArguments) -> Limits {
    let processes = arguments.processes.get();
    Limits {
        memory: u64::from(arguments.memory.get()) * MIB,
        processes: usize::try_from(processes).unwrap_or(usize::MAX),
        threads: u64::from(processes),
        output: OUTPUT,
        files: OPEN_FILES,
        file_size: FILE_SIZE,
        // A build may keep every processor busy all the time.
        cpu: Duration::MAX,
        time: Duration::from_secs(arguments.time.get().into()),
    }
}

/// The exit code and the text for a command that grade could not start or has stopped.
fn stopped(trouble: Trouble) -> (u8, String) {
    let code = match trouble {
        Trouble::TooLong { .. } => TIMEOUT,
        Trouble::Interrupted => INTERRUPTED,
        _ if trouble.is_greed() => LIMIT,
        _ => CANNOT,
    };
    (code, trouble.to_string())
}

fn code(ended: Ended) -> u8 {
    let code = match ended {
        Ended::Code(code) => code,
        Ended::Signal(signal) => BY_SIGNAL + signal,
    };
    u8::try_from(code).unwrap_or(u8::MAX)
}
