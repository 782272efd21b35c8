//! A run: every check that was asked for, several at a time, each with a program of its own.

use std::collections::HashMap;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::check::{Check, Stop};
use crate::program::{self, Limits, Program, Trouble};
use crate::seed::Seed;
use crate::stage::Stage;
use crate::story::{Story, What};
use crate::verdict::{Outcome, Verdict};
use crate::wire::Dialect;

/// How often a check is tried that could not be decided.
const TRIES: usize = 3;

/// What is graded, and how.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    /// The command line, in which `{port}` stands for the port and `{dialect}` for the dialect.
    pub(crate) line: String,
    /// The folder of the submission, where it has one.
    pub(crate) from: Option<PathBuf>,
    pub(crate) dialect: Dialect,
    pub(crate) seed: Seed,
    /// How long an answer may take.
    pub(crate) patience: Duration,
    /// How long the program may take to listen.
    pub(crate) start: Duration,
    pub(crate) limits: Limits,
}

/// What has become of the checks so far.
#[derive(Default)]
struct State {
    taken: Vec<&'static str>,
    verdicts: HashMap<&'static str, Verdict>,
}

/// What the threads of a run share.
struct Shared {
    subject: Subject,
    checks: Vec<&'static Check>,
    state: Mutex<State>,
    changed: Condvar,
    stop: Arc<AtomicBool>,
}

/// Begins a run with so many checks at a time; what comes of each arrives as it is known.
pub(crate) fn start(
    subject: Subject,
    checks: Vec<&'static Check>,
    jobs: usize,
    stop: Arc<AtomicBool>,
) -> Receiver<Outcome> {
    let (tell, told) = sync_channel(checks.len().max(1));
    let (state, changed) = (Mutex::default(), Condvar::new());
    let shared = Arc::new(Shared { subject, checks, state, changed, stop });
    for number in 0..jobs.max(1) {
        let (shared, tell) = (Arc::clone(&shared), tell.clone());
        let thread = thread::Builder::new().name(format!("check-{number}"));
        // With fewer threads it takes longer; with none at all the channel ends at once.
        let _ = thread.spawn(move || shared.work(&tell));
    }
    told
}

/// What there is to do next.
enum Next {
    Run(&'static Check),
    /// It is decided without being run.
    Decided(&'static Check, Verdict),
    /// Others have to be decided first.
    Wait,
    Done,
}

impl Shared {
    /// The life of a thread that does checks.
    fn work(&self, tell: &SyncSender<Outcome>) {
        loop {
            let next = self.next();
            let outcome = match next {
                Next::Done => return,
                Next::Wait => {
                    let state = self.lock();
                    drop(self.changed.wait_timeout(state, Duration::from_millis(100)));
                    continue;
                }
                Next::Decided(check, verdict) => Outcome::without_a_story(check.id, verdict),
                Next::Run(check) => self.subject.find_out(check, &self.stop),
            };
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            self.lock().verdicts.insert(outcome.id, outcome.verdict.clone());
            self.changed.notify_all();
            // Whoever does not listen any more has been interrupted.
            let _ = tell.send(outcome);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Next {
        let mut state = self.lock();
        if self.stop.load(Ordering::Relaxed) {
            return Next::Done;
        }
        let mut waiting = false;
        for check in self.checks.iter().filter(|check| !state.taken.contains(&check.id)) {
            let next = self.what_about(check, &state);
            if matches!(next, Next::Wait) {
                waiting = true;
                continue;
            }
            state.taken.push(check.id);
            return next;
        }
        if waiting { Next::Wait } else { Next::Done }
    }

    /// What to do about a check that nobody has taken.
    fn what_about(&self, check: &'static Check, state: &State) -> Next {
        if !check.dialects.contains(&self.subject.dialect) {
            return Next::Decided(check, Verdict::Absent);
        }
        for id in check.after {
            // What is not part of this run is taken for granted.
            if !self.checks.iter().any(|other| other.id == *id) {
                continue;
            }
            match state.verdicts.get(id) {
                None => return Next::Wait,
                Some(Verdict::Passed | Verdict::Absent) => {}
                Some(_) => return Next::Decided(check, Verdict::Skipped { after: id }),
            }
        }
        Next::Run(check)
    }
}

impl Subject {
    /// Finds out about one check; again, while the machine, or the grader itself, may be to blame.
    fn find_out(&self, check: &'static Check, stop: &AtomicBool) -> Outcome {
        let mut tries = 1;
        loop {
            let tried = panic::catch_unwind(AssertUnwindSafe(|| self.try_once(check, stop)));
            // Or those that come after it would wait for ever.
            let (outcome, port_taken) = tried.unwrap_or_else(|_| {
                let why = "a bug in the grader ended this check".to_owned();
                (Outcome::without_a_story(check.id, Verdict::Undecided { why }), false)
            });
            let again = port_taken || matches!(outcome.verdict, Verdict::Undecided { .. });
            if !again || tries == TRIES || stop.load(Ordering::Relaxed) {
                return outcome;
            }
            tries += 1;
        }
    }

    /// Also says whether somebody else may have taken the port that was free a moment ago.
    fn try_once(&self, check: &'static Check, stop: &AtomicBool) -> (Outcome, bool) {
        let began = Instant::now();
        let mut story = Story::new();
        let outcome = |verdict, story, output| {
            let (id, took) = (check.id, began.elapsed());
            (Outcome { id, verdict, story, output, took }, false)
        };
        let port = match program::free_port() {
            Ok(port) => port,
            Err(error) => {
                let why = format!("there is no free port: {error}");
                return outcome(Verdict::Undecided { why }, story, String::new());
            }
        };
        let line = self.line.replace("{port}", &port.to_string());
        let line = line.replace("{dialect}", self.dialect.name());
        let program = match Program::start(&line, self.from.as_deref(), &self.limits) {
            Ok(program) => program,
            Err(trouble) => {
                let why = trouble.to_string();
                return outcome(Verdict::Undecided { why }, story, String::new());
            }
        };
        story.tell("server", What::Did { words: format!("is started: {line}") });
        let until = Instant::now() + self.start;
        let listening = program.wait_listening(port, until, &|| stop.load(Ordering::Relaxed));
        let address = match listening {
            Ok(address) => address,
            Err(trouble) => {
                let expected =
                    format!("it listens on port {port} within {} s", self.start.as_secs());
                let verdict = verdict(Err(Stop::trouble("server", &expected, &trouble)));
                let port_taken = matches!(trouble, Trouble::Exited { .. });
                return (outcome(verdict, story, program.output()).0, port_taken);
            }
        };
        story.tell("server", What::Did { words: format!("listens on port {port}") });
        let words = self.seed.words(check.id);
        let mut stage = Stage::new(program, address, self.dialect, words, story, self.patience);
        let verdict = verdict((check.run)(&mut stage));
        let output = stage.program.output();
        outcome(verdict, std::mem::take(&mut stage.story), output)
    }
}

/// What a check that ended like this has found.
fn verdict(ended: Result<(), Stop>) -> Verdict {
    match ended {
        Ok(()) => Verdict::Passed,
        Err(Stop::Failed(difference)) => Verdict::Failed(difference),
        Err(Stop::Undecided(why)) => Verdict::Undecided { why },
    }
}
