//! `load compare`: measures the engines of a server, in memory or on a disk, and the bare relay in turn.
//!
//! A round measures each of them once, so that other work of the machine (another student's build, a
//! backup) disturbs all of them. Ratios are computed within a round, and the report has the median of
//! the rounds. So one bad round does not change the result.

use std::fmt;
use std::thread::JoinHandle;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::arguments::Compare;
use crate::child::Running;
use crate::failure::Failure;
use crate::histogram::Histogram;
use crate::interrupt::Interrupt;
use crate::limit::RELAY;
use crate::line::Subject as Kind;
use crate::measurement::{Measurement, PERCENTILES, median, milliseconds};
use crate::pin::Pins;
use crate::place::Place;
use crate::report::{grouped, significant, write_table};
use crate::run::{self, Target};
use crate::tls::Tls;
use crate::traced::{self, Lines, Traced};
use crate::violation::Violations;

/// One subject with one number of clients, over all rounds.
pub(crate) struct Entry {
    pub(crate) subject: String,
    pub(crate) clients: u32,
    pub(crate) rounds: Vec<Measurement>,
}

/// The whole result: for each number of clients the relay, then the servers in the order of the
/// arguments.
pub(crate) struct Comparison {
    pub(crate) entries: Vec<Entry>,
    /// The names of the servers.
    servers: Vec<String>,
    rounds: u32,
    /// The times of syncs in each folder, over all rounds.
    syncs: Vec<(Place, Histogram)>,
    /// The lines of each trace that was read.
    lines: Vec<Lines>,
}

/// A server or the relay.
#[derive(Clone, Copy)]
enum Subject<'a> {
    Relay,
    Server { engine: &'a str, place: &'a Place, tags: bool, tls: bool, traced: Traced },
}

/// A running server or relay, and the reader of its trace.
struct Started {
    running: Running,
    reader: Option<JoinHandle<Lines>>,
    /// The folder of the socket of its trace.
    _folder: Option<TempDir>,
}

impl Started {
    /// Ends the process. Returns what the reader of its trace has counted.
    fn end(self) -> Option<Lines> {
        drop(self.running);
        self.reader.and_then(|reader| reader.join().ok())
    }
}

/// Measures all subjects in all rounds.
pub(crate) fn run(
    compare: &Compare,
    pins: Option<Pins>,
    interrupt: &Interrupt,
) -> Result<Comparison, Failure> {
    let servers: Vec<Subject<'_>> = compare
        .engines
        .iter()
        .flat_map(|engine| compare.data.iter().map(move |place| (engine, place)))
        .flat_map(|(engine, place)| {
            let ways = |wanted: bool| if wanted { &[false, true][..] } else { &[false] };
            let tags = ways(compare.work.tags).iter();
            let encrypted = ways(compare.work.tls);
            let traces = match compare.trace {
                true => &[Traced::Off, Traced::Unread, Traced::Read][..],
                false => &[Traced::Off],
            };
            tags.flat_map(|tags| encrypted.iter().map(|tls| (*tags, *tls)))
                .flat_map(|(tags, tls)| traces.iter().map(move |traced| (tags, tls, *traced)))
                .map(move |(tags, tls, traced)| Subject::Server {
                    engine,
                    place,
                    tags,
                    tls,
                    traced,
                })
        })
        .collect();
    // Starts each server once, so that an unknown engine is an error now and not after an hour.
    for server in &servers {
        server.start(compare, pins, interrupt)?;
    }
    let folders = compare.data.iter().filter(|place| **place != Place::Memory);
    let mut syncs: Vec<(Place, Histogram)> =
        folders.map(|place| (place.clone(), Histogram::new())).collect();
    let (mut entries, mut lines) = (Vec::new(), Vec::new());
    for clients in &compare.work.clients {
        let subjects = std::iter::once(Subject::Relay).chain(servers.iter().copied());
        let mut group: Vec<(Subject<'_>, Entry)> = subjects
            .map(|it| (it, Entry { subject: it.name(), clients: *clients, rounds: Vec::new() }))
            .collect();
        for _ in 0..compare.rounds.get() {
            for (subject, entry) in &mut group {
                let started = subject.start(compare, pins, interrupt)?;
                let target = Target {
                    subject: entry.subject.clone(),
                    kind: subject.kind(),
                    addresses: vec![started.running.address],
                    prefix: "l".to_owned(),
                    clients: *clients,
                    tags: subject.has_tags(),
                    tls: subject.has_tls().then(Tls::new).transpose()?,
                    work: &compare.work,
                };
                entry.rounds.push(run::measure(&target, interrupt)?);
                lines.extend(started.end());
            }
            for (place, took) in &mut syncs {
                took.merge(&place.sync()?);
            }
        }
        entries.extend(group.into_iter().map(|(_, entry)| entry));
    }
    let servers = servers.iter().map(Subject::name).collect();
    Ok(Comparison { entries, servers, rounds: compare.rounds.get(), syncs, lines })
}

impl Subject<'_> {
    /// The name in the report.
    fn name(&self) -> String {
        match self {
            Subject::Relay => RELAY.to_owned(),
            Subject::Server { engine, place, tags, tls, traced } => {
                let tags = if *tags { " with tags" } else { "" };
                let tls = if *tls { " over TLS" } else { "" };
                format!("{}{tags}{tls}{}", place.name(engine), traced.name())
            }
        }
    }

    fn has_tags(self) -> bool {
        matches!(self, Subject::Server { tags: true, .. })
    }

    fn has_tls(self) -> bool {
        matches!(self, Subject::Server { tls: true, .. })
    }

    fn kind(self) -> Kind {
        match self {
            Subject::Relay => Kind::Relay,
            Subject::Server { .. } => Kind::Chat,
        }
    }

    fn start(
        self,
        compare: &Compare,
        pins: Option<Pins>,
        interrupt: &Interrupt,
    ) -> Result<Started, Failure> {
        let Subject::Server { engine, place, tls, traced, .. } = self else {
            let running = Running::relay(pins, interrupt)?;
            return Ok(Started { running, reader: None, _folder: None });
        };
        let mut program = compare.program.clone();
        let folder = (traced != Traced::Off).then(traced::folder).transpose()?;
        let socket = folder.as_ref().map(|folder| folder.path().join("trace"));
        if let Some(socket) = &socket {
            program.arguments.extend(["--trace".into(), socket.clone().into()]);
        }
        let running = Running::server(&program, engine, place, tls, pins, interrupt)?;
        let read = socket.filter(|_| traced == Traced::Read);
        let reader = read.map(|socket| traced::read(&socket)).transpose()?;
        Ok(Started { running, reader, _folder: folder })
    }
}

impl Comparison {
    /// The violations of all runs.
    pub(crate) fn violations(&self) -> Violations {
        let mut all = Violations::default();
        for round in self.entries.iter().flat_map(|entry| &entry.rounds) {
            all.merge(&round.violations);
        }
        all
    }

    /// The numbers of lines of all traces that the readers have taken, and lost.
    fn all_lines(&self) -> [u64; 2] {
        [|it: &Lines| it.taken, |it: &Lines| it.lost].map(|of| self.lines.iter().map(of).sum())
    }

    /// The deliveries of this entry divided by those of `other`: the median of the rounds.
    fn ratio(&self, entry: &Entry, other: &str) -> f64 {
        let other = self
            .entries
            .iter()
            .find(|candidate| candidate.subject == other && candidate.clients == entry.clients);
        let others = other.map_or(&[][..], |other| &other.rounds);
        median(
            entry
                .rounds
                .iter()
                .zip(others)
                .map(|(one, other)| one.deliveries_per_second() / other.deliveries_per_second()),
        )
    }

    pub(crate) fn to_json(&self) -> Value {
        let entries: Vec<Value> = self
            .entries
            .iter()
            .map(|entry| {
                let of = |other: &String| (other.clone(), json!(self.ratio(entry, other)));
                let relay = RELAY.to_owned();
                let others = std::iter::once(&relay).chain(&self.servers);
                let ratios: serde_json::Map<String, Value> =
                    others.filter(|other| **other != entry.subject).map(of).collect();
                let deliveries = entry.median(Measurement::deliveries_per_second);
                json!({
                    "subject": entry.subject,
                    "clients": entry.clients,
                    "deliveries_per_second": deliveries,
                    "messages_per_second": entry.median(Measurement::messages_per_second),
                    "ratios": ratios,
                    "runs": entry.rounds.iter().map(Measurement::to_json).collect::<Vec<_>>(),
                })
            })
            .collect();
        let syncs = self.syncs.iter().map(|(place, took)| {
            json!({
                "place": place.to_string(),
                "p50_ms": milliseconds(took.percentile(0.5)),
                "p99_ms": milliseconds(took.percentile(0.99)),
            })
        });
        let violations = self.violations();
        let [taken, lost] = self.all_lines();
        json!({
            "rounds": self.rounds,
            "results": entries,
            "trace_lines": {"read": taken, "lost": lost},
            "syncs": syncs.collect::<Vec<_>>(),
            "violations": violations.count(),
            "violation_examples": violations.examples(),
        })
    }
}

impl Entry {
    fn median(&self, figure: impl Fn(&Measurement) -> f64) -> f64 {
        median(self.rounds.iter().map(figure))
    }
}

/// Writes the markdown table and the times of the syncs.
impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let against: Vec<&str> = std::iter::once(RELAY)
            .chain(self.servers.iter().map(String::as_str))
            .take(self.servers.len())
            .collect();
        let columns = ["clients", "subject", "deliveries/s", "messages/s"].map(str::to_owned);
        let percentiles = PERCENTILES.iter().map(|(name, _)| format!("{name} ms"));
        let ratios = against.iter().map(|other| format!("/ {other}"));
        let mut rows = vec![columns.into_iter().chain(percentiles).chain(ratios).collect()];
        for entry in &self.entries {
            let mut row = vec![
                entry.clients.to_string(),
                entry.subject.clone(),
                grouped(entry.median(Measurement::deliveries_per_second)),
                grouped(entry.median(Measurement::messages_per_second)),
            ];
            row.extend(PERCENTILES.iter().map(|(_, share)| {
                significant(entry.median(|run| milliseconds(run.latency.percentile(*share))))
            }));
            row.extend(against.iter().map(|other| match *other == entry.subject {
                true => String::new(),
                false => format!("{:.3}", self.ratio(entry, other)),
            }));
            rows.push(row);
        }
        write_table(f, &rows)?;
        for (place, took) in &self.syncs {
            let [half, most] =
                [0.5, 0.99].map(|share| significant(milliseconds(took.percentile(share))));
            writeln!(f, "\nA sync of a small file in {place}: p50 {half} ms, p99 {most} ms")?;
        }
        if !self.lines.is_empty() {
            let [taken, lost] = self.all_lines().map(|count| grouped(count as f64));
            writeln!(f, "\nLines of the trace: {taken} read, {lost} lost by readers")?;
        }
        Ok(())
    }
}
