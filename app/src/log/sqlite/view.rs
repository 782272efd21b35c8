//! A file that shows a log of several servers up to a position, which is stored with it.
//!
//! The log itself is elsewhere. So the file can be made again, and no commit has to wait for the disk:
//! after a power cut the file is at an earlier position, and the entries since are applied again.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, Result};

use super::accounts::{self, Listed};
use super::changes;
use super::forget::{FORGOTTEN, Forget};
use super::lock::{self, Lock};
use super::place::Place;
use super::{DataError, file, reader, schema};
use crate::log::retention::Sweep;
use crate::log::{Account, Draft, Effect};
use crate::{Audited, Message, Page, PageSize, Refusal, Sanctions};

/// Pages in the write-ahead log after which a commit copies it into the file.
const LONGEST_LOG: u32 = 4000;

/// A view of a log.
#[derive(Debug)]
pub(in crate::log) struct View {
    connection: Connection,
    place: Place,
    /// The chat to which the view belongs, and the number of the last entry that it contains.
    chat: Option<String>,
    position: u64,
    /// The id of the last message.
    last: u64,
    /// The bans and mutes, as of the last entry that was applied.
    sanctions: Arc<Sanctions>,
    /// Whether a transaction is open.
    is_open: bool,
    lock: Lock,
}

impl View {
    /// Opens the file, and creates it and its folder if they do not exist.
    ///
    /// # Errors
    /// Returns an error if the file cannot be opened, is no view, is in use by another server, or
    /// was written by a newer version.
    pub(in crate::log) fn open(path: &Path) -> std::result::Result<View, DataError> {
        let place = Place::find_or_make(path)?;
        let connection = file::open(&place)?;
        let lock = lock::take(&place)?;
        View::read(connection, place, lock)
    }

    fn read(
        connection: Connection,
        place: Place,
        lock: Lock,
    ) -> std::result::Result<View, DataError> {
        let failed = |error| DataError::of(place.path(), error);
        // Another thread copies the write-ahead log. If it cannot keep up, a commit does it.
        connection.pragma_update(None, "wal_autocheckpoint", LONGEST_LOG).map_err(failed)?;
        // After a power cut the file is older, but whole.
        connection.pragma_update(None, "synchronous", "normal").map_err(failed)?;
        let found = file::position(&connection).map_err(failed)?;
        let last = schema::last_id(&connection).map_err(failed)?;
        if found.is_none() && !is_empty(&connection).map_err(failed)? {
            return Err(DataError::NotShared { path: place.path().to_owned() });
        }
        let (chat, position) = found.unzip();
        let position = position.unwrap_or(0);
        let sanctions = Arc::new(reader::sanctions(&connection).map_err(failed)?);
        Ok(View { connection, place, chat, position, last, sanctions, is_open: false, lock })
    }

    /// The absolute path of the file.
    pub(in crate::log) fn path(&self) -> &Path {
        self.place.path()
    }

    /// The chat to which the view belongs; `None` if the file is new.
    pub(in crate::log) fn chat(&self) -> Option<&str> {
        self.chat.as_deref()
    }

    /// The number of the last entry that the view contains.
    pub(in crate::log) fn position(&self) -> u64 {
        self.position
    }

    /// Makes a new view that of this chat.
    pub(in crate::log) fn claim(&mut self, chat: &str) -> std::result::Result<(), DataError> {
        let insert = "INSERT INTO position (chat, entry) VALUES (?1, 0)";
        let inserted = self.connection.execute(insert, [chat]);
        inserted.map_err(|error| DataError::of(self.place.path(), error))?;
        self.chat = Some(chat.to_owned());
        Ok(())
    }

    /// Replaces the file by another view, whose file is moved.
    pub(in crate::log) fn replace(self, with: &Path) -> std::result::Result<View, DataError> {
        let View { connection, place, lock, .. } = self;
        let path = place.path().to_owned();
        // This migrates a view of an older version.
        drop(file::open(&Place::find(with)?)?);
        connection.close().map_err(|(_, error)| DataError::of(&path, error))?;
        for suffix in ["-wal", "-shm"] {
            // The close has removed them, unless another program reads the file.
            let _ = fs::remove_file(place.beside(suffix));
        }
        let moved = fs::rename(with, &path);
        moved.map_err(|source| DataError::Io { path: path.clone(), source })?;
        View::read(file::open(&place)?, place, lock)
    }

    /// Does a part of a transaction, and opens one first unless one is open.
    ///
    /// After an error nothing of the transaction is kept. Otherwise an entry could be half applied, or the
    /// position could pass entries that SQLite has rolled back, and they would be missing for good.
    fn within<T>(&mut self, part: impl FnOnce(&mut View) -> Result<T>) -> Result<T> {
        if !self.is_open {
            self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
            self.is_open = true;
        }
        let done = part(self);
        if done.is_err() {
            self.is_open = false;
            // SQLite may have rolled back already.
            let _ = self.connection.execute("ROLLBACK", []);
        }
        done
    }

    /// Applies the entry with this number.
    pub(in crate::log) fn apply(
        &mut self,
        number: u64,
        draft: &Draft,
    ) -> Result<std::result::Result<Effect, Refusal>> {
        self.within(|view| {
            let outcome = changes::apply(&view.connection, &mut view.last, draft)?;
            view.position = number;
            if let Ok(effect @ (Effect::Sanctioned { .. } | Effect::Lifted { .. })) = &outcome {
                // After a rollback the view cannot be used any more.
                Arc::make_mut(&mut view.sanctions).follow(effect);
            }
            Ok(outcome)
        })
    }

    /// Notes that the entry with this number changes nothing here.
    pub(in crate::log) fn pass(&mut self, number: u64) -> Result<()> {
        self.within(|view| {
            view.position = number;
            Ok(())
        })
    }

    /// Applies the entry with this number, which deletes messages. Returns whether there are more to
    /// delete: one entry deletes a bounded number.
    pub(in crate::log) fn sweep(&mut self, number: u64, sweep: Sweep) -> Result<bool> {
        self.within(|view| {
            let mut forget = Forget::find(&view.connection, sweep);
            let mut deleted = 0;
            while !forget.is_over() && deleted < FORGOTTEN.unsigned_abs() {
                deleted += forget.some(&view.connection) as u64;
            }
            view.position = number;
            Ok(!forget.is_over())
        })
    }

    /// Commits what was applied since the last call.
    pub(in crate::log) fn commit(&mut self) -> Result<()> {
        if !self.is_open {
            return Ok(());
        }
        self.within(|view| {
            let update = "UPDATE position SET entry = ?1";
            view.connection.prepare_cached(update)?.execute([view.position])?;
            view.connection.prepare_cached("COMMIT")?.execute([])?;
            view.is_open = false;
            Ok(())
        })
    }

    pub(in crate::log) fn page(&self, room: &str, end: u64, size: PageSize) -> Result<Page> {
        reader::page(&self.connection, room, end, size)
    }

    pub(in crate::log) fn kept(&self, username: &str) -> Result<Vec<Message>> {
        reader::kept(&self.connection, username, u64::MAX)
    }

    pub(in crate::log) fn account(&self, username: &str) -> Result<Option<Account>> {
        reader::account(&self.connection, username)
    }

    pub(in crate::log) fn accounts(&self) -> Result<Vec<Listed>> {
        accounts::list(&self.connection)
    }

    pub(in crate::log) fn sanctions(&self) -> Arc<Sanctions> {
        Arc::clone(&self.sanctions)
    }

    pub(in crate::log) fn audit(
        &self,
        who: Option<&str>,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<Audited>> {
        reader::audit(&self.connection, who, before, most)
    }
}

/// Whether a file has nothing that a view could lose.
fn is_empty(connection: &Connection) -> Result<bool> {
    let any = "SELECT EXISTS (SELECT 1 FROM messages) OR EXISTS (SELECT 1 FROM accounts)
               OR EXISTS (SELECT 1 FROM bans) OR EXISTS (SELECT 1 FROM audit)";
    connection.query_row(any, [], |row| row.get::<_, bool>(0)).map(|any| !any)
}

/// A second connection to the file of a view, for work beside the chat.
#[derive(Debug)]
pub(in crate::log) struct Copier {
    connection: Connection,
}

impl Copier {
    /// Opens a connection to the file of a view.
    pub(in crate::log) fn open(path: &Path) -> std::result::Result<Copier, DataError> {
        Ok(Copier { connection: file::open(&Place::find(path)?)? })
    }

    /// Copies the write-ahead log into the file.
    pub(in crate::log) fn copy_log(&self) -> Result<()> {
        file::copy_log(&self.connection).map(drop)
    }

    /// Copies the view as it was after the last commit. Returns its position.
    pub(in crate::log) fn copy(&self, to: &Path) -> Result<u64> {
        self.connection.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
        let copy = Connection::open(to)?;
        Ok(file::position(&copy)?.map_or(0, |(_, position)| position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::log::contract::say;

    #[test]
    fn a_full_disk_leaves_the_view_as_it_was_after_the_last_commit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("view.db");
        let mut view = View::open(&path).unwrap();
        view.claim("a").unwrap();
        let draft = Draft {
            change: say("lobby", None, &"x".repeat(4000)),
            timestamp: Timestamp::UNIX_EPOCH,
            origin: None,
        };
        view.apply(1, &draft).unwrap().unwrap();
        view.commit().unwrap();
        view.connection.pragma_update(None, "max_page_count", 60).unwrap();
        let failed = (2..1000).find(|number| view.apply(*number, &draft).is_err());
        assert!(failed.is_some_and(|number| number > 3), "{failed:?}");
        // The end of the server commits what there is.
        view.commit().unwrap();
        drop(view);
        let view = View::open(&path).unwrap();
        let size = PageSize { messages: 1000, bytes: usize::MAX };
        let page = view.page("lobby", u64::MAX, size).unwrap();
        assert_eq!((view.position(), page.messages.len()), (1, 1));
    }
}
