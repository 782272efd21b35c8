//! `server account`: shows and changes the accounts in the data file, or those of a shared chat.
//!
//! An operator can use it while a server runs on the same file; the server notices the changes.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use app::passwords::{self, Hash};
use app::{AccountError, Accounts};
use clap::{Args, Subcommand};

use crate::book::{Book, Place};
use crate::data::Data;
use crate::exit::{CANNOT_START, REFUSED, USAGE, fail};
use crate::options::{self, Switch};
use crate::prompt::Prompt;
use shared::password_file;

/// Show and change the accounts in the data file, or those of a shared chat
///
/// A running server notices a change within a second. It ends the sessions of an account whose
/// password was changed or that was removed, and tells the client why.
#[derive(Debug, Args)]
pub(crate) struct Account {
    #[command(subcommand)]
    action: Action,

    /// The data file [default: server.db in the platform's data folder]
    #[arg(long, value_name = "FILE", global = true)]
    data: Option<PathBuf>,

    /// The chat of several servers whose accounts are shown or changed, as in the option of the server
    #[arg(long, value_name = "URL", global = true)]
    shared: Option<String>,

    /// Take the name of the data file, or the URL of the chat, from this configuration file of the server
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Create an account and ask for its password
    Add {
        /// Name of the account
        name: String,
        /// Make it an administrator account
        #[arg(long)]
        admin: bool,
        #[command(flatten)]
        password: Password,
    },
    /// Change the password of an account and ask for the new one
    Passwd {
        /// Name of the account
        name: String,
        #[command(flatten)]
        password: Password,
    },
    /// Give an account the rights of an administrator, or take them away
    Admin {
        /// Name of the account
        name: String,
        /// Whether the account may administer the server
        #[arg(value_name = "ON|OFF", default_value = "on")]
        may: Switch,
    },
    /// Remove an account; its messages stay
    Remove {
        /// Name of the account
        name: String,
    },
    /// List the accounts
    List,
}

#[derive(Debug, Args)]
struct Password {
    /// Read the password from the first line of this file instead of asking for it
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// Runs the subcommand; returns the exit code.
pub(crate) fn run(account: Account) -> ExitCode {
    let Account { action, data, shared, config } = account;
    let place = match place(data, shared, config) {
        Ok(place) => place,
        Err(error) => return fail(USAGE, &error),
    };
    match act(&action, &place) {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, error)) => fail(code, &error),
    }
}

fn place(
    data: Option<PathBuf>,
    shared: Option<String>,
    config: Option<PathBuf>,
) -> Result<Place, String> {
    let configured = config.as_deref().map(options::read).transpose()?.unwrap_or_default();
    // A file on the command line counts more than a chat in the configuration file.
    let shared = shared.or(configured.shared.filter(|_| data.is_none()));
    if let Some(url) = shared {
        return url.parse().map(Place::Shared).map_err(|error: app::SharedError| error.to_string());
    }
    match Data::decide(data.or(configured.data))? {
        Data::File(file) => Ok(Place::File(file)),
        Data::Memory => {
            Err("accounts need a data file: use --data FILE instead of :memory:".to_owned())
        }
    }
}

fn act(action: &Action, place: &Place) -> Result<(), (u8, String)> {
    let refused = |error: AccountError| {
        let cannot_start = matches!(error, AccountError::Data(_) | AccountError::Shared(_));
        let code = if cannot_start { CANNOT_START } else { REFUSED };
        (code, error.to_string())
    };
    let open = || match action {
        Action::Add { name, .. } => {
            Accounts::check_name(name).and_then(|()| Book::open(place, true)).map_err(refused)
        }
        // A missing file means that the operator mistyped its name.
        _ => Book::open(place, false).map_err(refused),
    };
    let mut accounts = open()?;
    let done = match action {
        Action::Add { name, admin, password } => {
            // Check first, so that the operator does not type a password twice in vain.
            accounts.may_add(name).map_err(refused)?;
            // While they are open, this process is a server of a shared chat.
            drop(accounts);
            let hash = password.ask(name).map_err(|error| (REFUSED, error))?;
            open()?.add(name, &hash, *admin).map_err(refused)?;
            let what = if *admin { "administrator account" } else { "account" };
            format!("created the {what} {name}")
        }
        Action::Passwd { name, password } => {
            let username = accounts.find(name).map_err(refused)?.username;
            drop(accounts);
            let hash = password.ask(&username).map_err(|error| (REFUSED, error))?;
            open()?.set_password(name, &hash).map_err(refused)?;
            format!("changed the password of {username}")
        }
        Action::Admin { name, may } => {
            let may = *may == Switch::On;
            accounts.set_admin(name, may).map_err(refused)?;
            format!(
                "{name} may {} the server",
                if may { "administer" } else { "no longer administer" }
            )
        }
        Action::Remove { name } => {
            accounts.remove(name).map_err(refused)?;
            format!("removed the account {name}")
        }
        Action::List => return list(&accounts).map_err(refused),
    };
    let _ = writeln!(io::stdout(), "{done}");
    Ok(())
}

fn list(accounts: &Book) -> Result<(), AccountError> {
    let mut out = io::stdout().lock();
    for account in accounts.list()? {
        let admin = if account.admin { "admin" } else { "" };
        // A reader that closes the pipe early does not make the command fail.
        let _ = writeln!(out, "{:32}  {:5}  since {}", account.username, admin, account.since);
    }
    Ok(())
}

impl Password {
    /// The hash of the password, from the file or typed twice at the terminal.
    fn ask(&self, name: &str) -> Result<Hash, String> {
        let password = match &self.password_file {
            Some(file) => {
                let read = password_file::read(file)?;
                if let Some(warning) = read.warning {
                    let _ = writeln!(io::stderr(), "server: {warning}");
                }
                read.password
            }
            None => ask_twice(name)?,
        };
        passwords::check(&password).map_err(|refusal| refusal.to_string())?;
        passwords::hash(&password).map_err(|error| format!("cannot hash the password: {error}"))
    }
}

fn ask_twice(name: &str) -> Result<String, String> {
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
