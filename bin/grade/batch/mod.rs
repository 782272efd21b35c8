//! Grading of a folder of submissions. Each is graded as if alone, several in parallel; the results of
//! all are a table on the screen and a CSV file.
//!
//! Read `config` for the settings of a course, `submissions` for the folders to grade, and `tally` for
//! the results of one submission. `table` lays the results out, `board` draws the table on a terminal,
//! and `sheet` writes the CSV file with `crate::csv`.
//!
//! Failed checks do not make the batch fail. The exit code is 0 if every submission was graded, 2 for
//! bad arguments, 3 if a result is undecided or could not be written, and 130 after an interrupt.
//! Results up to then are in the reports and in the CSV file.

mod board;
mod config;
mod sheet;
mod submissions;
mod table;
mod tally;

use std::cmp::Reverse;
use std::io::{self, IsTerminal};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use self::board::Board;
use self::config::Config;
use self::sheet::Sheet;
use self::submissions::Submission;
use self::tally::Tally;
use crate::arguments::BatchArguments;
use crate::capacity::Demand;
use crate::exit::{self, fail};
use crate::report::{Graded, visible};
use crate::session::Session;

/// Grades all chosen submissions.
pub(crate) fn run(arguments: &BatchArguments, stop: &Arc<AtomicBool>) -> ExitCode {
    let batch = match Batch::plan(arguments) {
        Ok(batch) => batch,
        Err(error) => return fail(exit::USAGE, &error),
    };
    if let Err(error) = batch.demand.is_met() {
        return fail(exit::UNDECIDED, &error);
    }
    let state = batch.grade(stop);
    for wrong in &state.wrong {
        fail(exit::UNDECIDED, wrong);
    }
    if stop.load(Ordering::Relaxed) {
        return ExitCode::from(exit::INTERRUPTED);
    }
    match state.wrong.is_empty() && state.tallies.iter().all(Tally::is_graded) {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(exit::UNDECIDED),
    }
}

/// A planned batch.
struct Batch {
    /// The session of each submission, or the reason why it cannot be graded.
    sessions: Vec<Result<Session, String>>,
    /// Number of submissions graded in parallel.
    at_a_time: usize,
    /// The resources that a full set of parallel submissions needs.
    demand: Demand,
    state: Mutex<State>,
    /// The last line on the screen.
    results: String,
}

/// The results so far, and where they are shown.
struct State {
    /// One tally for each session, in the same order.
    tallies: Vec<Tally>,
    sheet: Sheet,
    board: Board,
    /// Errors so far.
    wrong: Vec<String>,
}

impl Batch {
    /// # Errors
    /// One line of text that names the error.
    fn plan(arguments: &BatchArguments) -> Result<Batch, String> {
        let config = Config::read(&arguments.config)?;
        let all = submissions::find(&arguments.folder, &config.reports)?;
        let chosen = submissions::choose(&all, &arguments.only, &arguments.folder)?;
        let session = |submission: &&Submission| config.session(submission);
        let sessions: Vec<Result<Session, String>> = chosen.iter().map(session).collect();
        // A submission with a bad profile does not stop the others. An error in all of them does.
        #[expect(clippy::indexing_slicing, reason = "find and choose return no empty list")]
        let first = sessions.iter().find(|session| session.is_ok()).unwrap_or(&sessions[0]);
        let first = first.as_ref().map_err(String::clone)?;
        let checks: Vec<&str> = first.checks().iter().map(|check| check.id).collect();
        let tally = |submission: &&Submission| Tally::new(&submission.name, checks.len());
        let tallies: Vec<Tally> = chosen.iter().map(tally).collect();
        let sheet = match arguments.only.is_empty() {
            true => {
                sheet::keep(&config.csv)?;
                Sheet::renewed(&config.csv, checks, &tallies)
            }
            false => Sheet::read(&config.csv, checks)?,
        };
        config.make_folders()?;
        exit::warn(first.notice());
        // The demand of the largest submissions that may run in parallel.
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
                // Fewer threads only take longer; without any thread nothing is graded, which shows.
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
            session.grade(stop, |graded, _| self.lock().change(index, |tally| tally.update(graded)))
        }));
        let wrong = match &graded {
            Ok((_, written)) => {
                written.as_ref().err().map(|error| format!("cannot write the reports: {error}"))
            }
            // The panic is caught, so that the other submissions are graded.
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
        #[expect(clippy::indexing_slicing, reason = "each session has a tally")]
        let tally = &mut self.tallies[index];
        change(tally);
        self.show();
    }

    /// Records the end of a submission, with its results and its error.
    fn end(&mut self, index: usize, graded: Option<Graded>, wrong: Option<String>) {
        #[expect(clippy::indexing_slicing, reason = "each session has a tally")]
        let tally = &mut self.tallies[index];
        match graded {
            Some(graded) => tally.end(&graded),
            None => tally.lose(),
        }
        let name = visible::line(&tally.name);
        self.wrong.extend(wrong.map(|wrong| format!("{name}: {wrong}")));
        self.sheet.put(tally);
        let written = self.sheet.write();
        // An error that repeats for each submission is reported once.
        self.wrong.extend(written.err().filter(|error| !self.wrong.contains(error)));
        self.board.ended(&self.tallies, index);
    }
}
