//! `load storm`: clients chat, first alone, and then while other clients send wrong passwords.
//!
//! Checking a password takes a while, on purpose. The command measures whether clients that chat have to
//! wait for it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::mpsc::sync_channel;
use std::thread;

use serde_json::{Value, json};

use crate::arguments::Storm;
use crate::child::Running;
use crate::failure::Failure;
use crate::guesses::{self, Answers};
use crate::interrupt::Interrupt;
use crate::line::Subject;
use crate::measurement::{Measurement, PERCENTILES, median, milliseconds};
use crate::pin::Pins;
use crate::report::significant;
use crate::run::{self, Target};
use crate::violation::Violations;

/// The latencies of the clients that chat, and the answers to the wrong logins.
pub(crate) struct StormReport {
    rounds: Vec<Round>,
    wrong_logins: u32,
}

struct Round {
    quiet: Measurement,
    storm: Measurement,
    answers: Answers,
}

/// Measures all rounds, each with a new server.
pub(crate) fn run(
    storm: &Storm,
    pins: Option<Pins>,
    interrupt: &Interrupt,
) -> Result<StormReport, Failure> {
    let rounds = (0..storm.rounds.get()).map(|_| round(storm, pins, interrupt));
    let rounds = rounds.collect::<Result<Vec<Round>, Failure>>()?;
    Ok(StormReport { rounds, wrong_logins: storm.wrong_logins.get() })
}

fn round(storm: &Storm, pins: Option<Pins>, interrupt: &Interrupt) -> Result<Round, Failure> {
    let server =
        Running::server(&storm.program, &storm.engine, &storm.data, false, pins, interrupt)?;
    let (work, address) = (storm.work(), server.address);
    let target = |subject: &str| Target {
        tls: None,
        subject: subject.to_owned(),
        kind: Subject::Chat,
        addresses: vec![address],
        prefix: subject.to_owned(),
        clients: storm.people,
        tags: false,
        work: &work,
    };
    let quiet = run::measure(&target("quiet"), interrupt)?;
    thread::scope(|scope| {
        let (connected, are_connected) = sync_channel(1);
        let (begin, began) = sync_channel(1);
        let interrupted = interrupt.clone();
        let guesses = thread::Builder::new()
            .name("guesses".to_owned())
            .spawn_scoped(scope, move || {
                guesses::make(address, storm, interrupted, &connected, &began)
            })
            .map_err(|error| Failure::Broken(format!("cannot start a thread: {error}")))?;
        // An error here means that the thread has failed; joining it returns the reason.
        let _ = are_connected.recv();
        let chatted = run::measure_between(
            &target("storm"),
            interrupt,
            move || {
                let _ = begin.send(());
                Ok(())
            },
            || Ok(()),
        );
        let answers = guesses.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok(Round { quiet, storm: chatted?, answers: answers? })
    })
}

impl StormReport {
    /// The violations of all runs.
    pub(crate) fn violations(&self) -> Violations {
        let mut all = Violations::default();
        for Round { quiet, storm, .. } in &self.rounds {
            all.merge(&quiet.violations);
            all.merge(&storm.violations);
        }
        all
    }

    fn answers(&self) -> Answers {
        let mut all = Answers::default();
        self.rounds.iter().for_each(|round| all.add(&round.answers));
        all
    }

    /// The median of the rounds.
    fn median(&self, figure: impl Fn(&Round) -> f64) -> f64 {
        median(self.rounds.iter().map(figure))
    }

    pub(crate) fn to_json(&self) -> Value {
        let ratios = PERCENTILES.iter().map(|(name, share)| {
            ((*name).to_owned(), json!(self.median(|round| round.ratio(*share))))
        });
        let violations = self.violations();
        json!({
            "quiet": self.rounds.iter().map(|round| round.quiet.to_json()).collect::<Vec<_>>(),
            "storm": self.rounds.iter().map(|round| round.storm.to_json()).collect::<Vec<_>>(),
            "ratios": ratios.collect::<serde_json::Map<String, Value>>(),
            "answers": self.answers().most_first().into_iter().collect::<BTreeMap<&str, u64>>(),
            "violations": violations.count(),
            "violation_examples": violations.examples(),
        })
    }
}

impl Round {
    /// The latency in the storm divided by the latency without it.
    fn ratio(&self, share: f64) -> f64 {
        latency(&self.storm, share) / latency(&self.quiet, share)
    }
}

fn latency(run: &Measurement, share: f64) -> f64 {
    milliseconds(run.latency.percentile(share))
}

/// Writes the medians of the rounds and the counts of the answers.
impl fmt::Display for StormReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percentiles = PERCENTILES.map(|(name, share)| {
            let quiet = significant(self.median(|round| latency(&round.quiet, share)));
            let storm = significant(self.median(|round| latency(&round.storm, share)));
            let ratio = format!("{:.2}", self.median(|round| round.ratio(share)));
            [format!("{name} ms"), quiet, storm, ratio]
        });
        for (row, name) in ["", "quiet", "storm", "storm / quiet"].iter().enumerate() {
            write!(f, "{name:<13}")?;
            for cell in percentiles.iter().filter_map(|column| column.get(row)) {
                write!(f, "{cell:>10}")?;
            }
            writeln!(f)?;
        }
        writeln!(f, "{} wrong logins in each of {} rounds:", self.wrong_logins, self.rounds.len())?;
        for (text, count) in self.answers().most_first() {
            writeln!(f, "{count:>10}  {text}")?;
        }
        Ok(())
    }
}
