//! `load several`: several servers that are one chat, beside one server with an SQLite file.
//!
//! A round measures each of them once. Servers share their machine with each other, with Redis and with
//! this tool, so deliveries a second say little about servers that have a machine each. The command
//! divides the deliveries by the processor time of the servers instead.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::arguments::Several;
use crate::child::Running;
use crate::failure::Failure;
use crate::histogram::Histogram;
use crate::interrupt::Interrupt;
use crate::line::Subject as Kind;
use crate::measurement::{Measurement, median, milliseconds};
use crate::pin::Pins;
use crate::place::Place;
use crate::process::{self, processor_time};
use crate::redis::Redis;
use crate::report::{grouped, significant, write_table};
use crate::run::{self, Target};
use crate::violation::Violations;

/// The log of the servers that are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// One server with an SQLite file.
    Sqlite,
    /// So many servers on one Redis.
    Redis(u32),
}

/// The result: one server with SQLite, then the servers on Redis in the order of the arguments.
pub(crate) struct SeveralReport {
    entries: Vec<Entry>,
    rounds: u32,
}

/// One subject, over all rounds.
struct Entry {
    subject: Subject,
    rounds: Vec<Round>,
}

struct Round {
    /// The run of the crowd.
    crowd: Measurement,
    /// The processor time of all servers, and of Redis, in that run.
    servers: Duration,
    redis: Duration,
    /// The run of one sender.
    calm: Measurement,
    /// Round trips to Redis.
    round_trips: Histogram,
}

/// Measures all subjects in all rounds.
pub(crate) fn run(
    several: &Several,
    pins: Option<Pins>,
    interrupt: &Interrupt,
) -> Result<SeveralReport, Failure> {
    process::need_proc("several")?;
    let subjects = several.servers.iter().map(|servers| Subject::Redis(*servers));
    let subjects = std::iter::once(Subject::Sqlite).chain(subjects);
    let mut entries: Vec<Entry> =
        subjects.map(|subject| Entry { subject, rounds: Vec::new() }).collect();
    for _ in 0..several.rounds.get() {
        // The fastest to fail goes first: Redis may be missing.
        for entry in entries.iter_mut().rev() {
            entry.rounds.push(round(several, entry.subject, pins, interrupt)?);
        }
    }
    Ok(SeveralReport { entries, rounds: several.rounds.get() })
}

fn round(
    several: &Several,
    subject: Subject,
    pins: Option<Pins>,
    interrupt: &Interrupt,
) -> Result<Round, Failure> {
    let folder = several.data.clone().unwrap_or_else(std::env::temp_dir);
    let redis = match subject {
        Subject::Sqlite => None,
        Subject::Redis(_) => Some(Redis::start(&several.redis, &folder, pins, interrupt)?),
    };
    let mut program = several.program.clone();
    program.arguments.extend(redis.iter().flat_map(Redis::arguments));
    let (place, count) = (Place::Folder(folder), subject.servers());
    let servers = (0..count)
        .map(|_| Running::server(&program, &several.engine, &place, false, pins, interrupt))
        .collect::<Result<Vec<Running>, Failure>>()?;
    let target = |prefix: &str, clients, work| Target {
        tls: None,
        subject: subject.name(),
        kind: Kind::Chat,
        addresses: servers.iter().map(|server| server.address).collect(),
        prefix: prefix.to_owned(),
        clients,
        tags: false,
        work,
    };
    let few = count.max(2);
    let (few_work, crowd_work) = (several.calm(few), several.crowd());
    let calm = run::measure(&target("calm", few, &few_work), interrupt)?;
    // The servers have the processor to themselves, as Redis has between two texts.
    let round_trips = redis.as_ref().map(|redis| Pins::start(pins, || redis.round_trips()));
    let used = || -> Result<(Duration, Duration), Failure> {
        let servers = servers.iter().map(|server| processor_time(server.id()));
        let redis = redis.as_ref().map(|redis| processor_time(redis.id())).transpose()?;
        Ok((servers.sum::<Result<Duration, Failure>>()?, redis.unwrap_or_default()))
    };
    let (mut before, mut after) = Default::default();
    let crowd = run::measure_between(
        &target("l", several.clients, &crowd_work),
        interrupt,
        || used().map(|used| before = used),
        || used().map(|used| after = used),
    )?;
    Ok(Round {
        crowd,
        servers: after.0.saturating_sub(before.0),
        redis: after.1.saturating_sub(before.1),
        calm,
        round_trips: round_trips.transpose()?.unwrap_or_else(Histogram::new),
    })
}

impl Subject {
    fn servers(self) -> u32 {
        match self {
            Subject::Sqlite => 1,
            Subject::Redis(servers) => servers,
        }
    }

    /// The name in the report.
    fn name(self) -> String {
        match self {
            Subject::Sqlite => "SQLite".to_owned(),
            Subject::Redis(_) => "Redis".to_owned(),
        }
    }
}

impl Round {
    /// The deliveries for each second of processor time of the servers. The system counts that time in
    /// ticks, and a short run may take none. Then the figure is that of one tick, which is a lower bound.
    fn deliveries_per_server_second(&self) -> f64 {
        let deliveries = self.crowd.sent as f64 * f64::from(self.crowd.clients);
        deliveries / self.servers.max(process::tick()).as_secs_f64()
    }

    /// The latency at clients of other servers, or of the same server if it is the only one, in
    /// milliseconds.
    fn latency(&self, share: f64) -> f64 {
        let Measurement { latency, elsewhere, .. } = &self.calm;
        let of = if elsewhere.count() > 0 { elsewhere } else { latency };
        milliseconds(of.percentile(share))
    }

    fn round_trip(&self) -> f64 {
        milliseconds(self.round_trips.percentile(0.5))
    }

    /// The median latency less that of a server with SQLite and two round trips to Redis.
    fn excess(&self, sqlite: &Round) -> f64 {
        self.latency(0.5) - sqlite.latency(0.5) - 2.0 * self.round_trip()
    }
}

impl SeveralReport {
    /// The violations of all runs.
    pub(crate) fn violations(&self) -> Violations {
        let mut all = Violations::default();
        for round in self.entries.iter().flat_map(|entry| &entry.rounds) {
            all.merge(&round.calm.violations);
            all.merge(&round.crowd.violations);
        }
        all
    }

    /// The median over the rounds of a figure that compares an entry with SQLite.
    fn against_sqlite(&self, entry: &Entry, figure: impl Fn(&Round, &Round) -> f64) -> f64 {
        let sqlite = self.entries.first().map_or(&[][..], |sqlite| &sqlite.rounds);
        median(entry.rounds.iter().zip(sqlite).map(|(round, sqlite)| figure(round, sqlite)))
    }

    fn ratio(&self, entry: &Entry) -> f64 {
        self.against_sqlite(entry, |round, sqlite| {
            round.deliveries_per_server_second() / sqlite.deliveries_per_server_second()
        })
    }

    pub(crate) fn to_json(&self) -> Value {
        let results = self.entries.iter().map(|entry| {
            json!({
                "subject": entry.subject.name(),
                "servers": entry.subject.servers(),
                "deliveries_per_second": entry.median(|round| round.crowd.deliveries_per_second()),
                "server_seconds": entry.median(|round| round.servers.as_secs_f64()),
                "redis_seconds": entry.median(|round| round.redis.as_secs_f64()),
                "deliveries_per_server_second": entry.median(Round::deliveries_per_server_second),
                "ratio_to_sqlite": self.ratio(entry),
                "latency_ms": {
                    "p50": entry.median(|round| round.latency(0.5)),
                    "p99": entry.median(|round| round.latency(0.99)),
                },
                "round_trip_ms": entry.median(Round::round_trip),
                "excess_ms": self.against_sqlite(entry, Round::excess),
                "runs": entry.rounds.iter().map(|round| round.crowd.to_json()).collect::<Vec<_>>(),
            })
        });
        let violations = self.violations();
        json!({
            "rounds": self.rounds,
            "results": results.collect::<Vec<_>>(),
            "violations": violations.count(),
            "violation_examples": violations.examples(),
        })
    }
}

impl Entry {
    fn median(&self, figure: impl Fn(&Round) -> f64) -> f64 {
        median(self.rounds.iter().map(figure))
    }
}

/// Writes the medians of the rounds as a markdown table.
impl fmt::Display for SeveralReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = [
            "servers",
            "log",
            "deliveries/s",
            "servers s",
            "Redis s",
            "deliveries / servers s",
            "/ SQLite",
            "p50 ms",
            "p99 ms",
            "excess ms",
        ];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        for entry in &self.entries {
            let is_redis = entry.subject != Subject::Sqlite;
            let only_redis = |cell: String| if is_redis { cell } else { String::new() };
            rows.push(vec![
                entry.subject.servers().to_string(),
                entry.subject.name(),
                grouped(entry.median(|round| round.crowd.deliveries_per_second())),
                significant(entry.median(|round| round.servers.as_secs_f64())),
                only_redis(significant(entry.median(|round| round.redis.as_secs_f64()))),
                grouped(entry.median(Round::deliveries_per_server_second)),
                only_redis(format!("{:.3}", self.ratio(entry))),
                significant(entry.median(|round| round.latency(0.5))),
                significant(entry.median(|round| round.latency(0.99))),
                only_redis(significant(self.against_sqlite(entry, Round::excess))),
            ]);
        }
        write_table(f, &rows)?;
        let redis = self.entries.iter().filter(|entry| entry.subject != Subject::Sqlite);
        let trip = median(redis.map(|entry| entry.median(Round::round_trip)));
        writeln!(f, "\nA round trip to Redis: p50 {} ms", significant(trip))
    }
}
