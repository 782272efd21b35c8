//! What `load storm` can be told.

use std::num::NonZero;
use std::time::Duration;

use clap::Args;

use super::work::{Pinning, Program, Work, positive};
use crate::place::Place;

#[derive(Debug, Args)]
pub(crate) struct Storm {
    /// How many people chat
    #[arg(long, value_name = "N", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=999_999))]
    pub(crate) people: u32,

    /// How many texts a second they send in all, in turn
    #[arg(long, value_name = "R", default_value_t = 100.0, value_parser = positive)]
    pub(crate) rate: f64,

    /// How many wrong logins come meanwhile, each under another name
    #[arg(long, value_name = "N", default_value = "20000")]
    pub(crate) wrong_logins: NonZero<u32>,

    /// Over how many connections they come; none of them waits for an answer
    #[arg(long, value_name = "N", default_value_t = 200)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) connections: u32,

    /// From how many addresses of this machine (127.0.0.1, 127.0.0.2, ...) these come. A server bounds
    /// how many passwords it looks at for each: more addresses keep it busy for longer, and what it
    /// refuses is the rest. Linux has all of them; elsewhere each but the first has to be set up
    #[arg(long, value_name = "N", default_value_t = if cfg!(target_os = "linux") { 5 } else { 1 })]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=65_535))]
    pub(crate) addresses: u32,

    /// How long the people chat without the wrong logins, and then with them; these come evenly
    /// over all of it
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = positive)]
    seconds: f64,

    /// How often all of it is done
    #[arg(long, value_name = "N", default_value = "3")]
    pub(crate) rounds: NonZero<u32>,

    /// The engine
    #[arg(long, value_name = "ENGINE", default_value = "events")]
    pub(crate) engine: String,

    /// Where the server keeps what is said: :memory:, or a folder in which it gets a file of its
    /// own for as long as it runs
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
    /// How long the people chat, each time.
    pub(crate) fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    /// What the people do.
    pub(crate) fn work(&self) -> Work {
        Work {
            clients: vec![self.people],
            senders: Some(self.people),
            size: 64,
            seconds: self.seconds,
            tags: false,
            rate: Some(self.rate),
            drain: 10.0,
            json: self.json,
            plot: None,
        }
    }
}
