//! One submission in one dialect: what is to be checked, what is said meanwhile, what is written.
//! `plan` makes them of what was asked for.

mod plan;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::capacity::Demand;
use crate::check::Check;
use crate::checks;
use crate::report::{self, About, Entry, Graded, Look, Points, Submission};
use crate::requirement;
use crate::rubric::Rubric;
use crate::run;
use crate::screen::{self, progress, say};
use crate::subject::Subject;
use crate::verdict::{Outcome, Verdict};

/// How wide a report is that no terminal shows.
const WIDTH: usize = 100;

pub(crate) struct Session {
    subject: Subject,
    checks: Vec<&'static Check>,
    rubric: Arc<Rubric>,
    jobs: usize,
    /// How long the run may take.
    limit: Duration,
    report: Option<PathBuf>,
    student: Option<String>,
    /// What tells its lines from those of others that run beside it.
    label: String,
    /// What comes before what a check needs, to replay it.
    replay: String,
}

/// What a run has found.
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

    /// Both together.
    pub(crate) fn and(self, other: Found) -> Found {
        Found { failed: self.failed || other.failed, undecided: self.undecided || other.undecided }
    }
}

impl Session {
    /// Runs it, and says what it finds.
    ///
    /// # Errors
    /// When a report cannot be written.
    pub(crate) fn run(self, stop: &Arc<AtomicBool>) -> io::Result<Found> {
        let terminal = screen::width();
        let look = Look { width: terminal.unwrap_or(WIDTH), colour: terminal.is_some() };
        let total = self.checks.len();
        let (graded, written) = self.grade(stop, |graded, entry| {
            let done = graded.results.len();
            let line = report::line(&format!("[{}{done}/{total}] ", self.label), entry, look);
            progress(line.trim_end(), look.colour);
        });
        let mut told = report::failures(&graded, look);
        told.push(report::summary(&graded, look));
        // All at once: another session may have something to say, too.
        say(&told.join("\n"), look.colour);
        written.map(|()| Found::of(&graded))
    }

    /// Does the checks, and writes all reports after each; `hear` is told of each as it ends, with all
    /// that there is by then. Also says whether the last reports could be written. Where none can, the
    /// checks are done even so: left alone, their programs could outlive us.
    pub(crate) fn grade(
        &self,
        stop: &Arc<AtomicBool>,
        mut hear: impl FnMut(&Graded, &Entry),
    ) -> (Graded, io::Result<()>) {
        let began = Instant::now();
        let total = self.checks.len();
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
            results: Vec::new(),
        };
        let outcomes = run::start(
            self.subject.clone(),
            self.checks.clone(),
            self.jobs,
            self.limit,
            Arc::clone(stop),
        );
        let mut written = Ok(());
        for outcome in outcomes {
            let id = outcome.id;
            graded.results.push(self.entry(outcome));
            let order = |entry: &Entry| self.checks.iter().position(|it| it.id == entry.id());
            graded.results.sort_by_key(order);
            graded.took = began.elapsed();
            graded.finished = graded.results.len() == total;
            if let Some(entry) = graded.results.iter().find(|entry| entry.id() == id) {
                hear(&graded, entry);
            }
            written = self.write(&graded);
        }
        if !graded.finished {
            written = self.write(&graded);
        }
        self.subject.folders.clear();
        (graded, written)
    }

    /// What this needs of the machine.
    pub(crate) fn demand(&self) -> Demand {
        let clients = self.checks.iter().map(|check| checks::clients(check)).max().unwrap_or(0);
        Demand { checks: self.jobs.min(self.checks.len()) as u64, clients }
    }

    /// What is checked, in the order in which it is reported.
    pub(crate) fn checks(&self) -> &[&'static Check] {
        &self.checks
    }

    fn write(&self, graded: &Graded) -> io::Result<()> {
        self.report.as_ref().map_or(Ok(()), |folder| report::write_all(folder, graded))
    }

    /// What came of a check, with all that its report says.
    fn entry(&self, outcome: Outcome) -> Entry {
        let check = checks::find(outcome.id);
        let worth = self.rubric.worth(outcome.id);
        let possible = worth.as_ref().map_or(1.0, |worth| worth.points);
        let earned = if outcome.verdict == Verdict::Passed { possible } else { 0.0 };
        let about = About {
            program: self.subject.program(),
            requirement: requirement::find(outcome.id),
            layer: check.map_or("", |check| check.layer.name()),
            rationale: check.map_or("", |check| check.rationale),
            hint: check.map_or("", |check| check.hint),
            points: Points { earned, possible },
            visibility: worth.as_ref().map_or_else(Default::default, |worth| worth.visibility),
            stage: worth.map_or_else(String::new, |worth| worth.stage),
            replay: format!("{} --check {}", self.replay, outcome.id),
        };
        Entry::new(about, outcome)
    }
}
