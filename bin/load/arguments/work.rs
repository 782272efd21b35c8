//! Arguments that several commands share.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::failure::Failure;
use crate::payload::{MAXIMUM, MINIMUM};

/// The work of the clients.
#[derive(Debug, Clone, Args)]
pub(crate) struct Work {
    /// How many clients. The numbers of a list, as in 10,100,1000, are measured in turn
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "100")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) clients: Vec<u32>,

    /// How many of the clients send [default: 10, or all of fewer clients]
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=999_999))]
    pub(super) senders: Option<u32>,

    /// The size of each text in bytes: at least 17, for the numbers that identify it
    #[arg(long, value_name = "BYTES", default_value_t = 64, value_parser = size)]
    pub(crate) size: usize,

    /// How long the clients send. The first fifth of the time, at most a second, is a warm-up that
    /// does not count
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = positive)]
    pub(super) seconds: f64,

    /// Send this many texts a second in all, also if deliveries are late; the latency then counts
    /// from the scheduled time. Without this, each sender waits until its last text comes back
    #[arg(long, value_name = "R", value_parser = positive)]
    pub(crate) rate: Option<f64>,

    /// Let each sender add a tag to its requests, so that the copy for the sender differs from the
    /// others. `compare` measures each server with tags and without
    #[arg(long)]
    pub(crate) tags: bool,

    /// Use TLS, and accept any certificate. `compare` measures each server with TLS and without
    #[arg(long)]
    pub(crate) tls: bool,

    /// How long to wait at the end for outstanding deliveries. Those that do not come are violations
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = positive)]
    pub(super) drain: f64,

    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,

    /// Draw the latencies, and for a list of clients the deliveries, into this SVG file
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
}

/// The choice of processors.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Pinning {
    /// Do not pin the server to one processor and this tool to another
    #[arg(long)]
    pub(crate) no_pin: bool,
}

/// The server to start, and its arguments.
#[derive(Debug, Clone, Args)]
pub(crate) struct Program {
    /// The server [default: the file called `server` beside this tool]
    #[arg(long, value_name = "PATH")]
    pub(crate) server: Option<PathBuf>,

    /// Pass this argument to the server. Repeat it for more, as in --server-arg=--log
    /// --server-arg=error. The server gets --flood off and --login-limit 0 unless you set them
    #[arg(long = "server-arg", value_name = "ARG", allow_hyphen_values = true)]
    pub(crate) arguments: Vec<OsString>,
}

impl Work {
    /// Checks the combination of the options.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let most = self.clients.iter().copied().max().unwrap_or(0);
        match self.senders {
            Some(senders) if senders > most => Err(Failure::Usage(format!(
                "--senders {senders} is more than --clients {most}: senders are clients"
            ))),
            _ => Ok(()),
        }
    }

    /// The number of senders among this many clients.
    pub(crate) fn senders(&self, clients: u32) -> u32 {
        self.senders.unwrap_or(10).min(clients)
    }

    /// The time for which the clients send.
    pub(crate) fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    /// The time to wait for outstanding deliveries.
    pub(crate) fn drain_limit(&self) -> Duration {
        Duration::from_secs_f64(self.drain)
    }
}

/// Parses a number above 0.
pub(super) fn positive(text: &str) -> Result<f64, String> {
    // A year in seconds, and more messages than any machine sends: a larger number is a typing error.
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number <= 31_536_000.0 => Ok(number),
        _ => Err("wanted a number above 0".to_owned()),
    }
}

/// Parses the size of a text.
fn size(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(size) if size < MINIMUM => Err(format!(
            "a text needs at least {MINIMUM} bytes, for the sender and the number that identify it"
        )),
        Ok(size) if size <= MAXIMUM => Ok(size),
        _ => Err(format!("wanted a number of bytes from {MINIMUM} to {MAXIMUM}")),
    }
}
