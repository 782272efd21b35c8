//! One submission in one dialect: what is to be checked, what is said meanwhile, what is written.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;

use crate::arguments::Arguments;
use crate::check::Check;
use crate::checks;
use crate::client::Profile;
use crate::own;
use crate::program::Limits;
use crate::report::{self, About, Entry, Graded, Look, Points, Submission};
use crate::requirement;
use crate::rubric::Rubric;
use crate::run;
use crate::seed::Seed;
use crate::subject::Subject;
use crate::verdict::{Outcome, Verdict};
use crate::wire::Dialect;

/// How wide a terminal is taken to be.
const WIDTH: usize = 100;

/// How wide a line of progress may be, so that with what stands before it it fits most terminals.
const NARROW: usize = 64;

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
    /// Both together.
    pub(crate) fn and(self, other: Found) -> Found {
        Found { failed: self.failed || other.failed, undecided: self.undecided || other.undecided }
    }
}

impl Session {
    /// What these arguments ask for: a session for each program and dialect.
    ///
    /// # Errors
    /// In one line that names what is wrong.
    pub(crate) fn plan(arguments: &Arguments) -> Result<Vec<Session>, String> {
        let rubric = Arc::new(Rubric::read(arguments.rubric.as_deref())?);
        if let Some(id) = arguments.check.iter().find(|id| checks::find(id).is_none()) {
            return Err(format!("there is no check {id:?}; see --list"));
        }
        let asked: Result<Vec<Dialect>, String> =
            arguments.dialect.iter().map(|name| Dialect::named(name)).collect();
        let seed = match (&arguments.seed, &arguments.student) {
            (Some(seed), _) => seed.clone(),
            (None, Some(student)) => format!("student-{student}"),
            (None, None) => by_chance(),
        };
        let plan = Plan { arguments, from: folder(arguments)?, asked: asked?, rubric, seed };
        let sessions = match (&arguments.server, &arguments.client) {
            (Some(line), _) => plan.of_server(line.clone(), &[Dialect::Json]),
            (None, Some(line)) => plan.of_client(line.clone())?,
            (None, None) => {
                let mut sessions = plan.of_server(own::server()?, Dialect::ALL);
                // Our client speaks one dialect.
                if plan.asked.is_empty() || plan.asked.contains(&Dialect::Json) {
                    sessions.extend(plan.of_client(own::client()?)?);
                }
                sessions
            }
        };
        let mut sessions: Vec<Session> =
            sessions.into_iter().filter(|session| !session.checks.is_empty()).collect();
        if sessions.is_empty() {
            return Err("there is nothing to check: these checks are for something else".to_owned());
        }
        if sessions.len() > 1 {
            for session in &mut sessions {
                let label = session.subject.label();
                session.report = session.report.as_ref().map(|folder| folder.join(&label));
                session.label = format!("{label} ");
            }
        }
        Ok(sessions)
    }

    /// Runs it, and says what it finds.
    ///
    /// # Errors
    /// When a report cannot be written.
    pub(crate) fn run(self, stop: &Arc<AtomicBool>) -> io::Result<Found> {
        let began = Instant::now();
        let look = Look { width: WIDTH, colour: io::stdout().is_terminal() };
        let total = self.checks.len();
        let mut graded = Graded {
            title: self.subject.line.clone(),
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
        let mut found = Found::default();
        for outcome in outcomes {
            found.failed |= matches!(outcome.verdict, Verdict::Failed(_));
            found.undecided |= matches!(outcome.verdict, Verdict::Undecided { .. });
            let entry = self.entry(outcome);
            let done = graded.results.len() + 1;
            // On a terminal it is written over, so it must not go on in a second line.
            let width = if look.colour { NARROW } else { look.width };
            let line = report::line(&entry, Look { width, ..look });
            progress(&format!("[{}{done}/{total}] {}", self.label, line.trim_end()), look.colour);
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
        let is_told = |entry: &&Entry| {
            matches!(entry.verdict(), Verdict::Failed(_) | Verdict::Undecided { .. })
        };
        let told = graded.results.iter().filter(is_told).map(|entry| entry.told(look));
        let told: Vec<String> = told.chain([report::summary(&graded, look)]).collect();
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

/// What all sessions of a plan have in common.
struct Plan<'a> {
    arguments: &'a Arguments,
    from: Option<PathBuf>,
    /// The dialects that were asked for.
    asked: Vec<Dialect>,
    rubric: Arc<Rubric>,
    seed: String,
}

impl Plan<'_> {
    /// Sessions for a server, in the dialects that were asked for, or else in these.
    fn of_server(&self, line: String, dialects: &[Dialect]) -> Vec<Session> {
        let dialects = if self.asked.is_empty() { dialects } else { &self.asked };
        dialects.iter().map(|dialect| self.session(line.clone(), None, *dialect)).collect()
    }

    /// Sessions for a client, which is used as its profile says.
    fn of_client(&self, line: String) -> Result<Vec<Session>, String> {
        let profile = Profile::read(self.arguments.profile.as_deref(), &line)?;
        let own = [profile.dialect()];
        let is_ours = self.arguments.client.is_none();
        let dialects = if self.asked.is_empty() || is_ours { &own[..] } else { &self.asked };
        let profile = Arc::new(profile);
        let session =
            |dialect: &Dialect| self.session(line.clone(), Some(Arc::clone(&profile)), *dialect);
        Ok(dialects.iter().map(session).collect())
    }

    fn session(&self, line: String, profile: Option<Arc<Profile>>, dialect: Dialect) -> Session {
        let arguments = self.arguments;
        let is_meant = |check: &&'static Check| {
            check.is_of_client() == profile.is_some()
                && match arguments.check.is_empty() {
                    true => self.rubric.worth(check.id).is_some(),
                    false => arguments.check.iter().any(|id| check.id.eq_ignore_ascii_case(id)),
                }
        };
        let path = |path: &PathBuf| path.display().to_string();
        let given = [
            ("server", arguments.server.clone()),
            ("client", arguments.client.clone()),
            ("profile", arguments.profile.as_ref().map(path)),
            ("from", arguments.from.as_ref().map(path)),
            ("dialect", Some(dialect.name().to_owned())),
            ("seed", Some(self.seed.clone())),
        ];
        let given = given.iter().filter_map(|(flag, value)| Some((flag, value.as_ref()?)));
        let given = given.map(|(flag, value)| format!(" --{flag} {}", quoted(value)));
        Session {
            checks: checks::all().filter(is_meant).collect(),
            subject: Subject {
                line,
                profile,
                from: self.from.clone(),
                dialect,
                seed: Seed::new(self.seed.clone()),
                patience: seconds(arguments.patience.get()),
                start: seconds(arguments.start.get()),
                limits: Limits { time: seconds(arguments.check_limit.get()), ..Limits::default() },
            },
            rubric: Arc::clone(&self.rubric),
            jobs: arguments.jobs.get(),
            limit: seconds(arguments.limit.get()),
            report: arguments.report.clone(),
            student: arguments.student.clone(),
            label: String::new(),
            replay: format!("grade{}", given.collect::<String>()),
        }
    }
}

/// The folder of the submission, if there is one. Strata's own needs nothing; whatever else is graded
/// may need what lies where we are.
fn folder(arguments: &Arguments) -> Result<Option<PathBuf>, String> {
    let given = arguments.server.is_some() || arguments.client.is_some();
    let from = arguments.from.clone().or(given.then(|| PathBuf::from(".")));
    let from = from.map(|from| match from.is_dir() {
        false => Err(format!("{} is no folder", from.display())),
        true => from.canonicalize().map_err(|error| format!("{}: {error}", from.display())),
    });
    from.transpose()
}

/// A text as a shell takes it for one word.
pub(crate) fn quoted(text: &str) -> String {
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
