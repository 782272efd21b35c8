//! Creates the sessions that the command line asks for: one for each program and dialect.

use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{Session, replay};
use crate::arguments::Arguments;
use crate::check::Check;
use crate::checks;
use crate::client::Profile;
use crate::course::Course;
use crate::own;
use crate::program::{Folders, Isolation, Limits, Sight, User};
use crate::rubric::Rubric;
use crate::seed::Seed;
use crate::subject::Subject;
use crate::wire::Dialect;

impl Session {
    /// Creates the sessions that these arguments ask for.
    ///
    /// # Errors
    /// One line that names the error.
    pub(crate) fn plan(arguments: &Arguments) -> Result<Vec<Session>, String> {
        let rubric = Arc::new(Rubric::read(arguments.rubric.as_deref())?);
        if let Some(id) = arguments.check.iter().find(|id| checks::find(id).is_none()) {
            return Err(format!("there is no check {id:?}; see --list"));
        }
        let dialects: Result<Vec<Dialect>, String> =
            arguments.dialect.iter().map(|name| Dialect::named(name)).collect();
        let seed = match (&arguments.seed, &arguments.student) {
            (Some(seed), _) => seed.clone(),
            (None, Some(student)) => format!("student-{student}"),
            (None, None) => random_seed(),
        };
        let isolation = Isolation::find(!arguments.no_isolation);
        let (from, dialects) = (folder(arguments)?, dialects?);
        let course = Arc::new(Course::read(&arguments.course)?);
        if let Some(own) = course.dialect()
            && let Some(other) = dialects.iter().find(|other| **other != own)
        {
            let (title, own, other) = (&course.title, own.name(), other.name());
            return Err(format!("{title} uses the dialect {own}, and --dialect asks for {other}"));
        }
        let plan = Plan { arguments, from, isolation, dialects, course, rubric, seed };
        let sessions = match (&arguments.server, &arguments.client) {
            (Some(line), _) => {
                plan.check_port(line)?;
                let dialect = plan.course.dialect().unwrap_or(Dialect::Json);
                plan.of_server(line.clone(), &[dialect])?
            }
            (None, Some(line)) => plan.of_client(line.clone())?,
            (None, None) => {
                let own = plan.course.dialect();
                let all = own.as_ref().map_or(Dialect::ALL, std::slice::from_ref);
                let mut sessions = plan.of_server(own::server()?, all)?;
                // Strata's client speaks only `json`.
                if plan.dialects.is_empty() || plan.dialects.contains(&Dialect::Json) {
                    sessions.extend(plan.of_client(own::client()?)?);
                }
                sessions
            }
        };
        let mut sessions: Vec<Session> =
            sessions.into_iter().filter(|session| !session.checks.is_empty()).collect();
        if sessions.is_empty() {
            return Err("nothing to check: none of these checks applies to this program".to_owned());
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
}

/// Settings that all sessions of a plan share.
struct Plan<'a> {
    arguments: &'a Arguments,
    /// The folder of the submission.
    from: Option<PathBuf>,
    isolation: Isolation,
    /// The dialects that the command line names.
    dialects: Vec<Dialect>,
    course: Arc<Course>,
    rubric: Arc<Rubric>,
    seed: String,
}

impl Plan<'_> {
    /// Creates sessions for a server, in the dialects of the command line, or else in `dialects`.
    fn of_server(&self, line: String, dialects: &[Dialect]) -> Result<Vec<Session>, String> {
        let dialects = if self.dialects.is_empty() { dialects } else { &self.dialects };
        let folders = self.folders(&line)?;
        let session = |dialect: &Dialect| self.session(line.clone(), None, *dialect, &folders);
        Ok(dialects.iter().map(session).collect())
    }

    /// The port that every server uses, if the command line or the course fixes one.
    fn port(&self) -> Option<u16> {
        self.arguments.port.map(NonZero::get).or(self.course.port)
    }

    /// Checks that the server learns its port, or that its port is known.
    fn check_port(&self, line: &str) -> Result<(), String> {
        match self.port().is_some() || line.contains("{port}") {
            true => Ok(()),
            false => Err(format!(
                "the command {line:?} has no {{port}}: write {{port}} where the server expects its \
                 port, or give the port that it always uses, as in --port 9998 (port = 9998 in \
                 grade.toml)"
            )),
        }
    }

    /// The folders or the sandbox for this command.
    fn folders(&self, line: &str) -> Result<Folders, String> {
        let arguments = self.arguments;
        // Reports, and what says how they come about.
        let hidden: Vec<PathBuf> = arguments.report.iter().cloned().collect();
        let user = arguments.user.as_deref().map(User::named).transpose()?;
        let sight = Sight { visible: &arguments.visible, hidden: &hidden, user };
        self.isolation.folders(self.from.as_deref(), line, sight)
    }

    /// Creates sessions for a client, which is operated as its profile says.
    fn of_client(&self, line: String) -> Result<Vec<Session>, String> {
        let profile = Profile::read(self.arguments.profile.as_deref(), &line)?;
        let own = [profile.dialect()];
        let is_ours = self.arguments.client.is_none();
        let dialects = if self.dialects.is_empty() || is_ours { &own[..] } else { &self.dialects };
        let (profile, folders) = (Arc::new(profile), self.folders(&line)?);
        let session = |dialect: &Dialect| {
            self.session(line.clone(), Some(Arc::clone(&profile)), *dialect, &folders)
        };
        Ok(dialects.iter().map(session).collect())
    }

    fn session(
        &self,
        line: String,
        profile: Option<Arc<Profile>>,
        dialect: Dialect,
        folders: &Folders,
    ) -> Session {
        let arguments = self.arguments;
        let is_meant = |check: &&'static Check| {
            check.is_client_check() == profile.is_some()
                && check.dialects.contains(&dialect)
                && (check.is_client_check() || self.course.demands(check.id))
                && match arguments.check.is_empty() {
                    true => self.rubric.worth(check.id).is_some(),
                    false => arguments.check.iter().any(|id| check.id.eq_ignore_ascii_case(id)),
                }
        };
        Session {
            checks: checks::all().filter(is_meant).collect(),
            subject: Subject {
                line,
                profile,
                folders: folders.clone(),
                dialect,
                course: Arc::clone(&self.course),
                knowledge: Arc::default(),
                seed: Seed::new(self.seed.clone()),
                patience: seconds(arguments.patience.get()),
                start: seconds(arguments.start.get()),
                limits: Limits { time: seconds(arguments.check_limit.get()), ..Limits::default() },
                port: self.port(),
            },
            rubric: Arc::clone(&self.rubric),
            jobs: arguments.jobs.get(),
            limit: seconds(arguments.limit.get()),
            report: arguments.report.clone(),
            records: arguments.inspect,
            keeps_finished: false,
            student: arguments.student.clone(),
            label: String::new(),
            notice: self.isolation.notice(),
            replay: replay::command(&replay::program(), arguments, dialect, &self.seed),
        }
    }
}

/// The folder of the submission, if there is one. Strata's own programs need no files. Any other
/// program may need the files of the current folder.
fn folder(arguments: &Arguments) -> Result<Option<PathBuf>, String> {
    let given = arguments.server.is_some() || arguments.client.is_some();
    let from = arguments.from.clone().or(given.then(|| PathBuf::from(".")));
    let from = from.map(|from| match from.is_dir() {
        false => Err(format!("{} is not a folder", from.display())),
        true => from.canonicalize().map_err(|error| format!("{}: {error}", from.display())),
    });
    from.transpose()
}

/// A seed that a program cannot guess.
fn random_seed() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{:04x}", (now.as_nanos() ^ u128::from(std::process::id())) & 0xffff)
}

fn seconds(count: u32) -> Duration {
    Duration::from_secs(u64::from(count))
}
