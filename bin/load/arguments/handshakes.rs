//! The arguments of `load handshakes`.

use std::num::NonZero;
use std::time::Duration;

use clap::Args;

use super::work::{Pinning, Program, Work, positive};

#[derive(Debug, Args)]
pub(crate) struct Handshakes {
    /// How many clients chat
    #[arg(long, value_name = "N", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=999_999))]
    pub(crate) people: u32,

    /// How many texts a second these clients send in all, in turn
    #[arg(long, value_name = "R", default_value_t = 100.0, value_parser = positive)]
    pub(crate) rate: f64,

    /// How many other clients connect, shake hands and leave
    #[arg(long, value_name = "N", default_value = "2000")]
    pub(crate) handshakes: NonZero<u32>,

    /// How long the clients chat without the handshakes, and then with them. The handshakes are spread
    /// evenly over that time
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = positive)]
    seconds: f64,

    /// How many times both are measured
    #[arg(long, value_name = "N", default_value = "3")]
    pub(crate) rounds: NonZero<u32>,

    /// The engine of the server
    #[arg(long, value_name = "ENGINE", default_value = "events")]
    pub(crate) engine: String,

    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) program: Program,

    #[command(flatten)]
    pub(crate) pinning: Pinning,
}

impl Handshakes {
    /// The time for which the clients chat, without and with the handshakes.
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
            tls: true,
            rate: Some(self.rate),
            drain: 10.0,
            json: self.json,
            plot: None,
        }
    }
}
