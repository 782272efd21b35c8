//! The accounts in a file, for whoever has the file: also while a server runs on it, which notices
//! what changes.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::place::Place;
use super::{DataError, changes, file, reader};
use crate::log::Account;
use crate::passwords::Hash;
use crate::{Limits, Timestamp, people};

/// Under which name the audit has what was done to the file itself.
const OWNER: &str = "(the owner of the file)";

/// The accounts in a file.
#[derive(Debug)]
pub struct Accounts {
    connection: Connection,
    path: PathBuf,
}

/// Why an account cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The file.
    #[error(transparent)]
    Data(#[from] DataError),
    /// There is none of that name.
    #[error("there is no account {0}")]
    Unknown(String),
    /// There is one of that name.
    #[error("there is an account {0} already")]
    Exists(String),
    /// It cannot be a name.
    #[error(
        "{0:?} cannot be a name: wanted 1 to 32 of A-Z, a-z, 0-9 and _, and not a reserved one"
    )]
    Invalid(String),
}

/// An account, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub username: String,
    /// Whether it may administer.
    pub admin: bool,
    /// When it was made, RFC 3339.
    pub since: String,
}

impl Accounts {
    /// Opens the file.
    ///
    /// # Errors
    /// When it cannot be opened, or is no file of ours that we know.
    pub fn open(path: &Path) -> Result<Accounts, AccountError> {
        Accounts::at(&Place::find(path)?)
    }

    /// Opens the file, or makes it, with the folder that it is in.
    ///
    /// # Errors
    /// When it cannot be opened or made, or is no file of ours that we know.
    pub fn open_or_make(path: &Path) -> Result<Accounts, AccountError> {
        Accounts::at(&Place::find_or_make(path)?)
    }

    fn at(place: &Place) -> Result<Accounts, AccountError> {
        Ok(Accounts { connection: file::open(place)?, path: place.path().to_owned() })
    }

    /// All of them, sorted by name.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn list(&self) -> Result<Vec<Listed>, AccountError> {
        let list = || {
            let all = "SELECT username, admin, since FROM accounts ORDER BY username";
            let mut all = self.connection.prepare(all)?;
            let listed = all.query_map([], |row| {
                Ok(Listed { username: row.get(0)?, admin: row.get(1)?, since: row.get(2)? })
            })?;
            listed.collect::<rusqlite::Result<Vec<Listed>>>()
        };
        list().map_err(|error| self.failed(error))
    }

    /// Whether this can be the name of an account.
    ///
    /// # Errors
    /// When it cannot.
    pub fn check_name(username: &str) -> Result<(), AccountError> {
        people::check_name(username, Limits::default().name)
            .map_err(|_| AccountError::Invalid(username.to_owned()))
    }

    /// Whether one of this name can be made.
    ///
    /// # Errors
    /// When there is one already, or it cannot be a name; and when that cannot be read.
    pub fn may_add(&self, username: &str) -> Result<(), AccountError> {
        Accounts::check_name(username)?;
        match self.find(username) {
            Ok(account) => Err(AccountError::Exists(account.username.to_string())),
            Err(AccountError::Unknown(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Makes one.
    ///
    /// # Errors
    /// When there is one of that name, or it cannot be a name; and when it cannot be written.
    pub fn add(
        &mut self,
        username: &str,
        hash: &Hash,
        admin: bool,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        self.may_add(username)?;
        let account = Account { username: username.into(), hash: hash.clone(), admin };
        let what = format!("account add {username}{}", if admin { " admin" } else { "" });
        let at = changes::rfc3339(now);
        // Somebody may have been faster.
        let insert = |connection: &Connection| changes::insert_account(connection, &account, &at);
        let changed = self.change(insert, &what, now)?;
        if changed { Ok(()) } else { Err(AccountError::Exists(username.to_owned())) }
    }

    /// Gives one another password.
    ///
    /// # Errors
    /// When there is none of that name, or it cannot be written.
    pub fn set_password(
        &mut self,
        username: &str,
        hash: &Hash,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        let update = "UPDATE accounts SET password = ?2 WHERE username = ?1";
        let what = format!("account passwd {username}");
        let update = |connection: &Connection| connection.execute(update, (username, &hash.0));
        let changed = self.change(update, &what, now)?;
        self.known(username, changed)
    }

    /// Lets one administer, or not any more.
    ///
    /// # Errors
    /// When there is none of that name, or it cannot be written.
    pub fn set_admin(
        &mut self,
        username: &str,
        admin: bool,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        let update = "UPDATE accounts SET admin = ?2 WHERE username = ?1";
        let what = format!("account admin {username} {}", if admin { "on" } else { "off" });
        let update = |connection: &Connection| connection.execute(update, (username, admin));
        let changed = self.change(update, &what, now)?;
        self.known(username, changed)
    }

    /// Removes one. Its name is free again; what was said under it stays.
    ///
    /// # Errors
    /// When there is none of that name, or it cannot be written.
    pub fn remove(&mut self, username: &str, now: Timestamp) -> Result<(), AccountError> {
        let delete = "DELETE FROM accounts WHERE username = ?1";
        let delete = |connection: &Connection| connection.execute(delete, [username]);
        let changed = self.change(delete, &format!("account remove {username}"), now)?;
        self.known(username, changed)
    }

    /// The one of this name, in whatever case.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn find(&self, username: &str) -> Result<Account, AccountError> {
        let found = reader::account(&self.connection, username);
        let found = found.map_err(|error| self.failed(error))?;
        found.ok_or_else(|| AccountError::Unknown(username.to_owned()))
    }

    /// Changes a row, with a note in the audit; says whether there was one to change.
    fn change(
        &mut self,
        change: impl Fn(&Connection) -> rusqlite::Result<usize>,
        what: &str,
        now: Timestamp,
    ) -> Result<bool, AccountError> {
        let with_note = |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            let changed = change(&transaction)? > 0;
            if changed {
                changes::audit(&transaction, &changes::rfc3339(now), OWNER, what)?;
            }
            transaction.commit()?;
            Ok(changed)
        };
        with_note(&mut self.connection).map_err(|error| self.failed(error))
    }

    fn known(&self, username: &str, changed: bool) -> Result<(), AccountError> {
        if changed { Ok(()) } else { Err(AccountError::Unknown(username.to_owned())) }
    }

    fn failed(&self, error: rusqlite::Error) -> AccountError {
        DataError::of(&self.path, error).into()
    }
}
