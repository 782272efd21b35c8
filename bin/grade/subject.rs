//! What is graded, and one check of it: a program is started, the check finds out, the program ends.

use std::net::SocketAddr;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::cgroup::{Cgroups, Shortage};
use crate::check::{Check, Trial};
use crate::client::{CLIENT, ClientScenario, ClientSetup, Profile, SERVER};
use crate::program::{self, Folders, Limits, Program, Trouble};
use crate::lag::patiently;
use crate::scenario::Scenario;
use crate::seed::Seed;
use crate::stop::Stop;
use crate::trace::{Trace, What};
use crate::turn::Turn;
use crate::verdict::{Outcome, Verdict};
use crate::wire::Dialect;

/// How often a check is tried that could not be decided.
const TRIES: usize = 3;

/// What is graded, and how.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    /// The command line, in which `{port}` stands for the port and `{dialect}` for the dialect; for a
    /// client also `{host}` and `{name}`.
    pub(crate) line: String,
    /// How it is used; only a client has this.
    pub(crate) profile: Option<Arc<Profile>>,
    /// Where the program runs.
    pub(crate) folders: Folders,
    pub(crate) dialect: Dialect,
    pub(crate) seed: Seed,
    /// How long an answer may take.
    pub(crate) patience: Duration,
    /// How long the program may take to listen, or to connect.
    pub(crate) start: Duration,
    pub(crate) limits: Limits,
}

/// What came of one try.
struct Tried {
    verdict: Verdict,
    trace: Trace,
    /// What the program printed.
    output: String,
    /// Somebody else may have taken the port that was free a moment ago.
    port_taken: bool,
    /// Why the program ended or was ended.
    trouble: Option<Trouble>,
}

impl Tried {
    fn undecided(why: String) -> Tried {
        let verdict = Verdict::Undecided { why };
        let (trace, output) = (Trace::new(), String::new());
        Tried { verdict, trace, output, port_taken: false, trouble: None }
    }

    /// Whether it can have failed because the machine was short of something: not if the program passed
    /// without that, or itself took more than it may.
    fn may_be_short_of(&self) -> bool {
        matches!(self.verdict, Verdict::Failed(_))
            && !self.trouble.as_ref().is_some_and(Trouble::is_greed)
    }
}

impl Subject {
    /// What the reports call it.
    pub(crate) fn program(&self) -> &'static str {
        if self.profile.is_some() { CLIENT } else { SERVER }
    }

    /// What tells it from others that are graded beside it.
    pub(crate) fn label(&self) -> String {
        let dialect = self.dialect.name();
        if self.profile.is_some() { format!("{CLIENT}-{dialect}") } else { dialect.to_owned() }
    }

    /// Finds out about one check; again, while the machine, or the grader itself, may be to blame: then
    /// alone, so that the checks beside it are not.
    pub(crate) fn find_out(&self, check: &'static Check, stop: &AtomicBool) -> Outcome {
        let groups = Cgroups::ours();
        let (mut tries, mut alone) = (0, false);
        loop {
            tries += 1;
            let turn = if alone { Turn::alone() } else { Turn::beside_others() };
            let began = Instant::now();
            let before = groups.counts();
            let tried = self.try_once(check, stop);
            let shortage = groups.counts().since(before).filter(|_| tried.may_be_short_of());
            drop(turn);
            let is_last = tries >= TRIES || stop.load(Ordering::Relaxed);
            let again = match shortage {
                Some(_) => !alone,
                None => tried.port_taken || matches!(tried.verdict, Verdict::Undecided { .. }),
            };
            if is_last || !again {
                let Tried { verdict, trace, output, .. } = tried;
                let verdict = match shortage.and_then(Shortage::words) {
                    Some(why) => Verdict::Undecided { why: why.to_owned() },
                    None => verdict,
                };
                return Outcome { id: check.id, verdict, trace, output, took: began.elapsed() };
            }
            // What could not be decided is also tried alone in the end.
            alone = shortage.is_some() || tries + 1 >= TRIES;
        }
    }

    /// Tries it once, whatever happens to the grader.
    fn try_once(&self, check: &'static Check, stop: &AtomicBool) -> Tried {
        let tried = panic::catch_unwind(AssertUnwindSafe(|| match check.run {
            Trial::Server(run) => self.try_server(check, run, stop),
            Trial::Client(run) => self.try_client(check, run),
        }));
        // Or those that come after it would wait for ever.
        tried
            .unwrap_or_else(|_| Tried::undecided("a bug in the grader ended this check".to_owned()))
    }

    /// Tries a server once: it is started, and when it listens people come.
    fn try_server(
        &self,
        check: &'static Check,
        run: fn(&mut Scenario) -> Result<(), Stop>,
        stop: &AtomicBool,
    ) -> Tried {
        let port = match program::free_port() {
            Ok(port) => port,
            Err(error) => return Tried::undecided(format!("there is no free port: {error}")),
        };
        let line = self.line.replace("{port}", &port.to_string());
        let line = line.replace("{dialect}", self.dialect.name());
        let program = match Program::start(&line, &self.folders, &self.limits) {
            Ok(program) => program,
            Err(trouble) => return Tried::undecided(trouble.to_string()),
        };
        let mut trace = Trace::new();
        trace.record(SERVER, What::Did { words: format!("is started: {line}") });
        let address = match self.waits_for(&program, port, stop) {
            Ok(address) => address,
            Err(Stop::Undecided(why)) => return Tried::undecided(why),
            Err(stop) => {
                let trouble = program.trouble();
                return Tried {
                    verdict: verdict(Err(stop)),
                    trace,
                    output: program.output(),
                    port_taken: matches!(trouble, Some(Trouble::Exited { .. })),
                    trouble,
                };
            }
        };
        trace.record(SERVER, What::Did { words: format!("listens on port {port}") });
        let words = self.seed.words(check.id);
        let mut scenario =
            Scenario::new(program, address, self.dialect, words, trace, self.patience);
        let verdict = verdict(run(&mut scenario));
        let (output, trouble) = (scenario.program.output(), scenario.program.trouble());
        let trace = std::mem::take(&mut scenario.trace);
        Tried { verdict, trace, output, port_taken: false, trouble }
    }

    /// Waits until the server listens; longer, where the machine keeps both waiting or was stopped.
    fn waits_for(
        &self,
        program: &Program,
        port: u16,
        stop: &AtomicBool,
    ) -> Result<SocketAddr, Stop> {
        let expected = format!("it listens on port {port} within {} s", self.start.as_secs());
        let (elsewhere, words) = (Vec::new(), String::new());
        let mut silent = Trouble::NotListening { port, after: self.start, elsewhere, words };
        let listening = patiently(self.start, "the server to listen", |until| {
            match program.wait_listening(port, until, &|| stop.load(Ordering::Relaxed)) {
                Err(Trouble::NotListening { elsewhere, words, .. }) => {
                    let after = self.start;
                    silent = Trouble::NotListening { port, after, elsewhere, words };
                    None
                }
                listening => Some(listening),
            }
        })?;
        listening
            .unwrap_or(Err(silent))
            .map_err(|trouble| Stop::trouble(SERVER, &expected, &trouble))
    }

    /// Tries a client once: there is a server, and the check starts the client.
    fn try_client(
        &self,
        check: &'static Check,
        run: fn(&mut ClientScenario) -> Result<(), Stop>,
    ) -> Tried {
        let Some(profile) = self.profile.clone() else {
            return Tried::undecided("there is no client".to_owned());
        };
        let scenario = ClientScenario::new(ClientSetup {
            line: self.line.clone(),
            folders: self.folders.clone(),
            limits: self.limits.clone(),
            profile,
            dialect: self.dialect,
            words: self.seed.words(check.id),
            patience: self.patience,
            start: self.start,
        });
        let mut scenario = match scenario {
            Ok(scenario) => scenario,
            Err(error) => return Tried::undecided(format!("there is no free port: {error}")),
        };
        let verdict = verdict(run(&mut scenario));
        let (output, trouble) = (scenario.output(), scenario.trouble());
        let trace = std::mem::take(&mut scenario.trace);
        Tried { verdict, trace, output, port_taken: false, trouble }
    }
}

fn verdict(found: Result<(), Stop>) -> Verdict {
    match found {
        Ok(()) => Verdict::Passed,
        Err(Stop::Failed(difference)) => Verdict::Failed(difference),
        Err(Stop::Undecided(why)) => Verdict::Undecided { why },
        Err(Stop::Absent) => Verdict::Absent,
    }
}
