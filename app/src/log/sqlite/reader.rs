//! The queries of the chat.

use std::sync::Arc;

use rusqlite::types::{Type, ValueRef};
use rusqlite::{Connection, OptionalExtension, Result, Row};

use super::changes;
use crate::log::{Account, MOST_KEPT};
use crate::passwords::Hash;
use crate::rooms::LOBBY;
use crate::{Audited, Measure, Message, Page, PageSize, Sanction, Sanctions, Subject, Timestamp};

/// Returns the latest messages of a room with ids below `end`.
pub(super) fn page(connection: &Connection, room: &str, end: u64, size: PageSize) -> Result<Page> {
    let mut latest = connection.prepare_cached(
        "SELECT id, at, username, text, action FROM messages
         WHERE room = ?1 AND recipient IS NULL AND id < ?2 ORDER BY id DESC LIMIT ?3",
    )?;
    let end = i64::try_from(end).unwrap_or(i64::MAX);
    // One more row shows that there are more messages.
    let limit = i64::try_from(size.messages).unwrap_or(i64::MAX).saturating_add(1);
    let room: Arc<str> = room.into();
    let rows = latest.query_map((&*room, end, limit), |row| message(row, &room))?;
    let mut failed = Ok(());
    let messages = rows.map_while(|row| row.map_err(|error| failed = Err(error)).ok());
    let page = Page::take(messages, size);
    failed.map(|()| page)
}

/// Reads a message from the columns id, at, username, text and action.
pub(super) fn message(row: &Row<'_>, room: &Arc<str>) -> Result<Message> {
    let timestamp = time(row, 1)?;
    let (id, username, text, action) = (row.get(0)?, row.get(2)?, row.get(3)?, row.get(4)?);
    let (room, to, offline) = (Arc::clone(room), None, false);
    Ok(Message { id, username, room, to, text, action, offline, timestamp })
}

/// Reads a timestamp.
fn time(row: &Row<'_>, column: usize) -> Result<Timestamp> {
    let at: String = row.get(column)?;
    at.parse().map_err(|error| {
        let error = Box::<jiff::Error>::new(error);
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error)
    })
}

/// Returns the whispers that are kept for an account, with ids below `end`, oldest first.
pub(super) fn kept(connection: &Connection, username: &str, end: u64) -> Result<Vec<Message>> {
    let mut kept = connection.prepare_cached(
        "SELECT id, at, username, text, action, recipient FROM messages
         WHERE kept = 1 AND recipient = ?1 COLLATE NOCASE AND id < ?2 ORDER BY id LIMIT ?3",
    )?;
    let end = i64::try_from(end).unwrap_or(i64::MAX);
    let room: Arc<str> = LOBBY.into();
    let kept = kept.query_map((username, end, MOST_KEPT), |row| {
        Ok(Message { to: row.get(5)?, offline: true, ..message(row, &room)? })
    })?;
    kept.collect()
}

/// Returns the account with this name, in any case.
pub(super) fn account(connection: &Connection, username: &str) -> Result<Option<Account>> {
    connection
        .prepare_cached("SELECT username, password, admin FROM accounts WHERE username = ?1")?
        .query_row([username], |row| {
            Ok(Account { username: row.get(0)?, hash: Hash(row.get(1)?), admin: row.get(2)? })
        })
        .optional()
}

/// Returns all bans and mutes, also ended ones.
pub(super) fn sanctions(connection: &Connection) -> Result<Sanctions> {
    let mut sanctions = Sanctions::default();
    for measure in [Measure::Ban, Measure::Mute] {
        let table = changes::table(measure);
        let mut all =
            connection.prepare(&format!("SELECT who, by, since, until, reason FROM {table}"))?;
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            let who: String = row.get(0)?;
            // A text that is no range is no name either, so it concerns nobody.
            let who = Subject::read(&who).unwrap_or_else(|| Subject::name(&who));
            let until = if row.get_ref(3)? == ValueRef::Null { None } else { Some(time(row, 3)?) };
            let (by, since, reason) = (row.get(1)?, time(row, 2)?, row.get(4)?);
            sanctions.insert(measure, who, Sanction { by, since, until, reason });
        }
    }
    Ok(sanctions)
}

/// Returns the latest acts in the audit, oldest first ([`Log::audit`](crate::Log::audit)).
pub(super) fn audit(
    connection: &Connection,
    who: Option<&str>,
    before: Option<u64>,
    most: usize,
) -> Result<Vec<Audited>> {
    let end = before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let act = |row: &Row<'_>| {
        Ok(Audited { id: row.get(0)?, at: time(row, 1)?, who: row.get(2)?, what: row.get(3)? })
    };
    let all = "SELECT id, at, who, what FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
    let of_one = "SELECT id, at, who, what FROM audit
                  WHERE who = ?3 COLLATE NOCASE AND id < ?1 ORDER BY id DESC LIMIT ?2";
    let mut acts: Vec<Audited> = match who {
        None => {
            connection.prepare_cached(all)?.query_map((end, most), act)?.collect::<Result<_>>()?
        }
        Some(who) => {
            let mut of_one = connection.prepare_cached(of_one)?;
            of_one.query_map((end, most, who), act)?.collect::<Result<_>>()?
        }
    };
    acts.reverse();
    Ok(acts)
}
