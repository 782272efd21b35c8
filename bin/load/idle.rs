//! `load idle`: the cost of a connected client that does nothing.
//!
//! The figures come from `/proc`, which only Linux has. They describe the whole process of the server,
//! so they are the cost that an operator pays.

use std::time::Duration;

use serde_json::{Value, json};

use crate::arguments::Idle;
use crate::arrival;
use crate::child::Running;
use crate::crowd::{self, Crowd};
use crate::failure::Failure;
use crate::hold;
use crate::interrupt::Interrupt;
use crate::line::{Reader, Subject};
use crate::payload::MINIMUM;
use crate::place::Place;
use crate::process::{self, processor_time, resident};
use crate::progress::Progress;
use crate::report::{grouped, significant};
use crate::tls::Tls;

/// The cost of idle clients.
pub(crate) struct Cost {
    engine: String,
    clients: u32,
    /// Resident memory in bytes, without clients and with all clients.
    empty: u64,
    full: u64,
    connect: Duration,
    login: Duration,
    idle: Duration,
    /// Processor time of the server in that time.
    busy: Duration,
    /// The time for which one more login delays all other clients.
    hold: Duration,
}

/// Starts the server, logs all clients in, and measures the server while they are idle.
pub(crate) fn run(idle: &Idle, interrupt: &Interrupt) -> Result<Cost, Failure> {
    process::need_proc("idle")?;
    let clients = idle.clients;
    let server =
        Running::server(&idle.program, &idle.engine, &Place::Memory, idle.tls, None, interrupt)?;
    let empty = resident(server.id())?;

    let tls = idle.tls.then(Tls::new).transpose()?;
    let names = crowd::names("l", clients);
    let reader = Reader::new(Subject::Chat, MINIMUM, names.clone());
    let mut progress = Progress::new(format!("{}, {clients} clients", idle.engine));
    let (mut crowd, _) =
        Crowd::connect(&[server.address], tls.as_ref(), names, interrupt.clone(), &mut progress)?;
    let connect = Duration::from_nanos(crowd.now());
    let (_, login) = arrival::log_in(&mut crowd, &reader, clients, &mut progress)?;
    let full = resident(server.id())?;

    let (began, before) = (crowd.now(), processor_time(server.id())?);
    let until = began + idle.duration().as_nanos() as u64;
    while crowd.now() < until {
        let left = Duration::from_nanos(until.saturating_sub(crowd.now()));
        progress.tell(|| format!("idle, {} s left", left.as_secs()));
        crowd.wait(left.min(Duration::from_millis(100)))?;
        while crowd.serve(|_, _, _| Ok(()))?.is_some() {}
    }
    let busy = processor_time(server.id())?.saturating_sub(before);
    let idle_time = Duration::from_nanos(crowd.now() - began);
    let plain = server.plain.unwrap_or(server.address);
    let hold = hold::measure(plain, &mut crowd)?;
    Ok(Cost {
        engine: idle.engine.clone(),
        clients,
        empty,
        full,
        connect,
        login,
        idle: idle_time,
        busy,
        hold,
    })
}

impl Cost {
    fn bytes_per_client(&self) -> f64 {
        (self.full as f64 - self.empty as f64) / f64::from(self.clients)
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "engine": self.engine,
            "clients": self.clients,
            "resident_bytes_empty": self.empty,
            "resident_bytes_full": self.full,
            "bytes_per_client": self.bytes_per_client(),
            "connect_seconds": self.connect.as_secs_f64(),
            "login_seconds": self.login.as_secs_f64(),
            "idle_seconds": self.idle.as_secs_f64(),
            "processor_seconds": self.busy.as_secs_f64(),
            "hold_seconds": self.hold.as_secs_f64(),
        })
    }

    pub(crate) fn to_text(&self) -> String {
        let megabytes = |bytes: u64| significant(bytes as f64 / 1e6);
        format!(
            "{} clients, idle, engine {}\n\
             connect     {} s for all\n\
             login       {} s for all\n\
             memory      {} MB empty, {} MB with all: {} bytes for each client\n\
             processor   {} s in {} s: {} % of one\n\
             one more    {} ms until the server answers others while a client logs in\n",
            self.clients,
            self.engine,
            significant(self.connect.as_secs_f64()),
            significant(self.login.as_secs_f64()),
            megabytes(self.empty),
            megabytes(self.full),
            grouped(self.bytes_per_client()),
            significant(self.busy.as_secs_f64()),
            significant(self.idle.as_secs_f64()),
            significant(100.0 * self.busy.as_secs_f64() / self.idle.as_secs_f64()),
            significant(self.hold.as_secs_f64() * 1e3),
        )
    }
}
