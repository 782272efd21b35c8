//! Changes that other processes make to accounts in the file.
//!
//! Triggers in the tables record each change (`schema.rs`), whether it comes from `server account`
//! or from a person with `sqlite3`. SQLite has a cheap test for whether another connection has
//! written anything.

use std::sync::Arc;

use rusqlite::{Connection, Result};

use super::reader;
use crate::log::{Effect, Entry};

/// The position in the list of changes.
#[derive(Debug)]
pub(super) struct Watch {
    /// SQLite's `data_version`. It changes after each commit of another connection.
    version: i64,
    /// The id of the last change.
    change: i64,
}

impl Watch {
    /// Starts after the last change.
    pub(super) fn start(connection: &Connection) -> Result<Watch> {
        let version = version(connection)?;
        let last = "SELECT coalesce(max(id), 0) FROM account_changes";
        let change = connection.query_row(last, [], |row| row.get(0))?;
        Ok(Watch { version, change })
    }

    /// Returns the accounts that have changed since the last call, as they are now. They include
    /// accounts that this connection has made.
    pub(super) fn changed(&mut self, connection: &Connection) -> Result<Vec<Entry>> {
        let version = version(connection)?;
        if version == self.version {
            return Ok(Vec::new());
        }
        let changes = "SELECT id, username FROM account_changes WHERE id > ?1 ORDER BY id";
        let mut changes = connection.prepare_cached(changes)?;
        let changes = changes.query_map([self.change], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let changes = changes.collect::<Result<Vec<(i64, Arc<str>)>>>()?;
        let last = changes.last().map_or(self.change, |(id, _)| *id);
        let entry = |(_, username): (i64, Arc<str>)| {
            let account = reader::account(connection, &username)?;
            Ok(Entry { outcome: Ok(Effect::AccountChanged { username, account }), origin: None })
        };
        let entries = changes.into_iter().map(entry).collect::<Result<Vec<Entry>>>()?;
        // If anything above failed, the next call tries again.
        *self = Watch { version, change: last };
        Ok(entries)
    }
}

fn version(connection: &Connection) -> Result<i64> {
    connection.pragma_query_value(None, "data_version", |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::log::contract::{Tested, register};
    use crate::log::{Accounts, Retention};
    use crate::passwords::Hash;

    #[test]
    fn each_change_of_another_process_is_returned_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.db");
        let mut log = Tested::in_file(&file, Retention::default());
        // A change of the log itself is an ordinary entry first.
        log.write(register("Alice")).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let mut accounts = Accounts::open(&file).unwrap();
        let mut changed = |want: &str| {
            loop {
                match log.next().outcome {
                    Ok(Effect::AccountChanged { username, account }) if *username == *want => {
                        return account.map(|account| (account.hash.0.to_string(), account.admin));
                    }
                    // The change of the log itself.
                    Ok(Effect::AccountChanged { username, .. }) => assert_eq!(*username, *"Alice"),
                    other => panic!("{other:?}"),
                }
            }
        };
        accounts.add("Bob", &Hash("a hash".into()), false, now).unwrap();
        assert_eq!(changed("Bob"), Some(("a hash".to_owned(), false)));
        accounts.set_password("BOB", &Hash("another".into()), now).unwrap();
        assert_eq!(changed("Bob"), Some(("another".to_owned(), false)));
        accounts.set_admin("bob", true, now).unwrap();
        assert_eq!(changed("Bob"), Some(("another".to_owned(), true)));
        accounts.remove("bob", now).unwrap();
        assert_eq!(changed("Bob"), None);
        // One transaction, so that nobody sees Carol with an account.
        let sql = "BEGIN;
                   INSERT INTO accounts VALUES ('carol', 'x', 0, '');
                   UPDATE accounts SET username = 'dave' WHERE username = 'carol';
                   COMMIT";
        Connection::open(&file).unwrap().execute_batch(sql).unwrap();
        assert_eq!(changed("carol"), None);
        assert_eq!(changed("dave"), Some(("x".to_owned(), false)));
    }
}
