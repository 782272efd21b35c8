//! `load`: measures a chat server as its users would feel it.
//!
//! Many clients connect, some of them send, and the tool checks every delivery at every client: once,
//! whole, in order.
//!
//! - `load HOST:PORT` measures a running server.
//! - `load limit` measures the machine, with a relay that only moves bytes.
//! - `load compare` compares the engines of a server with each other and with the relay.
//! - `load idle` measures the cost of idle clients.
//! - `load storm` measures the latency of a chat while other clients guess passwords.
//! - `load handshakes` measures the latency of a chat while other clients connect with TLS.
//! - `load several` compares several servers on one Redis with one server.
//!
//! Read it in this order: `run` (the phases of a run), `crowd` (one loop for all clients), `incoming`
//! (the path of a received line), `transcript` (why that path is fast) and `ledger` (the checks).
//! The tool has its own code for the `json` dialect and does not use `net` and `parse`. So it finds a
//! fault in them instead of sharing it.
//!
//! Exit codes: 0 no violations, 1 violations, or the server refused a request or closed a connection,
//! 2 wrong usage, 3 cannot connect, 130 interrupted.

mod arguments;
mod arrival;
mod child;
mod client;
mod compare;
mod crowd;
mod descriptors;
mod failure;
mod guesses;
mod handshakes;
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
mod process;
mod progress;
mod redis;
mod relay;
mod report;
mod room;
mod run;
mod several;
mod storm;
mod tls;
mod traced;
mod transcript;
mod violation;

use std::io::{self, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use serde_json::{Value, json};

use arguments::{Arguments, Command, Compare, Handshakes, Idle, Pinning, Several, Storm, Work};
use failure::Failure;
use interrupt::Interrupt;
use line::Subject;
use measurement::Measurement;
use pin::Pins;
use run::Target;
use tls::Tls;
use violation::Violations;

/// The exit code for violations.
const VIOLATED: u8 = 1;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        None => remote(arguments.address.as_deref().unwrap_or_default(), &arguments.work),
        Some(Command::Limit { pinning, work }) => limit(&work, pinning),
        Some(Command::Compare(compare)) => comparison(&compare),
        Some(Command::Idle(idle)) => idling(&idle),
        Some(Command::Storm(storm)) => storming(&storm),
        Some(Command::Handshakes(handshakes)) => shaking(&handshakes),
        Some(Command::Several(several)) => sharing(&several),
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

/// Measures a running server.
fn remote(address: &str, work: &Work) -> Result<Violations, Failure> {
    let interrupt = prepare(work)?;
    let target = resolve(address)?;
    let mut runs = Vec::new();
    for (index, clients) in work.clients.iter().enumerate() {
        let prefix = if index == 0 { "l".to_owned() } else { format!("l{}_", index + 1) };
        let (subject, kind) = (address.to_owned(), Subject::Chat);
        let (addresses, tags, clients) = (vec![target], work.tags, *clients);
        let tls = work.tls.then(Tls::new).transpose()?;
        let target = Target { subject, kind, addresses, prefix, clients, tags, tls, work };
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

fn shaking(handshakes: &Handshakes) -> Result<Violations, Failure> {
    room::provide(handshakes.people + handshakes.handshakes.get())?;
    let interrupt = hook()?;
    let report = handshakes::run(handshakes, pins(handshakes.pinning), &interrupt)?;
    print(if handshakes.json { json_line(&report.to_json()) } else { report.to_string() });
    Ok(report.violations())
}

fn sharing(several: &Several) -> Result<Violations, Failure> {
    several.check()?;
    room::provide(several.clients)?;
    let interrupt = hook()?;
    let report = several::run(several, pins(several.pinning), &interrupt)?;
    print(if several.json { json_line(&report.to_json()) } else { report.to_string() });
    Ok(report.violations())
}

/// Checks the arguments and the limit on descriptors before anything starts.
fn prepare(work: &Work) -> Result<Interrupt, Failure> {
    work.check()?;
    room::provide(work.clients.iter().copied().max().unwrap_or(0))?;
    hook()
}

fn hook() -> Result<Interrupt, Failure> {
    Interrupt::hook().map_err(|error| Failure::Broken(format!("cannot handle signals: {error}")))
}

/// Chooses the processors and prints the choice.
fn pins(pinning: Pinning) -> Option<Pins> {
    if pinning.no_pin {
        return None;
    }
    let pins = Pins::choose();
    match pins {
        Some(pins) => complain(&pins.to_string()),
        None => complain("not pinned: this system has fewer than two processors, or cannot pin"),
    }
    pins
}

/// Resolves the address of the server. IPv4 goes first, because most servers listen there.
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

/// Reports the runs as text or JSON, and as a picture.
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

/// Prints to standard output. Ignores an error, because the exit code still tells the result.
fn print(text: String) {
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "load: {text}");
}
