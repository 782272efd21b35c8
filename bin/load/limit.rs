//! `load limit`: the same work with a bare relay.

use crate::arguments::Work;
use crate::child::Running;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::line::Subject;
use crate::measurement::Measurement;
use crate::pin::Pins;
use crate::run::{self, Target};

/// The name of the relay in reports.
pub(crate) const RELAY: &str = "relay";

/// Measures the relay with each number of clients.
pub(crate) fn run(
    work: &Work,
    pins: Option<Pins>,
    interrupt: &Interrupt,
) -> Result<Vec<Measurement>, Failure> {
    work.clients.iter().map(|clients| relay(*clients, work, pins, interrupt)).collect()
}

/// Starts a relay and measures it.
pub(crate) fn relay(
    clients: u32,
    work: &Work,
    pins: Option<Pins>,
    interrupt: &Interrupt,
) -> Result<Measurement, Failure> {
    let relay = Running::relay(pins, interrupt)?;
    let target = Target {
        subject: RELAY.to_owned(),
        kind: Subject::Relay,
        addresses: vec![relay.address],
        prefix: "l".to_owned(),
        clients,
        tags: work.tags,
        tls: None,
        work,
    };
    run::measure(&target, interrupt)
}
