//! The grader: reads arguments, runs checks, writes reports, returns an exit code.
//!
//! It prints one line for each check, and then the full report of each failure. Exit codes: 0 every
//! check that counts has passed; 1 a check failed; 2 bad arguments; 3 a check is undecided, or grade
//! could not start; 130 a signal ended it. `grade batch` has the same exit codes, except 1: failed
//! checks do not make the batch fail. `grade play` has the same exit codes, for transcripts,
//! and so has `grade tests`, for the transcripts and concepts of a suite. `grade isolate` returns the exit code of its command.

mod arguments;
mod batch;
mod built_in;
mod capacity;
mod cgroup;
mod check;
mod checks;
mod client;
#[cfg(test)]
mod costs;
mod course;
mod csv;
mod exam;
mod exit;
mod file;
mod isolate;
mod lag;
mod listening;
mod own;
mod pace;
mod patience;
mod peer;
mod play;
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
mod suite;
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

use arguments::{Arguments, Command, ExamCommand};
use capacity::Demand;
use course::Course;
use exit::{INTERRUPTED, UNDECIDED, USAGE, fail, warn};
use session::{Found, Session};

fn main() -> ExitCode {
    // Before anything else, while the process has one thread.
    if let Some(code) = program::play_part() {
        return code;
    }
    let arguments = Arguments::parse();
    if arguments.list {
        return list(&arguments.course);
    }
    // This server handles signals itself.
    if let Some(Command::BuiltIn { arguments }) = &arguments.command {
        return built_in::serve(arguments);
    }
    if let Some(Command::Exam(ExamCommand::Serve(serve))) = &arguments.command {
        return exam::serve(serve);
    }
    let stop = Arc::new(AtomicBool::new(false));
    if let Err(error) = signals::watch(&stop) {
        return fail(UNDECIDED, &format!("cannot handle signals: {error}"));
    }
    if let Some(Command::Isolate(isolate)) = &arguments.command {
        return isolate::run(isolate);
    }
    if let Some(Command::Exam(exam)) = &arguments.command {
        return exam::run(exam, &stop);
    }
    lag::start();
    if let Some(Command::Batch(batch)) = &arguments.command {
        return batch::run(batch, &stop);
    }
    if let Some(Command::Play(play)) = &arguments.command {
        return play::run(play, &stop);
    }
    if let Some(Command::Tests(tests)) = &arguments.command {
        return suite::run(tests, &stop);
    }
    if let Some(Command::Harvest(harvest)) = &arguments.command {
        return suite::run_harvest(harvest, &stop);
    }
    let command = arguments.server.as_deref();
    if command.is_some_and(|command| exam::is_exam(arguments.from.as_deref(), command)) {
        return fail(
            USAGE,
            "this is the server of an exam: play transcripts with it, as in task.md",
        );
    }
    let sessions = match Session::plan(&arguments) {
        Ok(sessions) => sessions,
        Err(error) => return fail(USAGE, &error),
    };
    let demand = sessions.iter().map(Session::demand).fold(Demand::default(), Demand::and);
    if let Err(error) = demand.is_met() {
        return fail(UNDECIDED, &error);
    }
    let notice = sessions.iter().find_map(Session::notice).map(str::to_owned);
    warn(notice.as_deref());
    // All sessions run in parallel, because they mostly wait.
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

/// Lists the checks that the course demands, and those of a client.
fn list(course: &str) -> ExitCode {
    let course = match Course::read(course) {
        Ok(course) => course,
        Err(error) => return fail(USAGE, &error),
    };
    let mut out = io::stdout().lock();
    let has = |check: &&check::Check| {
        check.is_client_check()
            || course.demands(check.id)
                && course.dialect().is_none_or(|dialect| check.dialects.contains(&dialect))
    };
    for check in checks::all().filter(has) {
        // A closed output is no reason to fail.
        let _ = writeln!(out, "{:11} {}", check.id, course.sentence(check.id));
    }
    ExitCode::SUCCESS
}
