//! One submission in one dialect: what is to be checked, what is said meanwhile, what is written.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;

use crate::arguments::Arguments;
use crate::check::Check;
use crate::checks;
use crate::program::Limits;
use crate::report::{self, About, Entry, Graded, Look, Points, Submission};
use crate::requirement;
use crate::rubric::Rubric;
use crate::run::{self, Subject};
use crate::seed::Seed;
use crate::terminal;
use crate::verdict::{Outcome, Verdict};
use crate::wire::Dialect;

/// How wide a report is that no terminal shows.
const WIDTH: usize = 100;

/// What is graded.
const PROGRAM: &str = "server";

pub(crate) struct Session {
    subject: Subject,
    checks: Vec<&'static Check>,
    rubric: Arc<Rubric>,
    jobs: usize,
    report: Option<PathBuf>,
    student: Option<String>,
    /// Others run beside it.
    several: bool,
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
    /// Both together.
    pub(crate) fn and(self, other: Found) -> Found {
        Found { failed: self.failed || other.failed, undecided: self.undecided || other.undecided }
    }
}

impl Session {
    /// What these arguments ask for: a session for each dialect.
    ///
    /// # Errors
    /// In one line that names what is wrong.
    pub(crate) fn plan(arguments: &Arguments) -> Result<Vec<Session>, String> {
        let rubric = Arc::new(Rubric::read(arguments.rubric.as_deref())?);
        if let Some(id) = arguments.check.iter().find(|id| checks::find(id).is_none()) {
            return Err(format!("there is no check {id:?}; see --list"));
        }
        let is_asked = |check: &&'static Check| {
            arguments.check.iter().any(|id| check.id.eq_ignore_ascii_case(id))
        };
        let asked: Vec<&'static Check> = checks::all().filter(is_asked).collect();
        let mut dialects = Vec::new();
        for name in &arguments.dialect {
            dialects.push(Dialect::find(name).ok_or_else(|| {
                let names: Vec<&str> = Dialect::ALL.iter().map(|dialect| dialect.name()).collect();
                format!("no dialect is called {name:?}; there is: {}", names.join(", "))
            })?);
        }
        let line = match &arguments.server {
            Some(line) => line.clone(),
            None => own_server()?,
        };
        if dialects.is_empty() {
            dialects = if arguments.server.is_some() {
                vec![Dialect::Json]
            } else {
                Dialect::ALL.to_vec()
            };
        }
        // Strata's own needs nothing; whatever else is graded may need what lies where we are.
        let here = arguments.server.as_ref().map(|_| PathBuf::from("."));
        let from = arguments.from.clone().or(here);
        let from = from.map(|from| match from.is_dir() {
            false => Err(format!("{} is no folder", from.display())),
            true => from.canonicalize().map_err(|error| format!("{}: {error}", from.display())),
        });
        let from = from.transpose()?;
        let seed = match (&arguments.seed, &arguments.student) {
            (Some(seed), _) => seed.clone(),
            (None, Some(student)) => format!("student-{student}"),
            (None, None) => by_chance(),
        };
        let several = dialects.len() > 1;
        let session = |dialect: Dialect| {
            let has = |check: &&Check| rubric.worth(check.id).is_some();
            let checks =
                if asked.is_empty() { checks::all().filter(has).collect() } else { asked.clone() };
            let report = arguments.report.as_ref().map(|folder| match several {
                true => folder.join(dialect.name()),
                false => folder.clone(),
            });
            let server =
                arguments.server.as_ref().map(|line| format!(" --server {}", quoted(line)));
            let folder = arguments.from.as_ref();
            let folder =
                folder.map(|from| format!(" --from {}", quoted(&from.display().to_string())));
            let replay = format!(
                "grade{}{} --dialect {} --seed {}",
                server.unwrap_or_default(),
                folder.unwrap_or_default(),
                dialect.name(),
                quoted(&seed)
            );
            Session {
                subject: Subject {
                    line: line.clone(),
                    from: from.clone(),
                    dialect,
                    seed: Seed::new(seed.clone()),
                    patience: seconds(arguments.patience.get()),
                    start: seconds(arguments.start.get()),
                    limits: Limits::default(),
                },
                checks,
                rubric: Arc::clone(&rubric),
                jobs: arguments.jobs.get(),
                report,
                student: arguments.student.clone(),
                several,
                replay,
            }
        };
        Ok(dialects.into_iter().map(session).collect())
    }

    /// Runs it, and says what it finds.
    ///
    /// # Errors
    /// When a report cannot be written.
    pub(crate) fn run(self, stop: &Arc<AtomicBool>) -> io::Result<Found> {
        let began = Instant::now();
        let terminal = terminal::width();
        let look = Look { width: terminal.unwrap_or(WIDTH), colour: terminal.is_some() };
        let total = self.checks.len();
        let mut graded = Graded {
            title: self.subject.line.clone(),
            program: PROGRAM,
            dialect: self.subject.dialect.name(),
            seed: self.subject.seed.text().to_owned(),
            student: self.student.clone(),
            submission: Submission::new(|name| std::env::var(name).ok()),
            began: Timestamp::now(),
            took: Duration::ZERO,
            finished: false,
            results: Vec::new(),
        };
        let outcomes =
            run::start(self.subject.clone(), self.checks.clone(), self.jobs, Arc::clone(stop));
        let mut found = Found::default();
        let label = if self.several { format!("{} ", graded.dialect) } else { String::new() };
        for outcome in outcomes {
            found.failed |= matches!(outcome.verdict, Verdict::Failed(_));
            found.undecided |= matches!(outcome.verdict, Verdict::Undecided { .. });
            let entry = self.entry(outcome);
            let done = graded.results.len() + 1;
            let line = report::line(&format!("[{label}{done}/{total}] "), &entry, look);
            progress(line.trim_end(), look.colour);
            graded.results.push(entry);
            let order = |entry: &Entry| self.checks.iter().position(|it| it.id == entry.id());
            graded.results.sort_by_key(order);
            graded.took = began.elapsed();
            graded.finished = graded.results.len() == total;
            self.write(&graded)?;
        }
        if !graded.finished {
            found.undecided = true;
            self.write(&graded)?;
        }
        let mut told = report::failures(&graded, look);
        told.push(report::summary(&graded, look));
        // All at once: another session may have something to say, too.
        say(&told.join("\n"), look.colour);
        Ok(found)
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
            program: PROGRAM,
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

/// Strata's own server, which stands beside this program.
fn own_server() -> Result<String, String> {
    let own =
        std::env::current_exe().map_err(|error| format!("cannot find the server: {error}"))?;
    let server = own.with_file_name("server");
    if !server.is_file() {
        let server = server.display();
        return Err(format!("there is no {server}; build it, or say --server"));
    }
    let server = quoted(&server.display().to_string());
    Ok(format!(
        "{server} --listen {{dialect}}=127.0.0.1:{{port}} --data :memory: --flood off --login-limit 0 --log off"
    ))
}

/// A text as a shell takes it for one word.
fn quoted(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A seed that nobody could know.
fn by_chance() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{:04x}", (now.as_nanos() ^ u128::from(std::process::id())) & 0xffff)
}

fn seconds(count: u32) -> Duration {
    Duration::from_secs(u64::from(count))
}

/// Says it on standard output, in place of the line of progress on a terminal. That nobody reads it is
/// no reason not to grade.
fn say(text: &str, terminal: bool) {
    let clear = if terminal { CLEAR } else { "" };
    let _ = writeln!(io::stdout().lock(), "{clear}{text}");
}

/// To the beginning of the line, and nothing in it.
const CLEAR: &str = "\r\x1b[2K";

/// One line that is written over on a terminal, and a line for each check elsewhere.
fn progress(line: &str, terminal: bool) {
    let mut out = io::stdout().lock();
    let _ = if terminal { write!(out, "{CLEAR}{line}") } else { writeln!(out, "{line}") };
    let _ = out.flush();
}
