//! What is forgotten, a little at a time.

use rusqlite::{Connection, OptionalExtension, Result};

use super::changes::rfc3339;
use crate::Timestamp;

/// How many messages are forgotten in one commit, so that nobody waits long for that.
const FORGOTTEN: i64 = 2000;

/// What is to be forgotten. Each message is judged by itself: a stamp from a clock that was wrong
/// says nothing about the messages before and after it.
#[derive(Debug, Default)]
pub(super) struct Forget {
    /// Every message that was said before this.
    since: Option<Timestamp>,
    /// Every message up to this id, since there are more than are retained.
    up_to: Option<u64>,
}

impl Forget {
    /// Everything that was said before a moment, and all but so many messages.
    pub(super) fn find(
        connection: &Connection,
        since: Option<Timestamp>,
        count: Option<usize>,
    ) -> Forget {
        let up_to = count.map(|count| surplus(connection, count)).transpose();
        let up_to = up_to.unwrap_or_else(|error| {
            tracing::warn!(%error, "cannot see how many messages there are");
            None
        });
        Forget { since, up_to: up_to.flatten() }
    }

    /// Whether there is nothing to be forgotten.
    pub(super) fn is_over(&self) -> bool {
        self.since.is_none() && self.up_to.is_none()
    }

    /// Forgets some of it; gives how many messages that were.
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
            // It is tried again the next time somebody looks.
            *self = Forget::default();
            tracing::warn!(%error, "what is too old cannot be forgotten");
            0
        })
    }
}

/// The id up to which there are more messages than this.
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
