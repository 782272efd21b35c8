//! A folder of submissions: each is graded as one alone would be, some at a time, and all of them
//! together are a table on the screen and a CSV.
//!
//! Read `config` for what a course says, `submissions` for what there is to grade, and `tally` for what
//! is known of each. `table` shows that, on a terminal through `board`; `sheet` keeps it in a file, in
//! the format of `csv`.
//!
//! That checks fail is what this is for, so the exit code does not tell it: 0 when all were graded, 2
//! for what cannot be asked for, 3 when something could not be decided or written, 130 when it was
//! interrupted. What was known by then stands in the reports and in the CSV.

mod board;
mod config;
mod csv;
mod sheet;
mod submissions;
mod table;
mod tally;

use std::cmp::Reverse;
use std::io::{self, IsTerminal};
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use clap::Args;

use self::board::Board;
use self::config::Config;
use self::sheet::Sheet;
use self::submissions::Submission;
use self::tally::Tally;
use crate::capacity::Demand;
use crate::report::{Graded, visible};
use crate::session::Session;

/// What `grade batch` can be told.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The folder in which the submissions are
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// The file that says how they are graded
    #[arg(long, value_name = "FILE", default_value = "grade.toml")]
    config: PathBuf,

    /// Only this submission, whose row in the CSV is replaced while the others stay; repeat it for
    /// several
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
}

/// Grades them all.
pub(crate) fn run(arguments: &Arguments, stop: &Arc<AtomicBool>) -> ExitCode {
    let batch = match Batch::plan(arguments) {
        Ok(batch) => batch,
        Err(error) => return crate::fail(crate::USAGE, &error),
    };
    if let Err(error) = batch.demand.is_met() {
        return crate::fail(crate::UNDECIDED, &error);
    }
    let state = batch.grade(stop);
    for wrong in &state.wrong {
        crate::fail(crate::UNDECIDED, wrong);
    }
    if stop.load(Ordering::Relaxed) {
        return ExitCode::from(crate::INTERRUPTED);
    }
    match state.wrong.is_empty() && state.tallies.iter().all(Tally::is_graded) {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(crate::UNDECIDED),
    }
}

/// What there is to do.
struct Batch {
    /// Those that are graded, each with how; or why not.
    sessions: Vec<Result<Session, String>>,
    /// So many are graded at a time.
    at_a_time: usize,
    /// What that needs of the machine.
    demand: Demand,
    state: Mutex<State>,
    /// The last line on the screen.
    results: String,
}

/// What is known so far, and where it is shown.
struct State {
    /// One for each session, in their order.
    tallies: Vec<Tally>,
    sheet: Sheet,
    board: Board,
    /// What could not be written, and why.
    wrong: Vec<String>,
}

impl Batch {
    /// # Errors
    /// In one line that names what is wrong.
    fn plan(arguments: &Arguments) -> Result<Batch, String> {
        let config = Config::read(&arguments.config)?;
        let all = submissions::find(&arguments.folder, &config.reports)?;
        let chosen = submissions::choose(&all, &arguments.only, &arguments.folder)?;
        let session = |submission: &&Submission| config.session(submission);
        let sessions: Vec<Result<Session, String>> = chosen.iter().map(session).collect();
        // One whose own profile is wrong does not stop the others. What is wrong everywhere does.
        let checks: Vec<&str> = match sessions.iter().find_map(|session| session.as_ref().ok()) {
            Some(session) => session.checks().iter().map(|check| check.id).collect(),
            None => return Err(sessions.into_iter().find_map(Result::err).unwrap_or_default()),
        };
        let tally = |submission: &&Submission| Tally::new(&submission.name, checks.len());
        let tallies: Vec<Tally> = chosen.iter().map(tally).collect();
        let sheet = match arguments.only.is_empty() {
            true => {
                sheet::keep(&config.csv)?;
                Sheet::new(&config.csv, checks, &tallies)
            }
            false => Sheet::read(&config.csv, checks)?,
        };
        config.make_folders()?;
        // So many of the largest at the same time.
        let mut demands: Vec<Demand> = sessions.iter().flatten().map(Session::demand).collect();
        demands.sort_by_key(|demand| Reverse(demand.checks));
        demands.truncate(config.submissions.get());
        let demand = demands.into_iter().fold(Demand::default(), Demand::and);
        let board = Board::new(io::stdout().is_terminal());
        let (reports, csv) = (config.reports.display(), config.csv.display());
        Ok(Batch {
            sessions,
            at_a_time: config.submissions.get(),
            demand,
            state: Mutex::new(State { tallies, sheet, board, wrong: Vec::new() }),
            results: format!("The reports are in {reports}, the grades in {csv}."),
        })
    }

    fn grade(self, stop: &Arc<AtomicBool>) -> State {
        let next = AtomicUsize::new(0);
        self.lock().show();
        thread::scope(|scope| {
            let work = || {
                while !stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(session) = self.sessions.get(index) else { return };
                    self.grade_one(index, session, stop);
                }
            };
            for number in 0..self.at_a_time.min(self.sessions.len()) {
                let thread = thread::Builder::new().name(format!("submission-{number}"));
                // With fewer threads it takes longer; with none nothing is graded, which shows.
                let _ = thread.spawn_scoped(scope, work);
            }
        });
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.board.finish(&state.tallies, &self.results);
        state
    }

    fn grade_one(&self, index: usize, session: &Result<Session, String>, stop: &Arc<AtomicBool>) {
        let session = match session {
            Ok(session) => session,
            Err(error) => return self.lock().end(index, None, Some(error.clone())),
        };
        self.lock().change(index, Tally::begin);
        let graded = panic::catch_unwind(AssertUnwindSafe(|| {
            session.grade(stop, |graded, _| self.lock().change(index, |tally| tally.hear(graded)))
        }));
        let wrong = match &graded {
            Ok((_, written)) => {
                written.as_ref().err().map(|error| format!("cannot write the reports: {error}"))
            }
            // Caught, or nobody would grade the others.
            Err(_) => Some("a bug in the grader ended it".to_owned()),
        };
        self.lock().end(index, graded.ok().map(|(graded, _)| graded), wrong);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn show(&mut self) {
        self.board.show(&self.tallies);
    }

    fn change(&mut self, index: usize, change: impl FnOnce(&mut Tally)) {
        let Some(tally) = self.tallies.get_mut(index) else { return };
        change(tally);
        self.show();
    }

    /// A submission is done with; what has come of it, and what has gone wrong.
    fn end(&mut self, index: usize, graded: Option<Graded>, wrong: Option<String>) {
        let Some(tally) = self.tallies.get_mut(index) else { return };
        match graded {
            Some(graded) => tally.end(&graded),
            None => tally.lose(),
        }
        let name = visible::line(&tally.name);
        self.wrong.extend(wrong.map(|wrong| format!("{name}: {wrong}")));
        self.sheet.put(tally);
        let written = self.sheet.write();
        // The same for each that ends is said once.
        self.wrong.extend(written.err().filter(|error| !self.wrong.contains(error)));
        self.board.ended(&self.tallies, index);
    }
}
