//! The queries of the chat.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Result, Row, types::Type};

use crate::log::{Account, MOST_KEPT};
use crate::passwords::Hash;
use crate::rooms::LOBBY;
use crate::{Ban, Message, Page, PageSize, Timestamp};

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

fn message(row: &Row<'_>, room: &Arc<str>) -> Result<Message> {
    let at: String = row.get(1)?;
    let timestamp: Timestamp = at.parse().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(1, Type::Text, Box::<jiff::Error>::new(error))
    })?;
    let (id, username, text, action) = (row.get(0)?, row.get(2)?, row.get(3)?, row.get(4)?);
    let (room, to, offline) = (Arc::clone(room), None, false);
    Ok(Message { id, username, room, to, text, action, offline, timestamp })
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

/// Whether this name or address is banned.
pub(super) fn is_banned(connection: &Connection, ban: &Ban) -> Result<bool> {
    connection.prepare_cached("SELECT 1 FROM bans WHERE who = ?1")?.exists([ban.to_string()])
}

/// Returns all bans, names first.
pub(super) fn bans(connection: &Connection) -> Result<Vec<Ban>> {
    let mut all = connection.prepare_cached("SELECT who FROM bans")?;
    let bans = all.query_map([], |row| Ok(Ban::read(row.get_ref(0)?.as_str()?)))?;
    let mut bans = bans.collect::<Result<Vec<Ban>>>()?;
    bans.sort();
    Ok(bans)
}
