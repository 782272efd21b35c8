//! `load compare`: the engines of a server, and the bare relay, in turn.
//!
//! A round measures each of them once, so whatever the machine does beside (another student's
//! build, a backup) disturbs all alike. Ratios are taken within a round, and the median of the
//! rounds is told: one bad round then changes nothing.

use std::fmt::{self, Write};

use serde_json::{Value, json};

use crate::arguments::{Compare, Program, Work};
use crate::child::Running;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::limit::{self, RELAY};
use crate::line::Subject;
use crate::measurement::{Measurement, PERCENTILES, median, milliseconds};
use crate::pin::Pins;
use crate::report::{grouped, significant};
use crate::run::{self, Target};
use crate::violation::Violations;

/// One subject with one number of clients, over all rounds.
pub(crate) struct Entry {
    pub(crate) subject: String,
    pub(crate) clients: u32,
    pub(crate) rounds: Vec<Measurement>,
}

/// All of them: for each number of clients the relay, then the engines as they were named.
pub(crate) struct Comparison {
    pub(crate) entries: Vec<Entry>,
    engines: Vec<String>,
    rounds: u32,
}

/// Measures everything.
pub(crate) fn run(
    compare: &Compare,
    pins: Option<Pins>,
    interrupt: &Interrupt,
) -> Result<Comparison, Failure> {
    // A server that does not know an engine says so now, and not after an hour of rounds.
    for engine in &compare.engines {
        Running::server(&compare.program, engine, pins, interrupt)?;
    }
    let mut entries = Vec::new();
    for clients in &compare.work.clients {
        let subjects = std::iter::once(RELAY).chain(compare.engines.iter().map(String::as_str));
        let mut group: Vec<Entry> = subjects
            .map(|subject| Entry {
                subject: subject.to_owned(),
                clients: *clients,
                rounds: Vec::new(),
            })
            .collect();
        for _ in 0..compare.rounds.get() {
            for Entry { subject, rounds, .. } in &mut group {
                rounds.push(match subject.as_str() {
                    RELAY => limit::relay(*clients, &compare.work, pins, interrupt)?,
                    engine => {
                        let (program, work) = (&compare.program, &compare.work);
                        server(engine, *clients, program, work, pins, interrupt)?
                    }
                });
            }
        }
        entries.extend(group);
    }
    Ok(Comparison { entries, engines: compare.engines.clone(), rounds: compare.rounds.get() })
}

/// Starts a server with this engine and measures it.
fn server(
    engine: &str,
    clients: u32,
    program: &Program,
    work: &Work,
    pins: Option<Pins>,
    interrupt: &Interrupt,
) -> Result<Measurement, Failure> {
    let server = Running::server(program, engine, pins, interrupt)?;
    let target = Target {
        subject: engine.to_owned(),
        kind: Subject::Chat,
        address: server.address,
        prefix: "l".to_owned(),
        clients,
        work,
    };
    run::measure(&target, interrupt)
}

impl Comparison {
    /// Everything that anybody got wrong.
    pub(crate) fn violations(&self) -> Violations {
        let mut all = Violations::default();
        for round in self.entries.iter().flat_map(|entry| &entry.rounds) {
            all.merge(&round.violations);
        }
        all
    }

    /// How many times the deliveries of `other` this entry has, in the median of the rounds.
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
                let others = std::iter::once(&relay).chain(&self.engines);
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
        let violations = self.violations();
        json!({
            "rounds": self.rounds,
            "results": entries,
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

/// The markdown table.
impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let against: Vec<&str> = std::iter::once(RELAY)
            .chain(self.engines.iter().map(String::as_str))
            .take(self.engines.len())
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
        write_table(f, &rows)
    }
}

/// Writes rows as a markdown table that can also be read as it is. The first row is the header;
/// numbers are to the right.
fn write_table(f: &mut impl Write, rows: &[Vec<String>]) -> fmt::Result {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0).max(3)
    };
    for (index, row) in rows.iter().enumerate() {
        for (column, cell) in row.iter().enumerate() {
            let width = width(column);
            match column {
                1 => write!(f, "| {cell:<width$} ")?,
                _ => write!(f, "| {cell:>width$} ")?,
            }
        }
        writeln!(f, "|")?;
        if index == 0 {
            for column in 0..row.len() {
                let dashes = "-".repeat(width(column));
                match column {
                    1 => write!(f, "|:{dashes}-")?,
                    _ => write!(f, "|-{dashes}:")?,
                }
            }
            writeln!(f, "|")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_markdown_and_lines_up() {
        let rows =
            [["n", "who", "x"], ["1000", "é", "0.5"]].map(|row| row.map(str::to_owned).to_vec());
        let mut table = String::new();
        write_table(&mut table, &rows).unwrap();
        assert_eq!(table, "|    n | who |   x |\n|-----:|:----|----:|\n| 1000 | é   | 0.5 |\n");
    }
}
