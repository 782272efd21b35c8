//! Deletion of old messages, a few at a time.

use rusqlite::{Connection, OptionalExtension, Result};

use super::changes::rfc3339;
use crate::Timestamp;
use crate::log::retention::Sweep;

/// The most messages that one commit deletes, so that other commits do not wait long.
pub(super) const FORGOTTEN: i64 = 2000;

/// The messages to delete. Each timestamp counts for its own message only, because the wall clock may
/// have been wrong at that time.
#[derive(Debug, Default)]
pub(super) struct Forget {
    /// Messages before this time.
    since: Option<Timestamp>,
    /// Messages up to this id, because there are too many.
    up_to: Option<u64>,
}

impl Forget {
    /// Finds the messages of a sweep.
    pub(super) fn find(connection: &Connection, Sweep { since, count }: Sweep) -> Forget {
        let up_to = count.map(|count| surplus(connection, count)).transpose();
        let up_to = up_to.unwrap_or_else(|error| {
            tracing::warn!(%error, "could not count the messages");
            None
        });
        Forget { since, up_to: up_to.flatten() }
    }

    /// Whether there is nothing left to delete.
    pub(super) fn is_over(&self) -> bool {
        self.since.is_none() && self.up_to.is_none()
    }

    /// Deletes some messages. Returns their number.
    pub(super) fn some(&mut self, connection: &Connection) -> usize {
        let forgotten = if let Some(since) = self.since {
            let forgotten = old(connection, since);
            forgotten.inspect(|count| self.since = self.since.filter(|_| *count > 0))
        } else if let Some(up_to) = self.up_to {
            let forgotten = first(connection, up_to);
            forgotten.inspect(|count| self.up_to = self.up_to.filter(|_| *count > 0))
        } else {
            Ok(0)
        };
        forgotten.unwrap_or_else(|error| {
            // The next sweep tries again.
            *self = Forget::default();
            tracing::warn!(%error, "could not delete old messages");
            0
        })
    }
}

/// Returns the id of the newest message that is one too many.
fn surplus(connection: &Connection, count: usize) -> Result<Option<u64>> {
    let last = "SELECT id FROM messages WHERE recipient IS NULL ORDER BY id DESC LIMIT 1 OFFSET ?1";
    connection.prepare_cached(last)?.query_row([count], |row| row.get(0)).optional()
}

fn old(connection: &Connection, since: Timestamp) -> Result<usize> {
    let old = "DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE at < ?1 LIMIT ?2)";
    connection.prepare_cached(old)?.execute((rfc3339(since), FORGOTTEN))
}

fn first(connection: &Connection, up_to: u64) -> Result<usize> {
    let first = "DELETE FROM messages WHERE id IN
                 (SELECT id FROM messages WHERE id <= ?1 ORDER BY id LIMIT ?2)";
    connection.prepare_cached(first)?.execute((up_to, FORGOTTEN))
}
