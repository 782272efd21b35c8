//! Everything that the server can be told, each declared once: [`Options`] is both a group of flags
//! and the shape of the configuration file. A flag wins over the file.

use std::num::NonZero;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Deserialize;

use shared::configuration;

#[derive(Debug, Default, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Options {
    /// Listen here; repeat it to listen in several places. Port 0 takes a free one. A name is
    /// listened on at each of its addresses; [::] is IPv6 only. A dialect may have options, as in plain:colour=off=0.0.0.0:7002; --dialects lists them
    /// [default: auto=0.0.0.0:49512]
    #[arg(long, value_name = "[DIALECT=]HOST:PORT")]
    pub(crate) listen: Vec<String>,

    /// How bytes are moved: events or threads [default: events]
    #[arg(long, value_name = "ENGINE")]
    pub(crate) engine: Option<String>,

    /// Where messages and accounts are kept: an SQLite file, made if it is not there; ":memory:"
    /// forgets them when the server ends [default: server.db in the platform's data folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) data: Option<PathBuf>,

    /// How much of what was said is kept: so many messages, so many days, both (100000,90d), or
    /// "all" [default: all; in memory 10000]
    #[arg(long, value_name = "N|DAYSd|all")]
    pub(crate) retain: Option<String>,

    /// Whether names without an account can be had: on or off [default: on]
    #[arg(long, value_name = "ON|OFF")]
    pub(crate) guests: Option<Switch>,

    /// Whether anybody can make an account: on or off [default: on]
    #[arg(long, value_name = "ON|OFF")]
    pub(crate) register: Option<Switch>,

    /// How many messages come with a login [default: 50]
    #[arg(long, value_name = "N")]
    pub(crate) backlog: Option<usize>,

    /// The longest frame, in bytes [default: 8192]
    #[arg(long, value_name = "BYTES")]
    pub(crate) frame_limit: Option<NonZero<usize>>,

    /// The longest text of a message, in bytes [default: 4096]
    #[arg(long, value_name = "BYTES")]
    pub(crate) text_limit: Option<NonZero<usize>>,

    /// The longest name, in characters [default: 32]
    #[arg(long, value_name = "N")]
    pub(crate) name_limit: Option<NonZero<usize>>,

    /// How deep a request may be nested [default: 32]
    #[arg(long, value_name = "N")]
    pub(crate) nesting_limit: Option<NonZero<usize>>,

    /// How many milliseconds lie between two messages to a peer whose dialect wants each in a read
    /// of its own [default: 20]
    #[arg(long, value_name = "MILLISECONDS")]
    pub(crate) gap: Option<u16>,

    /// How many unreadable frames in a row end a connection [default: 10]
    #[arg(long, value_name = "N")]
    pub(crate) unreadable_limit: Option<NonZero<u32>>,

    /// How many bytes may wait for a peer that does not read, before it is closed
    /// [default: 131072]
    #[arg(long, value_name = "BYTES")]
    pub(crate) outbox_limit: Option<NonZero<usize>>,

    /// How many seconds a peer may take nothing of what waits for it [default: 10]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) stall_limit: Option<NonZero<u32>>,

    /// How many requests a peer may send: a burst, so many a second after that, and for how many
    /// seconds it may go on with more; or "off" [default: 20,10,30]
    #[arg(long, value_name = "BURST,RATE,SECONDS")]
    pub(crate) flood: Option<String>,

    /// How many connections there may be, at most as many as the limit on open files allows
    /// [default: that many; 4000 with threads]
    #[arg(long, value_name = "N")]
    pub(crate) connection_limit: Option<NonZero<usize>>,

    /// How many of them may come from one address [default: 64]
    #[arg(long, value_name = "N")]
    pub(crate) address_limit: Option<NonZero<usize>>,

    /// How many new ones an address may open in a second [default: 32]
    #[arg(long, value_name = "N")]
    pub(crate) address_rate: Option<NonZero<u32>>,

    /// Whether the bounds for an address hold for this machine itself too: on or off
    /// [default: off]
    #[arg(long, value_name = "ON|OFF")]
    pub(crate) limit_loopback: Option<Switch>,

    /// How many bytes may wait for all peers together [default: 268435456]
    #[arg(long, value_name = "BYTES")]
    pub(crate) outboxes_limit: Option<NonZero<usize>>,

    /// How many seconds a peer may stay without a login; 0 for ever [default: 60]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) login_limit: Option<u32>,

    /// How many seconds a drain may take [default: 5]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) drain_limit: Option<NonZero<u32>>,

    /// How much is logged to standard error: off, error, warn, info, debug or trace
    /// [default: info]
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log: Option<String>,
}

/// Yes or no, in the words of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Switch {
    On,
    Off,
}

/// The options in a file.
///
/// # Errors
/// In one line that names what is wrong, and where.
pub(crate) fn read(path: &Path) -> Result<Options, String> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| format!("{}: {error}", path.display()))?;
    configuration::parse(path, &text)
}

impl Options {
    /// These options, and where they say nothing, the others.
    pub(crate) fn or(self, other: Options) -> Options {
        Options {
            listen: if self.listen.is_empty() { other.listen } else { self.listen },
            engine: self.engine.or(other.engine),
            data: self.data.or(other.data),
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
            flood: self.flood.or(other.flood),
            connection_limit: self.connection_limit.or(other.connection_limit),
            address_limit: self.address_limit.or(other.address_limit),
            address_rate: self.address_rate.or(other.address_rate),
            limit_loopback: self.limit_loopback.or(other.limit_loopback),
            outboxes_limit: self.outboxes_limit.or(other.outboxes_limit),
            login_limit: self.login_limit.or(other.login_limit),
        }
    }
}
