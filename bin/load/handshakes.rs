//! `load handshakes`: clients chat over TLS, first alone, and then while other clients connect.
//!
//! A handshake costs as much processor time as hundreds of messages. The command measures whether clients
//! that chat have to wait for it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use serde_json::{Value, json};

use crate::arguments::Handshakes;
use crate::child::Running;
use crate::crowd::{self, Crowd};
use crate::failure::Failure;
use crate::histogram::Histogram;
use crate::interrupt::Interrupt;
use crate::line::Subject;
use crate::measurement::{Measurement, PERCENTILES, median, milliseconds};
use crate::pin::Pins;
use crate::place::Place;
use crate::progress::Progress;
use crate::report::significant;
use crate::run::{self, Target};
use crate::tls::Tls;
use crate::violation::Violations;

/// The handshakes of a batch, which begin together.
const BATCH: u32 = 50;

/// The latencies of the clients that chat, and the times of the handshakes.
pub(crate) struct HandshakeReport {
    rounds: Vec<Round>,
    handshakes: u32,
}

struct Round {
    quiet: Measurement,
    storm: Measurement,
    /// The time of each connect with its handshake.
    took: Histogram,
}

/// Measures all rounds, each with a new server.
pub(crate) fn run(
    handshakes: &Handshakes,
    pins: Option<Pins>,
    interrupt: &Interrupt,
) -> Result<HandshakeReport, Failure> {
    let rounds = (0..handshakes.rounds.get()).map(|_| round(handshakes, pins, interrupt));
    let rounds = rounds.collect::<Result<Vec<Round>, Failure>>()?;
    Ok(HandshakeReport { rounds, handshakes: handshakes.handshakes.get() })
}

fn round(
    handshakes: &Handshakes,
    pins: Option<Pins>,
    interrupt: &Interrupt,
) -> Result<Round, Failure> {
    let (program, engine) = (&handshakes.program, &handshakes.engine);
    let server = Running::server(program, engine, &Place::Memory, true, pins, interrupt)?;
    let (work, address, tls) = (handshakes.work(), server.address, Tls::new()?);
    let target = |subject: &str| Target {
        subject: subject.to_owned(),
        kind: Subject::Chat,
        addresses: vec![address],
        prefix: subject.to_owned(),
        clients: handshakes.people,
        tags: false,
        tls: Some(tls.clone()),
        work: &work,
    };
    let quiet = run::measure(&target("quiet"), interrupt)?;
    thread::scope(|scope| {
        let (begin, began) = sync_channel(1);
        let (interrupted, tls) = (interrupt.clone(), tls.clone());
        let shaking = thread::Builder::new()
            .name("handshakes".to_owned())
            .spawn_scoped(scope, move || shake(address, &tls, handshakes, &interrupted, &began))
            .map_err(|error| Failure::Broken(format!("cannot start a thread: {error}")))?;
        let begin = move || {
            let _ = begin.send(());
            Ok(())
        };
        let chatted = run::measure_between(&target("storm"), interrupt, begin, || Ok(()));
        let took = shaking.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok(Round { quiet, storm: chatted?, took: took? })
    })
}

/// Waits for a message on `begin`, and then connects, shakes hands and leaves, batch by batch, spread over
/// the time of the run. If `begin` closes, it makes no handshakes.
fn shake(
    address: SocketAddr,
    tls: &Tls,
    handshakes: &Handshakes,
    interrupt: &Interrupt,
    begin: &Receiver<()>,
) -> Result<Histogram, Failure> {
    // This side of the handshakes must not take processor time from the clients that are measured.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, 10);
    let mut took = Histogram::new();
    if begin.recv().is_err() {
        return Ok(took);
    }
    let all = handshakes.handshakes.get();
    let batches = all.div_ceil(BATCH);
    let (_keep, timer) = sync_channel::<()>(0);
    let began = std::time::Instant::now();
    for batch in 0..batches {
        let due = handshakes.duration().mul_f64(f64::from(batch) / f64::from(batches));
        // Nothing is ever sent: the receiver serves as a timer.
        let _ = timer.recv_timeout(due.saturating_sub(began.elapsed()));
        let count = BATCH.min(all - batch * BATCH);
        let (names, mut hidden) = (crowd::names("stranger", count), Progress::hidden());
        let interrupt = interrupt.clone();
        let (_crowd, each) = Crowd::connect(&[address], Some(tls), names, interrupt, &mut hidden)?;
        took.merge(&each);
    }
    Ok(took)
}

impl HandshakeReport {
    /// The violations of all runs.
    pub(crate) fn violations(&self) -> Violations {
        let mut all = Violations::default();
        for Round { quiet, storm, .. } in &self.rounds {
            all.merge(&quiet.violations);
            all.merge(&storm.violations);
        }
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
        let handshake = |share| self.median(|round| milliseconds(round.took.percentile(share)));
        let violations = self.violations();
        json!({
            "quiet": self.rounds.iter().map(|round| round.quiet.to_json()).collect::<Vec<_>>(),
            "storm": self.rounds.iter().map(|round| round.storm.to_json()).collect::<Vec<_>>(),
            "ratios": ratios.collect::<serde_json::Map<String, Value>>(),
            "handshakes": self.handshakes,
            "handshake_p50_ms": handshake(0.5),
            "handshake_p99_ms": handshake(0.99),
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

/// Writes the medians of the rounds.
impl fmt::Display for HandshakeReport {
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
        let [half, most] = [0.5, 0.99].map(|share| {
            significant(self.median(|round| milliseconds(round.took.percentile(share))))
        });
        let (count, rounds) = (self.handshakes, self.rounds.len());
        writeln!(f, "{count} handshakes in each of {rounds} rounds: p50 {half} ms, p99 {most} ms")
    }
}
