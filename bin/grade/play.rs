//! `grade play`: plays transcripts against a server or a client, and formats them.
//!
//! All files are parsed before a program starts. Each transcript starts a program, as each check
//! has. `transcript` compares; `scenario::Stage` and `client` connect it with the program; the report is
//! that of a check, with the place in the file above it.

mod client;
mod files;
mod report;

pub(crate) use self::files::{read, read_all};

use std::cell::RefCell;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

use clap::Parser;
use transcript::{Difference, Transcript};

use crate::arguments::{Arguments, PlayArguments};
use crate::course::Course;
use crate::exit::{INTERRUPTED, UNDECIDED, USAGE, fail, warn};
use crate::scenario::{Haste, Stage};
use crate::session::Session;
use crate::subject::{Knowledge, Subject};
use crate::verdict::{Outcome, Verdict};
use crate::wire::Dialect;

/// A transcript that was played.
pub(crate) struct Played {
    pub(crate) outcome: Outcome,
    /// Where the transcript differs, if it does.
    pub(crate) difference: Option<Difference>,
}

/// Runs `grade play`.
pub(crate) fn run(arguments: &PlayArguments, stop: &Arc<AtomicBool>) -> ExitCode {
    if arguments.fmt {
        return files::format_all(&arguments.files, arguments.check);
    }
    let course = match Course::read(&arguments.course) {
        Ok(course) => course,
        Err(error) => return fail(USAGE, &error),
    };
    let dialect = arguments.dialect.as_deref();
    let transcripts = match files::read_all(&arguments.files, dialect, course.dialect()) {
        Ok(transcripts) => transcripts,
        Err(code) => return code,
    };
    if arguments.client.is_some()
        && let Err(code) = files::all_can_be_typed(&transcripts)
    {
        return code;
    }
    let (subject, notice) = match plan(arguments) {
        Ok(planned) => planned,
        Err(error) => return fail(USAGE, &error),
    };
    warn(notice.as_deref());
    let verdicts = match play_all(arguments, &subject, &transcripts, stop) {
        Ok(verdicts) => verdicts,
        Err(error) => return fail(UNDECIDED, &format!("cannot play the transcripts: {error}")),
    };
    if stop.load(Ordering::Relaxed) {
        return ExitCode::from(INTERRUPTED);
    }
    report::summary(&verdicts);
    if verdicts.iter().any(|verdict| matches!(verdict, Verdict::Failed(_))) {
        return ExitCode::FAILURE;
    }
    match verdicts.iter().all(|verdict| *verdict == Verdict::Passed) {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(UNDECIDED),
    }
}

/// The program as `grade` itself would check it, and what the teacher has to know.
fn plan(arguments: &PlayArguments) -> Result<(Subject, Option<String>), String> {
    let usual = Arguments::try_parse_from(["grade"]).map_err(|error| error.to_string())?;
    let arguments = Arguments {
        server: arguments.server.clone(),
        client: arguments.client.clone(),
        profile: arguments.profile.clone(),
        course: arguments.course.clone(),
        port: arguments.port,
        visible: arguments.visible.clone(),
        no_isolation: arguments.no_isolation,
        user: arguments.user.clone(),
        from: arguments.from.clone(),
        patience: arguments.patience,
        start: arguments.start,
        ..usual
    };
    let sessions = Session::plan(&arguments)?;
    let session = sessions.first().ok_or("there is no program to play against")?;
    Ok((session.subject().clone(), session.notice().map(str::to_owned)))
}

/// Plays all transcripts, several at a time, and prints each result in the order of the files.
fn play_all(
    arguments: &PlayArguments,
    subject: &Subject,
    transcripts: &[Transcript],
    stop: &AtomicBool,
) -> io::Result<Vec<Verdict>> {
    let next = AtomicUsize::new(0);
    let (sender, results) = sync_channel(transcripts.len());
    let mut played: Vec<Option<Played>> = transcripts.iter().map(|_| None).collect();
    let mut verdicts = Vec::new();
    thread::scope(|scope| {
        let subjects = subjects(subject, transcripts, stop);
        let subjects = Arc::new(subjects);
        for number in 0..arguments.jobs.get().min(transcripts.len()) {
            let (sender, subjects, next) = (sender.clone(), Arc::clone(&subjects), &next);
            thread::Builder::new().name(format!("play-{number}")).spawn_scoped(
                scope,
                move || {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let Some(transcript) = transcripts.get(number) else { return };
                        let subject = subject_for(&subjects, transcript);
                        let played = subject.map(|it| play(it, transcript, Haste::AsWritten, stop));
                        // The receiver waits until all threads have ended.
                        if stop.load(Ordering::Relaxed) || sender.send((number, played)).is_err() {
                            return;
                        }
                    }
                },
            )?;
        }
        drop(sender);
        while let Ok((number, result)) = results.recv() {
            if let Some(slot) = played.get_mut(number) {
                *slot = result;
            }
            while let (Some(transcript), Some(Some(done))) =
                (transcripts.get(verdicts.len()), played.get(verdicts.len()))
            {
                report::show(arguments, transcript, done, subject.program());
                verdicts.push(done.outcome.verdict.clone());
            }
        }
        io::Result::Ok(())
    })?;
    subject.folders.clear();
    Ok(verdicts)
}

/// The program in each dialect of the transcripts. If a silence has to be judged, the grader listens
/// first, and so learns how long the server takes.
fn subjects(
    subject: &Subject,
    transcripts: &[Transcript],
    stop: &AtomicBool,
) -> Vec<(String, Subject)> {
    let mut subjects: Vec<(String, Subject)> = Vec::new();
    for transcript in transcripts {
        let name = transcript.dialect.name();
        if subjects.iter().any(|(other, _)| other == name) {
            continue;
        }
        let line = subject.line.replace("{dialect}", name);
        // Only the listening and the answers to a client need the grader's own dialects.
        let own = Dialect::find(name);
        let dialect = own.unwrap_or(subject.dialect);
        let mut subject = Subject { line, dialect, ..subject.clone() };
        let is_silent = |other: &Transcript| other.dialect.name() == name && other.has_silence();
        if own.is_some() && transcripts.iter().any(is_silent) {
            let pace = subject.listen(stop).pace;
            subject.knowledge = Arc::new(Knowledge { pace, ..Knowledge::default() });
        }
        subjects.push((name.to_owned(), subject));
    }
    subjects
}

fn subject_for<'a>(
    subjects: &'a [(String, Subject)],
    transcript: &Transcript,
) -> Option<&'a Subject> {
    let found = subjects.iter().find(|(name, _)| name == transcript.dialect.name());
    found.map(|(_, subject)| subject)
}

/// Plays one transcript against a program, which is started for it. `haste` is for servers: a client has one user.
pub(crate) fn play(
    subject: &Subject,
    transcript: &Transcript,
    haste: Haste,
    stop: &AtomicBool,
) -> Played {
    const ID: &str = "PLAY";
    let found = RefCell::new(None);
    let clients = transcript.people().count() as u64;
    let outcome = if subject.profile.is_some() {
        subject.talk_to_client(ID, stop, |scenario| {
            let (difference, ended) = client::play(scenario, transcript);
            *found.borrow_mut() = difference;
            ended
        })
    } else {
        subject.talk_to_server(ID, clients, stop, |scenario| {
            let (difference, ended) = Stage::play(scenario, transcript, haste);
            *found.borrow_mut() = difference;
            ended
        })
    };
    Played { outcome, difference: found.into_inner() }
}
