//! The checks of one program in one dialect: runs them, prints progress, writes reports. `plan`
//! creates the sessions from the command line, `replay` the command that repeats a check, and `progress`
//! prints.

mod plan;
mod progress;
pub(crate) mod replay;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use self::progress::Progress;
use crate::capacity::Demand;
use crate::check::Check;
use crate::checks;
use crate::lag::Stopwatch;
use crate::report::{self, About, Entry, Graded, Points, Style, Submission};
use crate::rubric::Rubric;
use crate::run;
use crate::screen::{self, say};
use crate::subject::Subject;
use crate::verdict::{Outcome, Verdict};

/// Width of a report that no terminal shows.
const WIDTH: usize = 100;

/// The file that stands beside reports which do not have all results yet.
const UNFINISHED: &str = ".unfinished";

pub(crate) struct Session {
    subject: Subject,
    checks: Vec<&'static Check>,
    rubric: Arc<Rubric>,
    jobs: usize,
    /// Longest duration of the run.
    limit: Duration,
    report: Option<PathBuf>,
    /// Recordings of the failed checks stand beside the reports.
    records: bool,
    /// The reports of an earlier run that was finished are replaced only when this run is.
    keeps_finished: bool,
    student: Option<String>,
    /// Prefix that tells the lines of this session from those of sessions that run at the same
    /// time.
    label: String,
    /// What every report has to say about the circumstances.
    notice: Option<String>,
    /// The command that replays a check, without the id of the check.
    replay: String,
}

/// Returns whether this folder has the reports of a whole run.
fn is_finished(folder: &Path) -> bool {
    folder.join("results.json").exists() && !folder.join(UNFINISHED).exists()
}

/// Summary of a run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Found {
    pub(crate) failed: bool,
    pub(crate) undecided: bool,
}

impl Found {
    fn of(graded: &Graded) -> Found {
        let verdicts = || graded.results.iter().map(Entry::verdict);
        let undecided = |verdict: &Verdict| matches!(verdict, Verdict::Undecided { .. });
        Found {
            failed: verdicts().any(|verdict| matches!(verdict, Verdict::Failed(_))),
            undecided: !graded.finished || verdicts().any(undecided),
        }
    }

    /// Merges two summaries.
    pub(crate) fn and(self, other: Found) -> Found {
        Found { failed: self.failed || other.failed, undecided: self.undecided || other.undecided }
    }
}

impl Session {
    /// Runs the checks and prints the results.
    ///
    /// # Errors
    /// A report could not be written.
    pub(crate) fn run(self, stop: &Arc<AtomicBool>) -> io::Result<Found> {
        let terminal = screen::width();
        let look = Style { width: terminal.unwrap_or(WIDTH), colour: terminal.is_some() };
        let mut progress = Progress::new(&self.label, &self.checks, look);
        let (graded, written) = self.grade(stop, |graded, entry| progress.show(graded, entry));
        progress.finish(&graded);
        let mut report = report::failures(&graded, look);
        // What was learned about the program stands above all results already.
        report.extend(Some(report::notes(&graded, look)).filter(|notes| !notes.is_empty()));
        report.push(report::summary(&graded, look));
        // In one call, so that the output of another session cannot come in between.
        say(&report.join("\n"), look.colour);
        written.map(|()| Found::of(&graded))
    }

    /// Runs the checks, and writes all reports after each of them. Calls `on_result` with each
    /// result and with everything that is known by then. Also returns whether the last reports were
    /// written. If they were not, the remaining checks still run, because an abandoned check could
    /// leave its program behind.
    pub(crate) fn grade(
        &self,
        stop: &Arc<AtomicBool>,
        mut on_result: impl FnMut(&Graded, &Entry),
    ) -> (Graded, io::Result<()>) {
        let (began, watch) = (Instant::now(), Stopwatch::start());
        let total = self.checks.len();
        let subject =
            Subject { knowledge: Arc::new(self.subject.listen(stop)), ..self.subject.clone() };
        let mut graded = Graded {
            title: self.subject.line.clone(),
            program: self.subject.program(),
            dialect: self.subject.dialect.name(),
            seed: self.subject.seed.text().to_owned(),
            student: self.student.clone(),
            submission: Submission::new(|name| std::env::var(name).ok()),
            began: Timestamp::now(),
            took: Duration::ZERO,
            finished: false,
            notes: self.notice.iter().cloned().collect(),
            learned: subject.knowledge.sentences.clone(),
            stages: self.rubric.stages(),
            results: Vec::new(),
        };
        let outcomes = run::start(
            subject,
            self.checks.clone(),
            self.jobs,
            watch,
            self.limit,
            Arc::clone(stop),
        );
        let finished_before =
            self.keeps_finished && self.report.as_deref().is_some_and(is_finished);
        let write = |graded: &Graded| match finished_before && !graded.finished {
            true => Ok(()),
            false => self.write(graded),
        };
        let (mut written, mut recorded) = (Ok(()), Ok(()));
        for outcome in outcomes {
            let id = outcome.id;
            if !finished_before {
                recorded = recorded.and(self.keep_recording(&outcome));
            }
            graded.results.push(self.entry(outcome));
            let order = |entry: &Entry| self.checks.iter().position(|it| it.id == entry.id());
            graded.results.sort_by_key(order);
            graded.took = began.elapsed();
            graded.finished = graded.results.len() == total;
            if let Some(entry) = graded.results.iter().find(|entry| entry.id() == id) {
                on_result(&graded, entry);
            }
            written = write(&graded);
        }
        if !graded.finished {
            written = write(&graded);
        } else if finished_before {
            let mut entries = graded.results.iter();
            recorded = entries.try_for_each(|entry| self.keep_recording(&entry.outcome));
        }
        self.subject.folders.clear();
        (graded, written.and(recorded))
    }

    /// The resources of the machine that this session needs.
    pub(crate) fn demand(&self) -> Demand {
        let clients = self.checks.iter().map(|check| checks::clients(check)).max().unwrap_or(0);
        Demand { checks: self.jobs.min(self.checks.len()) as u64, clients }
    }

    /// The program and its settings.
    pub(crate) fn subject(&self) -> &Subject {
        &self.subject
    }

    /// What the teacher has to know before the run.
    pub(crate) fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// The checks, in the order of the report.
    pub(crate) fn checks(&self) -> &[&'static Check] {
        &self.checks
    }

    /// Writes all reports. Until the run is finished, a mark stands beside them.
    fn write(&self, graded: &Graded) -> io::Result<()> {
        let Some(folder) = &self.report else { return Ok(()) };
        let mark = folder.join(UNFINISHED);
        fs::create_dir_all(folder)?;
        if !mark.exists() {
            File::create(&mark)?;
        }
        report::write_all(folder, graded)?;
        if graded.finished { fs::remove_file(mark) } else { Ok(()) }
    }

    /// The file of a recording, as the reader of the reports can name it. A student has no other folder of
    /// the teacher than that of the reports.
    fn recording(&self, id: &str) -> Option<String> {
        let folder = self.report.as_ref().filter(|_| self.records)?;
        let file = report::place(id, "events");
        let file = if self.student.is_some() { file } else { folder.join(file) };
        Some(file.display().to_string())
    }

    /// Keeps the recording of a failed check, if recordings are wanted.
    fn keep_recording(&self, outcome: &Outcome) -> io::Result<()> {
        let Some(folder) = self.report.as_ref().filter(|_| self.records) else { return Ok(()) };
        report::keep(folder, self.subject.program(), self.subject.dialect.name(), outcome)
    }

    /// Lets the reports of an earlier, finished run stand until this run is finished.
    pub(crate) fn keeping_finished(self) -> Session {
        Session { keeps_finished: true, ..self }
    }

    /// Adds to an outcome everything that its report contains.
    #[expect(clippy::expect_used, reason = "an outcome has the id of its check")]
    fn entry(&self, outcome: Outcome) -> Entry {
        let check = checks::find(outcome.id).expect("only known checks are run");
        let worth = self.rubric.worth(outcome.id);
        let possible = worth.as_ref().map_or(1.0, |worth| worth.points);
        let earned = if outcome.verdict == Verdict::Passed { possible } else { 0.0 };
        let about = About {
            program: self.subject.program(),
            requirement: self.subject.course.sentence(outcome.id),
            layer: self.subject.course.layers.then(|| check.layer.name()),
            rationale: check.rationale,
            hint: check.hint,
            points: Points { earned, possible },
            visibility: worth.as_ref().map_or_else(Default::default, |worth| worth.visibility),
            stage: worth.map_or_else(String::new, |worth| worth.stage),
            replay: format!("{} --check {}", self.replay, outcome.id),
            recording: self.recording(outcome.id),
        };
        Entry::new(about, outcome)
    }
}
