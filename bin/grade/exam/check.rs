//! `grade exam check`: plays what the students have handed in, and judges it.

use std::collections::HashMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::folder::{Exam, ExamFolder};
use super::hand_in::{self, FILES, HandIn};
use super::judge::{End, Finding, Play};
use super::programs::{Job, Plays, Server};
use super::{questions, sheet};
use crate::arguments::CheckArguments;
use crate::built_in::BuiltIn;
use crate::exit::{INTERRUPTED, UNDECIDED, USAGE, fail, warn};
use crate::lag;
use crate::play::Played;
use crate::screen::{self, say};
use crate::verdict::Verdict;

/// The exam of a student with its results.
pub(super) struct Checked {
    pub(super) exam: Exam,
    pub(super) answers: [Answer; 2],
}

/// A file that a student was asked for.
pub(super) struct Answer {
    /// The hand-in, if it can be played.
    pub(super) hand_in: Option<HandIn>,
    pub(super) finding: Finding,
    /// The line of the first difference on the student's server, and what the server did there.
    pub(super) difference: Option<(usize, String)>,
    /// Another student who handed in the same bytes.
    pub(super) same_as: Option<String>,
}

/// Runs `grade exam check`.
pub(super) fn run(arguments: &CheckArguments, stop: &Arc<AtomicBool>) -> ExitCode {
    let folder = ExamFolder::at(&arguments.folder);
    let exams = match folder.read_answers() {
        Ok(exams) => exams,
        Err(error) => return fail(USAGE, &error),
    };
    let built_in = match BuiltIn::find(!arguments.no_isolation) {
        Ok(built_in) => built_in,
        Err(error) => return fail(UNDECIDED, &error),
    };
    warn(built_in.notice());
    lag::start();
    let patience = Duration::from_secs(u64::from(arguments.patience.get()));
    let plays = Plays { built_in: &built_in, jobs: arguments.jobs, patience, stop };
    let checked = check(&folder, exams, &plays);
    if stop.load(Ordering::Relaxed) {
        return ExitCode::from(INTERRUPTED);
    }
    let terminal = screen::width().is_some();
    say(&sheet::table(&checked), terminal);
    let written = folder
        .write("results.csv", &sheet::csv(&checked))
        .and_then(|_| folder.write("questions.md", &questions::sheet(&checked)));
    if let Err(error) = written {
        return fail(UNDECIDED, &error);
    }
    let answers = checked.iter().flat_map(|it| &it.answers);
    match answers.clone().any(|answer| matches!(answer.finding, Finding::Undecided(_))) {
        true => ExitCode::from(UNDECIDED),
        false => ExitCode::SUCCESS,
    }
}

/// Reads, plays and judges everything.
fn check(folder: &ExamFolder, exams: Vec<Exam>, plays: &Plays) -> Vec<Checked> {
    type Read = Result<HandIn, String>;
    let read = |exam: &Exam| {
        let own = folder.of(&exam.student);
        FILES.map(|name| hand_in::read(Path::new(&own), name))
    };
    let all: Vec<(Exam, [Read; 2])> =
        exams.into_iter().map(|exam| (exam.clone(), read(&exam))).collect();
    // Equal transcripts are played once on each server.
    let mut jobs: Vec<Job> = Vec::new();
    let mut numbers: HashMap<(&[u8], Server), usize> = HashMap::new();
    for (exam, hand_ins) in &all {
        for hand_in in hand_ins.iter().flatten() {
            for server in Server::all(exam.pair) {
                numbers.entry((&hand_in.bytes, server)).or_insert_with(|| {
                    jobs.push(Job { transcript: &hand_in.transcript, server });
                    jobs.len() - 1
                });
            }
        }
    }
    let played = plays.all(&jobs);
    let mut owners: HashMap<&[u8], &str> = HashMap::new();
    let mut checked = Vec::new();
    for (exam, hand_ins) in &all {
        let answers = hand_ins.each_ref().map(|read| match read {
            Err(why) => Answer {
                hand_in: None,
                finding: Finding::Unplayable(why.clone()),
                difference: None,
                same_as: None,
            },
            Ok(hand_in) => {
                let find = |server: Server| {
                    let number = numbers.get(&(hand_in.bytes.as_slice(), server))?;
                    played.get(*number)?.as_ref()
                };
                let own = exam.student.name.as_str();
                let owner = *owners.entry(&hand_in.bytes).or_insert(own);
                Answer {
                    finding: judge(exam, find),
                    difference: find(Server::both(exam.pair)).and_then(difference),
                    same_as: Some(owner.to_owned()).filter(|owner| owner != own),
                    hand_in: Some(hand_in.clone()),
                }
            }
        });
        checked.push(Checked { exam: exam.clone(), answers });
    }
    checked
}

fn judge<'a>(exam: &Exam, find: impl Fn(Server) -> Option<&'a Played>) -> Finding {
    let played = |server: Server| Some(Play { server, end: end(find(server)?) });
    let plays: Vec<Play> = Server::all(exam.pair).into_iter().filter_map(played).collect();
    Finding::of(exam.pair, &plays)
}

fn end(played: &Played) -> End {
    match &played.outcome.verdict {
        Verdict::Passed => End::Passed,
        Verdict::Failed(_) => End::Failed { line: difference(played).map(|(line, _)| line) },
        Verdict::Undecided { why } => End::Undecided(why.clone()),
        Verdict::Skipped { .. } | Verdict::Absent => End::Undecided("it was not played".to_owned()),
    }
}

/// The line of the first difference, and what the server did there.
fn difference(played: &Played) -> Option<(usize, String)> {
    let difference = played.difference.as_ref()?;
    Some((difference.place.line, difference.received.clone()))
}
