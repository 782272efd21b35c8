//! The command line of the server: flags, the configuration file that they name, subcommands.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::account::Account;
use crate::options::{self, Options};

/// Strata's chat server.
///
/// It prints "listening on ADDRESS (DIALECT)" for each listener when it is ready. Ctrl-C drains
/// it: everybody is told, everything said is delivered, and then it ends; a second Ctrl-C ends it
/// at once.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub(crate) struct Flags {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Read options from this TOML file; they have the names of the flags
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// List the dialects that can be listened for, and what about each can be chosen
    #[arg(long)]
    pub(crate) dialects: bool,

    #[command(flatten)]
    options: Options,
}

/// What else there is to do, besides to serve.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Account(Account),
}

impl Flags {
    /// What was said, with what the file says where the flags are silent.
    ///
    /// # Errors
    /// In one line that names what is wrong with the file, and where.
    pub(crate) fn options(self) -> Result<Options, String> {
        let file = self.config.as_deref().map(options::read).transpose()?.unwrap_or_default();
        Ok(self.options.or(file))
    }
}
