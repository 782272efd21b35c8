//! The arguments of `load several`.

use std::num::NonZero;
use std::path::PathBuf;

use clap::Args;

use super::work::{Pinning, Program, Work, positive};
use crate::failure::Failure;

/// The texts a second for the latency: few, so that no text waits for another.
const CALM: f64 = 100.0;

#[derive(Debug, Args)]
pub(crate) struct Several {
    /// How many servers share one Redis. The numbers of a list are measured in turn
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "1,2,3")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) servers: Vec<u32>,

    /// How many clients, which are spread over the servers
    #[arg(long, value_name = "N", default_value_t = 300)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=999_999))]
    pub(crate) clients: u32,

    /// How many of the clients send, each when its last text comes back
    #[arg(long, value_name = "S", default_value_t = 30)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=999_999))]
    senders: u32,

    /// How long the clients send, and before that a single one
    #[arg(long, value_name = "SECONDS", default_value_t = 3.0, value_parser = positive)]
    seconds: f64,

    /// How many times each is measured
    #[arg(long, value_name = "N", default_value = "5")]
    pub(crate) rounds: NonZero<u32>,

    /// The engine of the servers
    #[arg(long, value_name = "ENGINE", default_value = "events")]
    pub(crate) engine: String,

    /// The folder for the files of Redis and of the servers [default: the folder for temporary files]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,

    /// The program of Redis
    #[arg(long, value_name = "PATH", default_value = "redis-server")]
    pub(crate) redis: PathBuf,

    /// Print one JSON object instead of a table
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) program: Program,

    #[command(flatten)]
    pub(crate) pinning: Pinning,
}

impl Several {
    /// Checks the combination of the options.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let Several { clients, senders, .. } = self;
        if senders > clients {
            return Err(Failure::Usage(format!(
                "--senders {senders} is more than --clients {clients}: senders are clients"
            )));
        }
        match self.servers.iter().max() {
            Some(servers) if servers > clients => Err(Failure::Usage(format!(
                "--servers {servers} is more than --clients {clients}: each server has a client"
            ))),
            _ => Ok(()),
        }
    }

    /// The work of the crowd.
    pub(crate) fn crowd(&self) -> Work {
        Work {
            clients: vec![self.clients],
            senders: Some(self.senders),
            size: 64,
            seconds: self.seconds,
            tags: false,
            tls: false,
            rate: None,
            drain: 10.0,
            json: self.json,
            plot: None,
        }
    }

    /// The work for the latency: one sender, with time between its texts.
    pub(crate) fn calm(&self, clients: u32) -> Work {
        Work { clients: vec![clients], senders: Some(1), rate: Some(CALM), ..self.crowd() }
    }
}
