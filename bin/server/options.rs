//! The options of the server. [`Options`] declares each option once: it is a group of flags, and
//! the form of the configuration file.

use std::fmt;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, ValueEnum};
use parse::EngineKind;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use shared::configuration;

/// A number of bytes or things above 0.
type Size = NonZero<usize>;
/// A number of seconds or events above 0.
type Count = NonZero<u32>;

/// Headings in `--help`.
const STORAGE: &str = "Storage";
const USERS: &str = "Users";
const REQUESTS: &str = "Requests";
const CONNECTIONS: &str = "Connections";
const ENCRYPTION: &str = "Encryption";

/// Options that are both flags and keys of the configuration file.
#[derive(Debug, Default, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Options {
    /// Listen on this address; repeat the flag for several. Port 0 picks a free port. A host name
    /// stands for all its addresses; `[::]` means IPv6 only. A dialect may have options, as in
    /// plain:colour=off=0.0.0.0:7002; --dialects lists them. With tls: before the dialect the
    /// connections are encrypted, as in tls:auto=0.0.0.0:49513 [default: auto=0.0.0.0:49512]
    #[arg(long, value_name = "[[tls:]DIALECT=]HOST:PORT")]
    pub(crate) listen: Vec<String>,

    #[arg(long, value_name = "ENGINE", help = engine_help())]
    pub(crate) engine: Option<String>,

    /// Log level on standard error: off, error, warn, info, debug or trace [default: info]
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log: Option<String>,

    /// Serve figures for Prometheus at http://HOST:PORT/metrics, and the health of the server at
    /// /healthz. A port alone is one of the loopback address [default: no figures]
    #[arg(long, value_name = "[HOST:]PORT")]
    pub(crate) metrics: Option<String>,

    /// Tell on this socket what the server does with each frame: which hops it takes, when, and who is
    /// here then, but not its text. `inspect --trace` shows it [default: no socket]
    #[arg(long, value_name = "SOCKET")]
    pub(crate) trace: Option<PathBuf>,

    /// The most seconds that a drain takes [default: 5]
    #[arg(long, value_name = "SECONDS", value_parser = positive::<Count>)]
    pub(crate) drain_limit: Option<Count>,

    /// Store messages and accounts in this SQLite file, which is created if it is missing, as is its
    /// folder; ":memory:" stores nothing on disk [default: server.db in the platform's data folder]
    #[arg(long, value_name = "FILE", help_heading = STORAGE)]
    pub(crate) data: Option<PathBuf>,

    /// Be one of several servers of a chat, whose log is in Redis:
    /// redis://HOST:PORT/DB?chat=NAME, or redis+unix:///SOCKET?db=DB&chat=NAME. --data is then a file
    /// that can be made again from Redis [default: a temporary file]
    #[arg(long, value_name = "URL", help_heading = STORAGE)]
    pub(crate) shared: Option<String>,

    /// The name of this server in a shared chat; no two servers may have the same [default: the
    /// name of the machine and the number of the process]
    #[arg(long, value_name = "NAME", help_heading = STORAGE)]
    pub(crate) server_name: Option<String>,

    /// Use Redis also if it may lose messages that people have seen: without appendfsync always
    #[arg(long, help_heading = STORAGE)]
    pub(crate) lossy_log: bool,

    /// Keep this many messages (1000 or more), the messages of this many days (90d), both
    /// (100000,90d), or "all" [default: all; 10000 in memory]
    #[arg(long, value_name = "N|DAYSd|all", help_heading = STORAGE)]
    pub(crate) retain: Option<String>,

    /// Whether people can log in without an account: on or off [default: on]
    #[arg(long, value_name = "ON|OFF", help_heading = USERS, hide_possible_values = true)]
    pub(crate) guests: Option<Switch>,

    /// Whether people can register an account: on or off [default: on]
    #[arg(long, value_name = "ON|OFF", help_heading = USERS, hide_possible_values = true)]
    pub(crate) register: Option<Switch>,

    /// The number of earlier messages in the answer to a login [default: 50]
    #[arg(long, value_name = "N", help_heading = USERS)]
    pub(crate) backlog: Option<usize>,

    /// The most seconds that a connection stays open without a login; 0 means no limit
    /// [default: 60]
    #[arg(long, value_name = "SECONDS", help_heading = USERS)]
    pub(crate) login_limit: Option<u32>,

    /// The longest name, in characters [default: 32]
    #[arg(long, value_name = "N", help_heading = USERS, value_parser = positive::<Size>)]
    pub(crate) name_limit: Option<Size>,

    /// The longest text of a message, in bytes [default: 4096]
    #[arg(long, value_name = "BYTES", help_heading = REQUESTS, value_parser = positive::<Size>)]
    pub(crate) text_limit: Option<Size>,

    /// The longest frame, in bytes [default: 8192]
    #[arg(long, value_name = "BYTES", help_heading = REQUESTS, value_parser = positive::<Size>)]
    pub(crate) frame_limit: Option<Size>,

    /// The deepest nesting of JSON in a request [default: 32]
    #[arg(long, value_name = "N", help_heading = REQUESTS, value_parser = positive::<Size>)]
    pub(crate) nesting_limit: Option<Size>,

    /// Close a connection after this many unreadable frames in a row [default: 10]
    #[arg(long, value_name = "N", help_heading = REQUESTS, value_parser = positive::<Count>)]
    pub(crate) unreadable_limit: Option<Count>,

    /// Limit the requests of a connection: BURST requests, then RATE per second; close the
    /// connection after SECONDS of more requests; or "off" [default: 20,10,30]
    #[arg(long, value_name = "BURST,RATE,SECONDS", help_heading = REQUESTS)]
    pub(crate) flood: Option<String>,

    /// The most connections; the limit on open files bounds it too [default: as many as that limit
    /// allows; 4000 with threads]
    #[arg(long, value_name = "N", help_heading = CONNECTIONS, value_parser = positive::<Size>)]
    pub(crate) connection_limit: Option<Size>,

    /// The most connections from one address [default: 64]
    #[arg(long, value_name = "N", help_heading = CONNECTIONS, value_parser = positive::<Size>)]
    pub(crate) address_limit: Option<Size>,

    /// The most new connections from one address per second [default: 32]
    #[arg(long, value_name = "N", help_heading = CONNECTIONS, value_parser = positive::<Count>)]
    pub(crate) address_rate: Option<Count>,

    /// Whether the limits per address also apply to loopback addresses: on or off [default: off]
    #[arg(long, value_name = "ON|OFF", help_heading = CONNECTIONS, hide_possible_values = true)]
    pub(crate) limit_loopback: Option<Switch>,

    /// Close a connection when more bytes than this wait for it [default: 131072]
    #[arg(long, value_name = "BYTES", help_heading = CONNECTIONS, value_parser = positive::<Size>)]
    pub(crate) outbox_limit: Option<Size>,

    /// The most bytes that wait for all connections together [default: 268435456]
    #[arg(long, value_name = "BYTES", help_heading = CONNECTIONS, value_parser = positive::<Size>)]
    pub(crate) outboxes_limit: Option<Size>,

    /// Close a connection that reads none of the waiting bytes for this many seconds [default: 10]
    #[arg(long, value_name = "SECONDS", help_heading = CONNECTIONS, value_parser = positive::<Count>)]
    pub(crate) stall_limit: Option<Count>,

    /// The pause between two messages, for dialects whose clients expect one message per read
    /// [default: 20]
    #[arg(long, value_name = "MILLISECONDS", help_heading = CONNECTIONS)]
    pub(crate) gap: Option<u16>,

    /// The certificate of listeners with tls:, in the format PEM, followed by those of its
    /// authorities. SIGHUP reads it and its key anew
    #[arg(long, value_name = "FILE", help_heading = ENCRYPTION)]
    pub(crate) tls_cert: Option<PathBuf>,

    /// The private key of that certificate, in the format PEM, without a passphrase
    #[arg(long, value_name = "FILE", help_heading = ENCRYPTION)]
    pub(crate) tls_key: Option<PathBuf>,
}

/// `on` or `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

impl<'de> Deserialize<'de> for Switch {
    /// Reads a text. Derived code would take a table too, and would say so in the error about a boolean.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Switch, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Switch;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"on\" or \"off\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Switch, E> {
                match text {
                    "on" => Ok(Switch::On),
                    "off" => Ok(Switch::Off),
                    other => Err(E::unknown_variant(other, &["on", "off"])),
                }
            }
        }

        from.deserialize_str(Text)
    }
}

/// Parses a number above 0. The error of the standard library speaks of a "non-zero type".
fn positive<N: FromStr>(text: &str) -> Result<N, &'static str> {
    text.parse().map_err(|_| "expected a whole number above 0")
}

/// Reads the options in a configuration file.
///
/// # Errors
/// One line that names the file, the line and the error.
pub(crate) fn read(path: &Path) -> Result<Options, String> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| {
        let path = path.display();
        format!("cannot read the configuration file {path}: {error}")
    })?;
    configuration::parse(path, &text)
}

impl Options {
    /// Fills the missing options from `other`.
    pub(crate) fn or(self, other: Options) -> Options {
        Options {
            listen: if self.listen.is_empty() { other.listen } else { self.listen },
            engine: self.engine.or(other.engine),
            data: self.data.or(other.data),
            shared: self.shared.or(other.shared),
            server_name: self.server_name.or(other.server_name),
            lossy_log: self.lossy_log || other.lossy_log,
            retain: self.retain.or(other.retain),
            guests: self.guests.or(other.guests),
            register: self.register.or(other.register),
            backlog: self.backlog.or(other.backlog),
            frame_limit: self.frame_limit.or(other.frame_limit),
            text_limit: self.text_limit.or(other.text_limit),
            name_limit: self.name_limit.or(other.name_limit),
            nesting_limit: self.nesting_limit.or(other.nesting_limit),
            gap: self.gap.or(other.gap),
            unreadable_limit: self.unreadable_limit.or(other.unreadable_limit),
            outbox_limit: self.outbox_limit.or(other.outbox_limit),
            stall_limit: self.stall_limit.or(other.stall_limit),
            drain_limit: self.drain_limit.or(other.drain_limit),
            log: self.log.or(other.log),
            metrics: self.metrics.or(other.metrics),
            trace: self.trace.or(other.trace),
            flood: self.flood.or(other.flood),
            connection_limit: self.connection_limit.or(other.connection_limit),
            address_limit: self.address_limit.or(other.address_limit),
            address_rate: self.address_rate.or(other.address_rate),
            limit_loopback: self.limit_loopback.or(other.limit_loopback),
            outboxes_limit: self.outboxes_limit.or(other.outboxes_limit),
            login_limit: self.login_limit.or(other.login_limit),
            tls_cert: self.tls_cert.or(other.tls_cert),
            tls_key: self.tls_key.or(other.tls_key),
        }
    }
}

/// The help of `--engine`.
fn engine_help() -> String {
    let names: Vec<&str> = EngineKind::ALL.iter().map(|kind| kind.name()).collect();
    let default = EngineKind::default().name();
    format!("The engine that moves bytes: {} [default: {default}]", names.join(" or "))
}
