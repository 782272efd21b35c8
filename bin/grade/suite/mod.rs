//! `grade tests`: judges a folder of transcripts, and `grade harvest`: the suites of a class.
//!
//! A suite is valid if each of its transcripts passes on every right server, and thorough if every mutant
//! fails one of them. A transcript that is invalid catches nothing: it would also fail on a right server.

mod concepts;
mod files;
mod harvest;
mod json;
mod judge;
mod report;
mod right;

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use transcript::Transcript;

use self::judge::{Catch, Validity};
use self::right::Rights;
use crate::arguments::{HarvestArguments, TestsArguments};
use crate::built_in::{self, BuiltIn, Mutant};
use crate::exit::{INTERRUPTED, UNDECIDED, USAGE, fail, warn};
use crate::play::read_all;
use crate::rubric::Rubric;
use crate::screen::say;

/// Longest wait for an answer of a right server.
const PATIENCE: Duration = Duration::from_secs(3);

/// A suite that was judged.
struct Judged {
    transcripts: Vec<Transcript>,
    /// The validity of each transcript.
    validity: Vec<Validity>,
    /// The mutants that a valid transcript can catch, and what the suite does about them.
    catches: Vec<(Mutant, Catch)>,
}

/// Runs `grade tests`.
pub(crate) fn run(arguments: &TestsArguments, stop: &AtomicBool) -> ExitCode {
    let prepared = Rubric::read(arguments.rubric.as_deref())
        .and_then(|rubric| Ok((rubric, files::find(&arguments.folder)?)));
    let (rubric, files) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return fail(USAGE, &error),
    };
    let built_in = match BuiltIn::find(!arguments.no_isolation) {
        Ok(built_in) => built_in,
        Err(error) => return fail(UNDECIDED, &error),
    };
    let transcripts = match read_all(&files, arguments.dialect.as_deref(), None) {
        Ok(transcripts) => transcripts,
        Err(code) => return code,
    };
    warn(built_in.notice());
    let judged = match judge(transcripts, &built_in, arguments, stop) {
        Ok(judged) => judged,
        Err(error) => return fail(USAGE, &error),
    };
    if stop.load(Ordering::Relaxed) {
        return ExitCode::from(INTERRUPTED);
    }
    match arguments.json {
        true => say(&format!("{:#}", json::results(&judged, &rubric.tests)), false),
        false => report::show(&judged, &rubric.tests),
    }
    let is_undecided = judged.validity.iter().any(|it| matches!(it, Validity::Undecided(_)))
        || judged.catches.iter().any(|(_, it)| matches!(it, Catch::Undecided(_)));
    let is_valid = judged.validity.iter().all(|it| matches!(it, Validity::Valid));
    match (is_undecided, is_valid && report::missed_concepts(&judged).is_empty()) {
        (true, _) => ExitCode::from(UNDECIDED),
        (false, true) => ExitCode::SUCCESS,
        (false, false) => ExitCode::FAILURE,
    }
}

/// Judges the transcripts of one suite.
fn judge(
    transcripts: Vec<Transcript>,
    built_in: &BuiltIn,
    arguments: &TestsArguments,
    stop: &AtomicBool,
) -> Result<Judged, String> {
    let dialect = files::dialect(&transcripts)?;
    let jobs = arguments.jobs.get();
    let rights = Rights::find(built_in, dialect, !arguments.no_isolation, PATIENCE)?;
    let validity = judge::validity(&transcripts, &rights, jobs, stop);
    let is_valid = |(_, validity): &(&Transcript, &Validity)| matches!(validity, Validity::Valid);
    let valid = transcripts.iter().zip(&validity).filter(is_valid);
    let valid: Vec<&Transcript> = valid.map(|(transcript, _)| transcript).collect();
    let mut mutants = built_in::mutants(dialect);
    mutants.retain(|mutant| concepts::is_visible(mutant.name));
    let catches = judge::thoroughness(&valid, &mutants, (built_in, dialect), jobs, stop);
    let catches = mutants.into_iter().zip(catches).collect();
    Ok(Judged { transcripts, validity, catches })
}

/// Runs `grade harvest`.
pub(crate) fn run_harvest(arguments: &HarvestArguments, stop: &AtomicBool) -> ExitCode {
    let built_in = match BuiltIn::find(!arguments.no_isolation) {
        Ok(built_in) => built_in,
        Err(error) => return fail(USAGE, &error),
    };
    warn(built_in.notice());
    harvest::run(arguments, &built_in, stop)
}

/// The name of a file without its folders.
fn name_of(file: &str) -> String {
    let name = Path::new(file).file_name();
    name.map_or_else(|| file.to_owned(), |name| name.to_string_lossy().into_owned())
}
