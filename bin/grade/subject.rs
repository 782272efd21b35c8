//! The program under test, and the run of one check: start the program, run the check, end the
//! program.

mod attempt;

use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use self::attempt::{Attempt, attempt, verdict};
use crate::cgroup::{Cgroups, Shortage};
use crate::check::{Check, Function};
use crate::checks;
use crate::client::{CLIENT, ClientScenario, ClientSetup, Profile, SERVER};
use crate::course::Course;
use crate::lag::Stopwatch;
use crate::listening;
use crate::pace::Pace;
use crate::patience::patiently;
use crate::program::{self, Folders, Limits, Program, Trouble};
use crate::scenario::{Scenario, Setup};
use crate::seed::Seed;
use crate::stop::Stop;
use crate::trace::{Trace, What};
use crate::turn::Turn;
use crate::verdict::{Outcome, Verdict};
use crate::wire::{Dialect, Vocabulary};

/// The name of the listening, for its random words.
const LISTENING: &str = "LISTENING";

/// Maximum number of requests that the listening leaves out because a server ended at them.
const LEFT_OUT: usize = 4;

/// Maximum number of tries for an undecided check.
const MAX_ATTEMPTS: usize = 3;

/// The program under test and its settings.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    /// The command line. `{port}` stands for the port and `{dialect}` for the dialect; for a client
    /// also `{host}` and `{name}`.
    pub(crate) line: String,
    /// How to operate the client; `None` for a server.
    pub(crate) profile: Option<Arc<Profile>>,
    /// The folders in which the program runs.
    pub(crate) folders: Folders,
    pub(crate) dialect: Dialect,
    /// What the course of a server demands.
    pub(crate) course: Arc<Course>,
    /// What the grader knows of a server before its checks.
    pub(crate) knowledge: Arc<Knowledge>,
    pub(crate) seed: Seed,
    /// Longest wait for an answer.
    pub(crate) patience: Duration,
    /// Longest wait for the program to listen, or to connect.
    pub(crate) start: Duration,
    pub(crate) limits: Limits,
    /// The only port that the program uses; `None` if it takes the port as an argument.
    pub(crate) port: Option<u16>,
}

/// What the grader knows of a server before its checks.
#[derive(Debug, Default)]
pub(crate) struct Knowledge {
    /// How the server talks; `None` if it did not start.
    pub(crate) vocabulary: Option<Arc<Vocabulary>>,
    pub(crate) pace: Arc<Pace>,
    /// Why the machine kept the grader from learning anything.
    pub(crate) undecided: Option<String>,
    /// The findings about the program, for the report.
    pub(crate) sentences: Vec<String>,
}

impl Subject {
    /// What reports call the program.
    pub(crate) fn program(&self) -> &'static str {
        if self.profile.is_some() { CLIENT } else { SERVER }
    }

    /// Tells this program from others that are graded in the same run.
    pub(crate) fn label(&self) -> String {
        let dialect = self.dialect.name();
        if self.profile.is_some() { format!("{CLIENT}-{dialect}") } else { dialect.to_owned() }
    }

    /// Listens to a server, so that the checks can read it.
    pub(crate) fn listen(&self, stop: &AtomicBool) -> Knowledge {
        let mut knowledge = Knowledge::default();
        if self.profile.is_some() {
            return knowledge;
        }
        let mut without = Vec::new();
        for _ in 0..MAX_ATTEMPTS + LEFT_OUT {
            let _turn = if self.shares_port() { Turn::alone() } else { Turn::beside_others() };
            let learned = RefCell::new(None);
            let pace = Arc::clone(&knowledge.pace);
            let attempt = self.attempt_server(LISTENING, &self.limits, &pace, stop, |scenario| {
                *learned.borrow_mut() = Some(listening::listen(scenario, &without)?);
                Ok(())
            });
            if let Some((vocabulary, last)) = learned.into_inner() {
                // The server ended at a request. Others may be served.
                if attempt.trouble.is_some()
                    && vocabulary.logs_in
                    && let Some(step) = last
                    && without.len() < LEFT_OUT
                {
                    without.push(step);
                    continue;
                }
                knowledge.sentences = listening::sentences(&vocabulary, self.dialect, &pace);
                knowledge.vocabulary = Some(Arc::new(vocabulary));
                knowledge.undecided = None;
                break;
            }
            let has_failed = matches!(attempt.verdict, Verdict::Failed(_));
            knowledge.undecided = match attempt.verdict {
                Verdict::Undecided { why } => Some(why),
                _ => None,
            };
            if (has_failed && !attempt.port_taken) || stop.load(Ordering::Relaxed) {
                break;
            }
        }
        knowledge
    }

    /// The limits for a program in this check.
    fn limits_for(&self, check: &Check) -> Limits {
        Limits { threads: Limits::threads_for(checks::clients(check)), ..self.limits.clone() }
    }

    /// Outside a sandbox, only one program can use a port.
    fn shares_port(&self) -> bool {
        self.port.is_some() && !self.folders.is_enclosed()
    }

    /// Runs a check. If the machine or the grader may be to blame for the result, the check runs
    /// again, the last time alone, so that other checks cannot disturb it.
    pub(crate) fn run_check(&self, check: &'static Check, stop: &AtomicBool) -> Outcome {
        self.decide(check.id, stop, || match check.run {
            Function::Server(run) => {
                let limits = self.limits_for(check);
                self.attempt_server(check.id, &limits, &self.knowledge.pace, stop, run)
            }
            Function::Client(run) => self.attempt_client(check.id, self.limits_for(check), run),
        })
    }

    /// Lets people talk with a server as this function says, with up to this number of clients. Tries
    /// again like [`run_check`](Subject::run_check).
    pub(crate) fn talk_to_server(
        &self,
        id: &'static str,
        clients: u64,
        stop: &AtomicBool,
        talk: impl Fn(&mut Scenario) -> Result<(), Stop>,
    ) -> Outcome {
        let limits = Limits { threads: Limits::threads_for(clients), ..self.limits.clone() };
        self.decide(id, stop, || {
            self.attempt_server(id, &limits, &self.knowledge.pace, stop, &talk)
        })
    }

    /// Lets a user and a server talk with a client as this function says.
    pub(crate) fn talk_to_client(
        &self,
        id: &'static str,
        stop: &AtomicBool,
        talk: impl Fn(&mut ClientScenario) -> Result<(), Stop>,
    ) -> Outcome {
        self.decide(id, stop, || self.attempt_client(id, self.limits.clone(), &talk))
    }

    /// Tries until the result is clear.
    fn decide(
        &self,
        id: &'static str,
        stop: &AtomicBool,
        attempt_once: impl Fn() -> Attempt,
    ) -> Outcome {
        let groups = Cgroups::ours();
        let (mut attempts, mut alone) = (0, false);
        loop {
            attempts += 1;
            let turn =
                if alone || self.shares_port() { Turn::alone() } else { Turn::beside_others() };
            let (began, watch) = (Instant::now(), Stopwatch::start());
            let before = groups.counts();
            let attempt = attempt(&attempt_once);
            let shortage = groups.counts().since(before).filter(|_| attempt.may_lack_resources());
            drop(turn);
            let is_last = attempts >= MAX_ATTEMPTS || stop.load(Ordering::Relaxed);
            let again = match shortage {
                Some(_) if !attempt.is_undecided() => !alone,
                _ if attempt.port_taken || attempt.is_undecided() => true,
                _ => attempts == 1 && attempt.may_have_given_up(watch.lag(), self.patience),
            };
            if is_last || !again {
                let Attempt { verdict, trace, output, .. } = attempt;
                let verdict = match shortage.and_then(Shortage::words) {
                    Some(why) => Verdict::Undecided { why: why.to_owned() },
                    None => verdict,
                };
                return Outcome { id, verdict, trace, output, took: began.elapsed() };
            }
            // The last try of an undecided check runs alone, too.
            alone = shortage.is_some() || attempts + 1 >= MAX_ATTEMPTS;
        }
    }

    /// Tries a server once: starts it, waits until it listens, and runs the check.
    fn attempt_server(
        &self,
        id: &str,
        limits: &Limits,
        pace: &Arc<Pace>,
        stop: &AtomicBool,
        run: impl FnOnce(&mut Scenario) -> Result<(), Stop>,
    ) -> Attempt {
        let port = match self.port.map_or_else(program::free_port, Ok) {
            Ok(port) => port,
            Err(error) => return Attempt::undecided(format!("there is no free port: {error}")),
        };
        if self.shares_port() && !program::wait_free(port, &|| stop.load(Ordering::Relaxed)) {
            return Attempt::undecided(format!("another program uses port {port} of this machine"));
        }
        let line = self.line.replace("{port}", &port.to_string());
        let line = line.replace("{dialect}", self.dialect.name());
        let program = match Program::start(&line, &self.folders, limits) {
            Ok(program) => program,
            Err(trouble) => return Attempt::undecided(trouble.to_string()),
        };
        let mut trace = Trace::new();
        trace.record(SERVER, What::Did { words: format!("is started: {line}") });
        let address = match self.wait_listening(&program, port, stop) {
            Ok(address) => address,
            Err(stop) => {
                let trouble = program.trouble();
                return Attempt {
                    verdict: verdict(Err(stop)).or_greed(SERVER, trouble.as_ref()),
                    trace,
                    output: program.output(),
                    // In a sandbox, no other process can take it.
                    port_taken: matches!(trouble, Some(Trouble::Exited { .. }))
                        && !self.folders.is_enclosed(),
                    trouble,
                    waited: program.gauge().longest_wait(),
                };
            }
        };
        trace.record(SERVER, What::Did { words: format!("listens on port {port}") });
        let mut scenario = Scenario::new(Setup {
            program,
            address,
            dialect: self.dialect,
            course: Arc::clone(&self.course),
            vocabulary: self.knowledge.vocabulary.clone().unwrap_or_default(),
            pace: Arc::clone(pace),
            words: self.seed.words(id),
            trace,
            patience: self.patience,
        });
        let verdict = verdict(run(&mut scenario));
        let (output, trouble) = (scenario.program.output(), scenario.program.trouble());
        let verdict = verdict.or_greed(SERVER, trouble.as_ref());
        let waited = scenario.program.gauge().longest_wait();
        let trace = scenario.take_trace();
        if self.shares_port() {
            scenario.reset_connections();
        }
        Attempt { verdict, trace, output, port_taken: false, trouble, waited }
    }

    /// Waits until the server listens. Waits longer if the machine is slow or was stopped.
    fn wait_listening(
        &self,
        program: &Program,
        port: u16,
        stop: &AtomicBool,
    ) -> Result<SocketAddr, Stop> {
        let expected = format!("it listens on port {port} within {} s", self.start.as_secs());
        let (elsewhere, words) = (Vec::new(), String::new());
        let mut silent = Trouble::NotListening { port, after: self.start, elsewhere, words };
        let listening =
            patiently(&program.gauge(), self.start, "the server to listen", |until| match program
                .wait_listening(port, until, &|| stop.load(Ordering::Relaxed))
            {
                Err(Trouble::NotListening { elsewhere, words, .. }) => {
                    let after = self.start;
                    silent = Trouble::NotListening { port, after, elsewhere, words };
                    None
                }
                listening => Some(listening),
            })?;
        listening
            .unwrap_or(Err(silent))
            .map_err(|trouble| Stop::trouble(SERVER, &expected, &trouble))
    }

    /// Tries a client once: plays the server. The check itself starts the client.
    fn attempt_client(
        &self,
        id: &str,
        limits: Limits,
        run: impl FnOnce(&mut ClientScenario) -> Result<(), Stop>,
    ) -> Attempt {
        let Some(profile) = self.profile.clone() else {
            return Attempt::undecided("there is no client".to_owned());
        };
        let scenario = ClientScenario::new(ClientSetup {
            line: self.line.clone(),
            folders: self.folders.clone(),
            limits,
            profile,
            dialect: self.dialect,
            words: self.seed.words(id),
            patience: self.patience,
            start: self.start,
            port: self.port,
        });
        let mut scenario = match scenario {
            Ok(scenario) => scenario,
            Err(error) => return Attempt::undecided(format!("there is no free port: {error}")),
        };
        let verdict = verdict(run(&mut scenario));
        let (output, trouble) = (scenario.output(), scenario.trouble());
        let verdict = verdict.or_greed(CLIENT, trouble.as_ref());
        let waited = scenario.longest_wait();
        let trace = scenario.take_trace();
        Attempt { verdict, trace, output, port_taken: false, trouble, waited }
    }
}
