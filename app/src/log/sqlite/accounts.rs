//! The accounts in a data file, for the owner of the file. A server that uses the file at the same
//! time notices the changes.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::place::Place;
use super::{DataError, changes, file, reader};
use crate::log::{Account, SharedError};
use crate::passwords::Hash;
use crate::{Limits, Timestamp, people};

/// The accounts in a data file.
#[derive(Debug)]
pub struct Accounts {
    connection: Connection,
    path: PathBuf,
}

/// Why an account cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The data file cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The log of several servers cannot be used.
    #[error(transparent)]
    Shared(#[from] SharedError),
    /// There is no account with that name.
    #[error("there is no account {0}")]
    Unknown(String),
    /// There is an account with that name.
    #[error("there is an account {0} already")]
    Exists(String),
    /// It is not a valid name.
    #[error(
        "{0:?} cannot be a name: wanted 1 to 32 of A-Z, a-z, 0-9 and _, and not a reserved one"
    )]
    Invalid(String),
}

/// An entry in the list of accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The name.
    pub username: String,
    /// Whether it is the account of an administrator.
    pub admin: bool,
    /// When it was made, in RFC 3339.
    pub since: String,
}

impl Accounts {
    /// Opens a data file.
    ///
    /// # Errors
    /// Returns an error if it cannot be opened, or is no data file of this version of Strata.
    pub fn open(path: &Path) -> Result<Accounts, AccountError> {
        Accounts::at(&Place::find(path)?)
    }

    /// Opens a data file, and creates it and its folder if they do not exist.
    ///
    /// # Errors
    /// Returns an error if it cannot be opened or made, or is no data file of this version of
    /// Strata.
    pub fn open_or_make(path: &Path) -> Result<Accounts, AccountError> {
        Accounts::at(&Place::find_or_make(path)?)
    }

    fn at(place: &Place) -> Result<Accounts, AccountError> {
        Ok(Accounts { connection: file::open_unshared(place)?, path: place.path().to_owned() })
    }

    /// Lists all accounts, sorted by name.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn list(&self) -> Result<Vec<Listed>, AccountError> {
        list(&self.connection).map_err(|error| self.failed(error))
    }

    /// Checks the name of an account.
    ///
    /// # Errors
    /// Returns an error if it is not valid or reserved.
    pub fn check_name(username: &str) -> Result<(), AccountError> {
        people::check_name(username, Limits::default().name)
            .map_err(|_| AccountError::Invalid(username.to_owned()))
    }

    /// Checks that an account with this name can be made.
    ///
    /// # Errors
    /// Returns an error if there is one, if the name is not valid, or if the file cannot be read.
    pub fn may_add(&self, username: &str) -> Result<(), AccountError> {
        Accounts::check_name(username)?;
        match self.find(username) {
            Ok(account) => Err(AccountError::Exists(account.username.to_string())),
            Err(AccountError::Unknown(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Makes an account.
    ///
    /// # Errors
    /// Returns an error if there is one with that name, if the name is not valid, or if the file
    /// cannot be written.
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
        // Another process may have added it since.
        let insert = |connection: &Connection| changes::insert_account(connection, &account, &at);
        let changed = self.change(insert, &what, now)?;
        if changed { Ok(()) } else { Err(AccountError::Exists(username.to_owned())) }
    }

    /// Changes the password of an account.
    ///
    /// # Errors
    /// Returns an error if there is no account with that name, or if the file cannot be written.
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

    /// Makes an account that of an administrator, or of an ordinary user.
    ///
    /// # Errors
    /// Returns an error if there is no account with that name, or if the file cannot be written.
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

    /// Removes an account. Its name is free again; its messages stay.
    ///
    /// # Errors
    /// Returns an error if there is no account with that name, or if the file cannot be written.
    pub fn remove(&mut self, username: &str, now: Timestamp) -> Result<(), AccountError> {
        let delete = "DELETE FROM accounts WHERE username = ?1";
        let delete = |connection: &Connection| connection.execute(delete, [username]);
        let changed = self.change(delete, &format!("account remove {username}"), now)?;
        self.known(username, changed)
    }

    /// Finds an account by name, in any case.
    ///
    /// # Errors
    /// Returns an error if there is none, or if the file cannot be read.
    pub fn find(&self, username: &str) -> Result<Account, AccountError> {
        let found = reader::account(&self.connection, username);
        let found = found.map_err(|error| self.failed(error))?;
        found.ok_or_else(|| AccountError::Unknown(username.to_owned()))
    }

    /// Changes a row, and adds the change to the audit. Returns whether there was such a row.
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
                changes::audit(&transaction, &changes::rfc3339(now), changes::OWNER, what)?;
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

/// Lists all accounts, sorted by name.
pub(super) fn list(connection: &Connection) -> rusqlite::Result<Vec<Listed>> {
    let all = "SELECT username, admin, since FROM accounts ORDER BY username";
    let mut all = connection.prepare(all)?;
    let listed = all.query_map([], |row| {
        Ok(Listed { username: row.get(0)?, admin: row.get(1)?, since: row.get(2)? })
    })?;
    listed.collect()
}
