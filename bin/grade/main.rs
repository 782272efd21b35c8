//! The grader: arguments in, checks run, reports out, exit code.
//!
//! It says on standard output what it finds, one line a check, and then what failed in full. Exit
//! codes: 0 when everything that counts has passed, 1 when something failed, 2 for bad arguments, 3
//! when something could not be decided or it could not start, 130 when a signal ended it. A folder of
//! submissions (`batch`) has them too, but that something failed there is what it is for.

mod arguments;
mod batch;
mod capacity;
mod cgroup;
mod check;
mod checks;
mod client;
mod file;
mod lag;
mod own;
mod peer;
mod program;
mod report;
mod requirement;
mod rubric;
mod run;
mod scenario;
mod screen;
mod seed;
mod session;
mod shell;
mod signals;
mod stop;
mod subject;
mod trace;
mod turn;
mod verdict;
mod wire;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use clap::Parser;

use arguments::{Arguments, Command};
use capacity::Demand;
use session::{Found, Session};

/// Bad arguments, or a bad rubric.
const USAGE: u8 = 2;
/// Something could not be decided, or it could not start.
const UNDECIDED: u8 = 3;
/// A signal ended it.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.list {
        return list();
    }
    let stop = Arc::new(AtomicBool::new(false));
    if let Err(error) = signals::watch(&stop) {
        return fail(UNDECIDED, &format!("cannot handle signals: {error}"));
    }
    lag::start();
    if let Some(Command::Batch(batch)) = &arguments.command {
        return batch::run(batch, &stop);
    }
    let sessions = match Session::plan(&arguments) {
        Ok(sessions) => sessions,
        Err(error) => return fail(USAGE, &error),
    };
    let demand = sessions.iter().map(Session::demand).fold(Demand::default(), Demand::and);
    if let Err(error) = demand.is_met() {
        return fail(UNDECIDED, &error);
    }
    // All of them at once: most of it is waiting.
    let found = thread::scope(|scope| {
        let start = |session: Session| scope.spawn(|| session.run(&stop));
        let running: Vec<_> = sessions.into_iter().map(start).collect();
        running.into_iter().map(|session| session.join()).collect::<Vec<_>>()
    });
    if stop.load(Ordering::Relaxed) {
        return ExitCode::from(INTERRUPTED);
    }
    let mut worst = Found::default();
    for found in found {
        match found {
            Ok(Ok(found)) => worst = worst.and(found),
            Ok(Err(error)) => {
                return fail(UNDECIDED, &format!("cannot write the reports: {error}"));
            }
            Err(_) => return fail(UNDECIDED, "a bug in the grader ended it"),
        }
    }
    match worst {
        Found { failed: true, .. } => ExitCode::FAILURE,
        Found { undecided: true, .. } => ExitCode::from(UNDECIDED),
        Found { .. } => ExitCode::SUCCESS,
    }
}

fn list() -> ExitCode {
    let mut out = io::stdout().lock();
    for check in checks::all() {
        // That nobody reads the list is no reason to fail.
        let _ = writeln!(out, "{:11} {}", check.id, requirement::find(check.id));
    }
    ExitCode::SUCCESS
}

fn fail(code: u8, error: &str) -> ExitCode {
    // With standard error closed there is only the exit code left to say it.
    // A name in it can be one that a student has chosen.
    let _ = writeln!(io::stderr(), "grade: {}", report::visible::line(error));
    ExitCode::from(code)
}
