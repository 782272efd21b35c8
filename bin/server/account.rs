//! `server account`: the accounts in the data file, for whoever has the file. It may be used
//! while a server runs on the file; that notices what changes.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use app::passwords::{self, Hash};
use app::{AccountError, Accounts, Timestamp};
use clap::{Args, Subcommand};

use crate::data::Data;
use crate::exit::{CANNOT_START, REFUSED, USAGE, fail};
use crate::options::{self, Switch};
use crate::prompt::Prompt;
use shared::password_file;

/// Look at and change the accounts in the data file.
///
/// A running server notices within a second. It ends the sessions of an account that got another
/// password or was removed, and says why.
#[derive(Debug, Args)]
pub(crate) struct Account {
    #[command(subcommand)]
    action: Action,

    /// The data file [default: server.db in the platform's data folder]
    #[arg(long, value_name = "FILE", global = true)]
    data: Option<PathBuf>,

    /// Take the name of the data file from this TOML file of the server's options
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make an account; its password is asked for
    Add {
        /// The name
        name: String,
        /// Let it administer the server
        #[arg(long)]
        admin: bool,
        #[command(flatten)]
        password: Password,
    },
    /// Give an account another password, which is asked for
    Passwd {
        /// The name
        name: String,
        #[command(flatten)]
        password: Password,
    },
    /// Let an account administer the server, or not any more
    Admin {
        /// The name
        name: String,
        /// Whether it may
        #[arg(default_value = "on")]
        may: Switch,
    },
    /// Remove an account; what was said under its name stays
    Remove {
        /// The name
        name: String,
    },
    /// List the accounts
    List,
}

#[derive(Debug, Args)]
struct Password {
    /// Read the password from the first line of this file, and do not ask for it
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// Does it; gives the exit code.
pub(crate) fn run(account: Account) -> ExitCode {
    let data = match data(account.data, account.config.as_deref()) {
        Ok(data) => data,
        Err(error) => return fail(USAGE, &error),
    };
    match act(&account.action, &data) {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, error)) => fail(code, &error),
    }
}

fn data(said: Option<PathBuf>, config: Option<&Path>) -> Result<PathBuf, String> {
    let configured = config.map(options::read).transpose()?.and_then(|options| options.data);
    match Data::decide(said.or(configured))? {
        Data::File(file) => Ok(file),
        Data::Memory => {
            Err("accounts need a data file: use --data FILE instead of :memory:".to_owned())
        }
    }
}

fn act(action: &Action, data: &Path) -> Result<(), (u8, String)> {
    let refused = |error: AccountError| {
        let code = if matches!(error, AccountError::Data(_)) { CANNOT_START } else { REFUSED };
        (code, error.to_string())
    };
    let accounts = match action {
        Action::Add { name, .. } => {
            Accounts::check_name(name).and_then(|()| Accounts::open_or_make(data))
        }
        // A file that is not there is a name that was mistyped.
        _ => Accounts::open(data),
    };
    let mut accounts = accounts.map_err(refused)?;
    let now = Timestamp::now();
    let done = match action {
        Action::Add { name, admin, password } => {
            // Before somebody has typed a password twice for nothing.
            accounts.may_add(name).map_err(refused)?;
            let hash = password.ask(name).map_err(|error| (REFUSED, error))?;
            accounts.add(name, &hash, *admin, now).map_err(refused)?;
            let what = if *admin { "administrator account" } else { "account" };
            format!("created the {what} {name}")
        }
        Action::Passwd { name, password } => {
            let username = accounts.find(name).map_err(refused)?.username;
            let hash = password.ask(&username).map_err(|error| (REFUSED, error))?;
            accounts.set_password(name, &hash, now).map_err(refused)?;
            format!("changed the password of {username}")
        }
        Action::Admin { name, may } => {
            let may = *may == Switch::On;
            accounts.set_admin(name, may, now).map_err(refused)?;
            format!(
                "{name} may {} the server",
                if may { "administer" } else { "no longer administer" }
            )
        }
        Action::Remove { name } => {
            accounts.remove(name, now).map_err(refused)?;
            format!("removed the account {name}")
        }
        Action::List => return list(&accounts).map_err(refused),
    };
    let _ = writeln!(io::stdout(), "{done}");
    Ok(())
}

fn list(accounts: &Accounts) -> Result<(), AccountError> {
    let mut out = io::stdout().lock();
    for account in accounts.list()? {
        let admin = if account.admin { "admin" } else { "" };
        // Nobody who reads the list is no reason to fail.
        let _ = writeln!(out, "{:32}  {:5}  since {}", account.username, admin, account.since);
    }
    Ok(())
}

impl Password {
    /// The hash of the password that the file has, or that is typed twice.
    fn ask(&self, name: &str) -> Result<Hash, String> {
        let password = match &self.password_file {
            Some(file) => {
                let read = password_file::read(file)?;
                if let Some(warning) = read.warning {
                    let _ = writeln!(io::stderr(), "server: {warning}");
                }
                read.password
            }
            None => typed_twice(name)?,
        };
        passwords::check(&password).map_err(|refusal| refusal.to_string())?;
        passwords::hash(&password).map_err(|error| format!("cannot hash the password: {error}"))
    }
}

fn typed_twice(name: &str) -> Result<String, String> {
    let failed = |error: io::Error| {
        format!("cannot ask for the password: {error}; use --password-file FILE")
    };
    let mut prompt = Prompt::open().map_err(failed)?;
    let password = prompt.ask(&format!("password for {name}: ")).map_err(failed)?;
    if prompt.ask("password again: ").map_err(failed)? == password {
        Ok(password)
    } else {
        Err("the two passwords differ; nothing was changed".to_owned())
    }
}
