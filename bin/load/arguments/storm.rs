//! The arguments of `load storm`.

use std::num::NonZero;
use std::time::Duration;

use clap::Args;

use super::work::{Pinning, Program, Work, positive};
use crate::place::Place;

#[derive(Debug, Args)]
pub(crate) struct Storm {
    /// How many clients chat
    #[arg(long, value_name = "N", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=999_999))]
    pub(crate) people: u32,

    /// How many texts a second these clients send in all, in turn
    #[arg(long, value_name = "R", default_value_t = 100.0, value_parser = positive)]
    pub(crate) rate: f64,

    /// How many wrong logins other clients send, each under another name
    #[arg(long, value_name = "N", default_value = "20000")]
    pub(crate) wrong_logins: NonZero<u32>,

    /// The number of connections for the wrong logins, which are sent without waiting for answers
    #[arg(long, value_name = "N", default_value_t = 200)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) connections: u32,

    /// The number of source addresses (127.0.0.1, 127.0.0.2, ...) of these connections. A server
    /// limits how many passwords it checks for each address and refuses the rest, so more addresses
    /// keep it busy for longer. On macOS each address but the first must be set up
    #[arg(long, value_name = "N", default_value_t = if cfg!(target_os = "linux") { 5 } else { 1 })]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=65_535))]
    pub(crate) addresses: u32,

    /// How long the clients chat without the wrong logins, and then with them. The wrong logins are
    /// spread evenly over that time
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = positive)]
    seconds: f64,

    /// How many times both are measured
    #[arg(long, value_name = "N", default_value = "3")]
    pub(crate) rounds: NonZero<u32>,

    /// The engine of the server
    #[arg(long, value_name = "ENGINE", default_value = "events")]
    pub(crate) engine: String,

    /// Where the server keeps its data: :memory:, or a folder in which it gets a temporary file
    #[arg(long, value_name = "PLACE", default_value = ":memory:")]
    pub(crate) data: Place,

    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) program: Program,

    #[command(flatten)]
    pub(crate) pinning: Pinning,
}

impl Storm {
    /// The time for which the clients chat, without and with the wrong logins.
    pub(crate) fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    /// The work of the clients that chat.
    pub(crate) fn work(&self) -> Work {
        Work {
            clients: vec![self.people],
            senders: Some(self.people),
            size: 64,
            seconds: self.seconds,
            tags: false,
            tls: false,
            rate: Some(self.rate),
            drain: 10.0,
            json: self.json,
            plot: None,
        }
    }
}
