//! The accounts that `server account` changes: those of a data file, or of a chat of several servers.

use std::path::PathBuf;
use std::sync::Arc;

use app::passwords::Hash;
use app::{Account, AccountError, Accounts, Address, Listed, SharedAccounts, Timestamp};

use crate::data;

/// Where the accounts are.
pub(crate) enum Place {
    File(PathBuf),
    Shared(Address),
}

/// The accounts.
pub(crate) enum Book {
    File(Accounts),
    Shared(Box<SharedAccounts>),
}

impl Book {
    /// Opens the accounts. `make` creates a data file that does not exist.
    pub(crate) fn open(place: &Place, make: bool) -> Result<Book, AccountError> {
        match place {
            Place::File(file) if make => {
                data::make_folders(file);
                Accounts::open_or_make(file).map(Book::File)
            }
            Place::File(file) => Accounts::open(file).map(Book::File),
            Place::Shared(address) => {
                let name = Arc::from(format!("server account {}", std::process::id()));
                let accounts = SharedAccounts::open(address.clone(), name)?;
                Ok(Book::Shared(Box::new(accounts)))
            }
        }
    }

    pub(crate) fn list(&self) -> Result<Vec<Listed>, AccountError> {
        match self {
            Book::File(accounts) => accounts.list(),
            Book::Shared(accounts) => accounts.list(),
        }
    }

    pub(crate) fn find(&self, name: &str) -> Result<Account, AccountError> {
        match self {
            Book::File(accounts) => accounts.find(name),
            Book::Shared(accounts) => accounts.find(name),
        }
    }

    pub(crate) fn may_add(&self, name: &str) -> Result<(), AccountError> {
        Accounts::check_name(name)?;
        match self.find(name) {
            Ok(account) => Err(AccountError::Exists(account.username.to_string())),
            Err(AccountError::Unknown(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn add(&mut self, name: &str, hash: &Hash, admin: bool) -> Result<(), AccountError> {
        self.may_add(name)?;
        match self {
            Book::File(accounts) => accounts.add(name, hash, admin, Timestamp::now()),
            Book::Shared(accounts) => {
                let what = format!("account add {name}{}", if admin { " admin" } else { "" });
                let account = Account { username: name.into(), hash: hash.clone(), admin };
                accounts.set(name, Some(account), what, Timestamp::now())
            }
        }
    }

    pub(crate) fn set_password(&mut self, name: &str, hash: &Hash) -> Result<(), AccountError> {
        match self {
            Book::File(accounts) => accounts.set_password(name, hash, Timestamp::now()),
            Book::Shared(accounts) => {
                let account = Account { hash: hash.clone(), ..accounts.find(name)? };
                let what = format!("account passwd {name}");
                accounts.set(name, Some(account), what, Timestamp::now())
            }
        }
    }

    pub(crate) fn set_admin(&mut self, name: &str, admin: bool) -> Result<(), AccountError> {
        match self {
            Book::File(accounts) => accounts.set_admin(name, admin, Timestamp::now()),
            Book::Shared(accounts) => {
                let account = Account { admin, ..accounts.find(name)? };
                let what = format!("account admin {name} {}", if admin { "on" } else { "off" });
                accounts.set(name, Some(account), what, Timestamp::now())
            }
        }
    }

    pub(crate) fn remove(&mut self, name: &str) -> Result<(), AccountError> {
        match self {
            Book::File(accounts) => accounts.remove(name, Timestamp::now()),
            Book::Shared(accounts) => {
                accounts.find(name)?;
                let what = format!("account remove {name}");
                accounts.set(name, None, what, Timestamp::now())
            }
        }
    }
}
