//! The command line of the server: flags, the configuration file, subcommands.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::account::Account;
use crate::backup::Backup;
use crate::cert::Cert;
use crate::options::{self, Options};

/// Strata's chat server.
///
/// When the server is ready, it prints "listening on ADDRESS (DIALECT)" for each listener. Ctrl-C
/// drains it: the server tells all clients, delivers all messages and then ends. A second Ctrl-C
/// ends it immediately.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub(crate) struct Flags {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Read options from this TOML file; its keys are the names of the flags
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// List the dialects and their options
    #[arg(long)]
    pub(crate) dialects: bool,

    #[command(flatten)]
    options: Options,
}

/// Subcommands. Without one, the server runs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Account(Account),
    Backup(Backup),
    Cert(Cert),
}

impl Flags {
    /// The options: flags first, then the configuration file.
    ///
    /// # Errors
    /// One line that names the file, the line and the error.
    pub(crate) fn options(self) -> Result<Options, String> {
        let file = self.config.as_deref().map(options::read).transpose()?.unwrap_or_default();
        Ok(self.options.or(file))
    }
}
