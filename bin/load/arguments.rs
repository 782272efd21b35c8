//! The arguments of the tool.

mod handshakes;
mod several;
mod storm;
mod work;

use std::num::NonZero;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::place::Place;
pub(crate) use handshakes::Handshakes;
pub(crate) use several::Several;
pub(crate) use storm::Storm;
use work::positive;
pub(crate) use work::{Pinning, Program, Work};

/// Measures a chat server as its users would feel it.
///
/// Connects many clients to a server of the json dialect, lets some of them send messages, and
/// checks every delivery at every client: once, whole, and in order. It prints the rate of the
/// messages and their latency. No other client should use the server during the measurement: its
/// messages count as violations.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(
    after_help = "Exit codes: 0 no violations, 1 violations, or the server refused a request \
    or closed a connection, 2 wrong usage, 3 cannot connect, 130 interrupted."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// The server to measure
    #[arg(value_name = "HOST:PORT", required = true)]
    pub(crate) address: Option<String>,

    #[command(flatten)]
    pub(crate) work: Work,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Measure the limit of this machine: the same work with a bare relay
    ///
    /// The relay does only the work that no chat server can avoid: it writes the bytes that it
    /// reads from one client to all clients. It parses nothing, and it writes all bytes of one turn
    /// to each client with one write. The figure of a server divided by the figure of the relay
    /// shows the cost of being a chat.
    Limit {
        #[command(flatten)]
        pinning: Pinning,
        #[command(flatten)]
        work: Work,
    },
    /// Compare the engines of a server, or where it keeps its data, with each other and with the
    /// bare relay
    ///
    /// Starts the server and the relay in turn, in several rounds, so that a short disturbance of
    /// the machine affects all of them. Prints the medians as a markdown table.
    Compare(Compare),
    /// Measure the memory and the processor time that idle clients cost a server
    Idle(Idle),
    /// Measure the latency of a chat during a storm of wrong logins
    ///
    /// Starts the server and lets clients chat: first alone, then while many other clients send
    /// logins with wrong passwords. Prints the medians of the rounds and counts the answers to the
    /// wrong logins. The server must refuse each of them.
    Storm(Storm),
    /// Measure the latency of a chat while other clients connect with TLS
    ///
    /// Starts the server and lets clients chat over TLS: first alone, then while other clients connect,
    /// shake hands, and leave. Prints the medians of the rounds.
    Handshakes(Handshakes),
    /// Compare several servers that share a log in Redis with one server that has an SQLite file
    ///
    /// Starts one server with a file, and then each number of servers with a Redis of their own, in turn
    /// and in several rounds. Clients are spread over the servers. Prints the medians as a markdown
    /// table: the processor time of the servers and of Redis, and the latency of the texts of a single
    /// sender at clients of another server (of the same one if there is no other). The excess is the
    /// median latency, less that with SQLite, less two round trips to Redis.
    Several(Several),
    /// Be the bare relay (started by `limit` and `compare`)
    #[command(hide = true)]
    Relay,
}

#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// The engines. The others are compared with the first
    #[arg(long, value_name = "ENGINE", value_delimiter = ',', default_value = "threads,events")]
    pub(crate) engines: Vec<String>,

    /// Where the servers keep their data: :memory:, or a folder in which each server gets a
    /// temporary file. The places of a list, as in :memory:,/var/tmp, are compared, and the time of
    /// a sync of a small file in each folder is printed
    #[arg(long, value_name = "PLACE", value_delimiter = ',', default_value = ":memory:")]
    pub(crate) data: Vec<Place>,

    /// How many times each server is measured
    #[arg(long, value_name = "N", default_value = "5")]
    pub(crate) rounds: NonZero<u32>,

    /// Measure each server also with the socket of its trace, and with this tool as a reader of it
    #[arg(long)]
    pub(crate) trace: bool,

    #[command(flatten)]
    pub(crate) program: Program,

    #[command(flatten)]
    pub(crate) pinning: Pinning,

    #[command(flatten)]
    pub(crate) work: Work,
}

#[derive(Debug, Args)]
pub(crate) struct Idle {
    /// How many clients log in
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) clients: u32,

    /// How long the clients stay idle while the processor time of the server is measured
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = positive)]
    seconds: f64,

    /// The engine of the server
    #[arg(long, value_name = "ENGINE", default_value = "events")]
    pub(crate) engine: String,

    /// Let the clients use TLS
    #[arg(long)]
    pub(crate) tls: bool,

    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) program: Program,
}

impl Idle {
    /// The time for which the clients stay idle.
    pub(crate) fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(line: &str) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_declarations_are_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn an_address_or_a_command_is_needed() {
        assert!(parse("load").is_err());
        assert!(parse("load limit").is_ok());
        let arguments = parse("load localhost:1 --clients 10,100 --rate 5").unwrap();
        assert_eq!(arguments.address.as_deref(), Some("localhost:1"));
        assert_eq!(arguments.work.clients, [10, 100]);
    }

    #[test]
    fn few_clients_all_send() {
        let work = parse("load x:1 --clients 4,100").unwrap().work;
        assert_eq!((work.senders(4), work.senders(100)), (4, 10));
        assert!(work.check().is_ok());
        assert!(parse("load x:1 --clients 4 --senders 5").unwrap().work.check().is_err());
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in ["--size 16", "--seconds 0", "--rate -1", "--seconds NaN", "--clients 0"] {
            assert!(parse(&format!("load x:1 {line}")).is_err(), "{line}");
        }
    }
}
