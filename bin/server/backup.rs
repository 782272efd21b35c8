//! `server backup`: copies the data file, also while a server uses it.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use app::{BackedUp, BackupError};
use clap::Args;

use crate::data::Data;
use crate::exit::{CANNOT_START, REFUSED, USAGE, fail};
use crate::options;

/// Copy the data file, also while a server uses it
///
/// The copy has everything that the server had confirmed at that moment. It is checked, only its owner
/// can read it, and no file is overwritten. To restore it, start a server with it.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The copy; no file may have this name
    #[arg(value_name = "COPY")]
    copy: PathBuf,

    /// The data file [default: server.db in the platform's data folder]
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,

    /// Take the name of the data file from this configuration file of the server
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Runs the subcommand; returns the exit code.
pub(crate) fn run(backup: Backup) -> ExitCode {
    let Backup { copy, data, config } = backup;
    let file = match file(data, config) {
        Ok(file) => file,
        Err(error) => return fail(USAGE, &error),
    };
    match app::back_up(&file, &copy) {
        Ok(BackedUp { messages, accounts }) => {
            let (from, to) = (file.display(), copy.display());
            let done = format!("copied {from} to {to}: {messages} messages, {accounts} accounts");
            let _ = writeln!(io::stdout(), "{done}");
            ExitCode::SUCCESS
        }
        Err(error @ BackupError::Exists { .. }) => fail(REFUSED, &error.to_string()),
        Err(error) => fail(CANNOT_START, &error.to_string()),
    }
}

/// The data file.
fn file(data: Option<PathBuf>, config: Option<PathBuf>) -> Result<PathBuf, String> {
    let configured = config.as_deref().map(options::read).transpose()?.unwrap_or_default();
    if data.is_none() && configured.shared.is_some() {
        return Err("the data of a shared chat is in Redis: back up Redis".to_owned());
    }
    match Data::decide(data.or(configured.data))? {
        Data::File(file) => Ok(file),
        Data::Memory => Err("there is no data file to copy: --data is :memory:".to_owned()),
    }
}
