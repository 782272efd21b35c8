//! `load idle`: the cost of a connected client that does nothing.
//!
//! The figures come from `/proc`, which only Linux has. They describe the whole process of the server,
//! so they are the cost that an operator pays.

use std::fs;
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
use crate::progress::Progress;
use crate::report::{grouped, significant};

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
    if !cfg!(target_os = "linux") {
        return Err(Failure::Usage("idle reads /proc, which only Linux has".to_owned()));
    }
    let clients = idle.clients;
    let server = Running::server(&idle.program, &idle.engine, &Place::Memory, None, interrupt)?;
    let empty = resident(server.id())?;

    let names = crowd::names("l", clients);
    let reader = Reader::new(Subject::Chat, MINIMUM, names.clone());
    let mut progress = Progress::new(format!("{}, {clients} clients", idle.engine));
    let (mut crowd, _) = Crowd::connect(server.address, names, interrupt.clone(), &mut progress)?;
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
    let hold = hold::measure(server.address, &mut crowd)?;
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

/// The resident memory of a process in bytes.
fn resident(process: u32) -> Result<u64, Failure> {
    let path = format!("/proc/{process}/status");
    let status = read(&path)?;
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.map(|kilobytes| kilobytes * 1024).ok_or_else(|| no_figure(&path, "VmRSS"))
}

/// The processor time of a process, in user mode and in the kernel.
fn processor_time(process: u32) -> Result<Duration, Failure> {
    let path = format!("/proc/{process}/stat");
    let ticks = used(&read(&path)?).ok_or_else(|| no_figure(&path, "utime and stime"))?;
    let per_second = rustix::param::clock_ticks_per_second();
    Ok(Duration::from_secs_f64(ticks as f64 / per_second as f64))
}

/// The sum of `utime` and `stime` (proc_pid_stat(5), fields 14 and 15). The second field is the name of
/// the program in parentheses, which may itself contain parentheses.
fn used(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn read(path: &str) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::Broken(format!("{path}: {error}")))
}

fn no_figure(path: &str, what: &str) -> Failure {
    Failure::Broken(format!("there is no {what} in {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_time_is_found_behind_any_program_name() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 1 0 99 1 1";
        assert_eq!(used(stat), Some(300));
        assert_eq!(used("7 (a"), None);
        assert_eq!(used("7 (a) S 1"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_memory_and_takes_time() {
        assert!(resident(std::process::id()).unwrap() > 100_000);
        processor_time(std::process::id()).unwrap();
    }
}
