//! `load`: measures a chat server as its users would feel it.
//!
//! Many clients connect, some talk, and every delivery at every client is checked: once, whole,
//! in order. `load HOST:PORT` measures a server that runs; `load limit` the machine itself,
//! with a relay that does nothing but move bytes; `load compare` the engines of a server against
//! each other and the relay; `load idle` what it costs that clients are there at all; `load storm`
//! what those who chat feel of those who guess passwords.
//!
//! Read it in this order: `run` (what happens), `crowd` (one loop for all clients), `hearing`
//! (what becomes of a line), `transcript` (why that is fast) and `ledger` (what is promised).
//! It speaks the `json` dialect by itself, without `net` and `parse`: a fault in them should be
//! found by it and not shared with it.
//!
//! Exit codes: 0 all well, 1 violations, or the server refused or hung up, 2 wrong usage,
//! 3 cannot connect, 130 interrupted.

mod arguments;
mod arrival;
mod child;
mod client;
mod compare;
mod crowd;
mod descriptors;
mod failure;
mod guesses;
mod histogram;
mod hold;
mod idle;
mod in_flight;
mod incoming;
mod interrupt;
mod ledger;
mod limit;
mod line;
mod measurement;
mod pace;
mod payload;
mod pin;
mod place;
mod plot;
mod progress;
mod relay;
mod report;
mod room;
mod run;
mod storm;
mod transcript;
mod violation;

use std::io::{self, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use serde_json::{Value, json};

use arguments::{Arguments, Command, Compare, Idle, Pinning, Storm, Work};
use failure::Failure;
use interrupt::Interrupt;
use line::Subject;
use measurement::Measurement;
use pin::Pins;
use run::Target;
use violation::Violations;

/// Something was not delivered as promised.
const VIOLATED: u8 = 1;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        None => remote(arguments.address.as_deref().unwrap_or_default(), &arguments.work),
        Some(Command::Limit { pinning, work }) => limit(&work, pinning),
        Some(Command::Compare(compare)) => comparison(&compare),
        Some(Command::Idle(idle)) => idling(&idle),
        Some(Command::Storm(storm)) => storming(&storm),
        Some(Command::Relay) => relay::run()
            .map(|()| Violations::default())
            .map_err(|error| Failure::Broken(format!("relay: {error}"))),
    };
    match done {
        Ok(violations) if violations.count() == 0 => ExitCode::SUCCESS,
        Ok(violations) => {
            complain(&format!("{} violations: {violations}", violations.count()));
            for example in violations.examples() {
                complain(&format!("  {example}"));
            }
            ExitCode::from(VIOLATED)
        }
        Err(failure) => {
            complain(&failure.to_string());
            ExitCode::from(failure.code())
        }
    }
}

/// Measures a server that runs already.
fn remote(address: &str, work: &Work) -> Result<Violations, Failure> {
    let interrupt = prepare(work)?;
    let target = resolve(address)?;
    let mut runs = Vec::new();
    for (index, clients) in work.clients.iter().enumerate() {
        let prefix = if index == 0 { "l".to_owned() } else { format!("l{}_", index + 1) };
        let (subject, kind) = (address.to_owned(), Subject::Chat);
        let (address, tags, clients) = (target, work.tags, *clients);
        let target = Target { subject, kind, address, prefix, clients, tags, work };
        runs.push(run::measure(&target, &interrupt)?);
    }
    tell(&runs, work)
}

fn limit(work: &Work, pinning: Pinning) -> Result<Violations, Failure> {
    let interrupt = prepare(work)?;
    let pins = pins(pinning);
    tell(&limit::run(work, pins, &interrupt)?, work)
}

fn comparison(compare: &Compare) -> Result<Violations, Failure> {
    let work = &compare.work;
    let interrupt = prepare(work)?;
    let pins = pins(compare.pinning);
    let comparison = compare::run(compare, pins, &interrupt)?;
    if let Some(file) = &work.plot {
        draw(file, &comparison.entries.iter().flat_map(|entry| &entry.rounds).collect::<Vec<_>>())?;
    }
    print(if work.json { json_line(&comparison.to_json()) } else { comparison.to_string() });
    Ok(comparison.violations())
}

fn idling(idle: &Idle) -> Result<Violations, Failure> {
    room::provide(idle.clients)?;
    let cost = idle::run(idle, &hook()?)?;
    print(if idle.json { json_line(&cost.to_json()) } else { cost.to_text() });
    Ok(Violations::default())
}

fn storming(storm: &Storm) -> Result<Violations, Failure> {
    room::provide(storm.people + storm.connections)?;
    let interrupt = hook()?;
    let report = storm::run(storm, pins(storm.pinning), &interrupt)?;
    print(if storm.json { json_line(&report.to_json()) } else { report.to_string() });
    Ok(report.violations())
}

/// Checks what is wanted before anything is started.
fn prepare(work: &Work) -> Result<Interrupt, Failure> {
    work.check()?;
    room::provide(work.clients.iter().copied().max().unwrap_or(0))?;
    hook()
}

fn hook() -> Result<Interrupt, Failure> {
    Interrupt::hook().map_err(|error| Failure::Broken(format!("cannot handle signals: {error}")))
}

/// Chooses the processors, and says what it chose.
fn pins(pinning: Pinning) -> Option<Pins> {
    if pinning.no_pin {
        return None;
    }
    let pins = Pins::choose();
    match pins {
        Some(pins) => complain(&pins.to_string()),
        None => complain("not pinned: there are no two processors to choose, or no way to"),
    }
    pins
}

/// The address of the server. IPv4 goes first, because that is where most servers listen.
fn resolve(address: &str) -> Result<SocketAddr, Failure> {
    let mut addresses: Vec<SocketAddr> = match address.to_socket_addrs() {
        Ok(addresses) => addresses.collect(),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            let hint = "wanted HOST:PORT, as in localhost:49512";
            return Err(Failure::Usage(format!("{address:?}: {error}; {hint}")));
        }
        Err(error) => return Err(Failure::CannotConnect(format!("{address}: {error}"))),
    };
    addresses.sort_by_key(SocketAddr::is_ipv6);
    let first = addresses.first().copied();
    first.ok_or_else(|| Failure::CannotConnect(format!("{address}: it has no address")))
}

/// Reports runs: to a person or a machine, and as a picture.
fn tell(runs: &[Measurement], work: &Work) -> Result<Violations, Failure> {
    let mut violations = Violations::default();
    for run in runs {
        violations.merge(&run.violations);
    }
    if let Some(file) = &work.plot {
        draw(file, &runs.iter().collect::<Vec<_>>())?;
    }
    print(if work.json {
        json_line(&json!({
            "runs": runs.iter().map(Measurement::to_json).collect::<Vec<_>>(),
            "violations": violations.count(),
            "violation_examples": violations.examples(),
        }))
    } else {
        runs.iter().map(report::text).collect::<Vec<_>>().join("\n")
    });
    Ok(violations)
}

fn draw(file: &Path, runs: &[&Measurement]) -> Result<(), Failure> {
    std::fs::write(file, plot::draw(runs))
        .map_err(|error| Failure::Usage(format!("cannot write {}: {error}", file.display())))
}

fn json_line(value: &Value) -> String {
    format!("{value}\n")
}

/// With standard output closed there is nobody to tell; the exit code still says how it went.
fn print(text: String) {
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "load: {text}");
}
