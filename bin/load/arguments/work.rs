//! Arguments that several commands share.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::failure::Failure;
use crate::payload::{MAXIMUM, MINIMUM};

/// What the clients do.
#[derive(Debug, Clone, Args)]
pub(crate) struct Work {
    /// How many clients; a list, as in 10,100,1000, is measured one after the other
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "100")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) clients: Vec<u32>,

    /// How many of them send [default: 10, or all where there are fewer]
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=999_999))]
    pub(super) senders: Option<u32>,

    /// How long each text is, in bytes: at least 17, for the numbers by which it is recognised
    #[arg(long, value_name = "BYTES", default_value_t = 64, value_parser = size)]
    pub(crate) size: usize,

    /// How long the clients talk; the first fifth of it, at most a second, is a warm-up that
    /// does not count
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = positive)]
    pub(super) seconds: f64,

    /// Send this many texts a second in all, whatever comes back; latency then counts from when
    /// a text was due. Without it, each sender sends when its last text came back
    #[arg(long, value_name = "R", value_parser = positive)]
    pub(crate) rate: Option<f64>,

    /// Let each sender add a tag to what it sends, so that its own copy is an answer apart. `compare`
    /// measures each server in both ways
    #[arg(long)]
    pub(crate) tags: bool,

    /// How long to wait, at the end, for what was not delivered yet; what is missing then is a
    /// violation
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = positive)]
    pub(super) drain: f64,

    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,

    /// Draw the latencies, and the deliveries over a list of clients, into this SVG file
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
}

/// Which processor does what.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Pinning {
    /// Do not tie the server to one processor and this tool to another
    #[arg(long)]
    pub(crate) no_pin: bool,
}

/// Which server is started, and how.
#[derive(Debug, Clone, Args)]
pub(crate) struct Program {
    /// The server [default: the file called `server` beside this tool]
    #[arg(long, value_name = "PATH")]
    pub(crate) server: Option<PathBuf>,

    /// Give the server this argument too; repeat it for more, as in --server-arg=--log
    /// --server-arg=error. It has --flood off and --login-limit 0, unless you say otherwise
    #[arg(long = "server-arg", value_name = "ARG", allow_hyphen_values = true)]
    pub(crate) arguments: Vec<OsString>,
}

impl Work {
    /// Checks what no single option can be blamed for.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let most = self.clients.iter().copied().max().unwrap_or(0);
        match self.senders {
            Some(senders) if senders > most => Err(Failure::Usage(format!(
                "--senders {senders} is more than --clients {most}: senders are clients"
            ))),
            _ => Ok(()),
        }
    }

    /// How many of so many clients send.
    pub(crate) fn senders(&self, clients: u32) -> u32 {
        self.senders.unwrap_or(10).min(clients)
    }

    /// How long they talk.
    pub(crate) fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    /// How long to wait for the rest.
    pub(crate) fn drain_limit(&self) -> Duration {
        Duration::from_secs_f64(self.drain)
    }
}

/// Parses a number above 0.
pub(super) fn positive(text: &str) -> Result<f64, String> {
    // A year in seconds, and more messages than any machine sends: beyond is a slip of the finger.
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number <= 31_536_000.0 => Ok(number),
        _ => Err("wanted a number above 0".to_owned()),
    }
}

/// Parses the size of a text.
fn size(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(size) if size < MINIMUM => Err(format!(
            "a text needs at least {MINIMUM} bytes, for the sender and the number by which it is \
             recognised"
        )),
        Ok(size) if size <= MAXIMUM => Ok(size),
        _ => Err(format!("wanted a number of bytes from {MINIMUM} to {MAXIMUM}")),
    }
}
