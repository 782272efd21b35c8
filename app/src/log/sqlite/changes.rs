//! Changes as rows of the tables.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::reader;
use crate::log::{Account, Change, Draft, Effect, may_keep};
use crate::passwords::Hash;
use crate::rooms::LOBBY;
use crate::{Act, Measure, Message, Refusal, Sanction, Subject, Timestamp};

/// The name in the audit for changes by the owner of the chat.
pub(super) const OWNER: &str = "(the owner of the file)";

/// Writes all drafts in one transaction, and returns their outcomes in the same order. By then they are
/// on the disk.
///
/// A refusal by [`apply`], of a name that is taken for example, is an outcome: the other drafts are
/// written. The transaction is immediate, so that it takes the write lock at its beginning. [`apply`]
/// advances `last`, the id of the last message.
///
/// # Errors
/// If SQLite fails. Then nothing is written, but `last` stays advanced: a disk that reports an error may
/// still have written a message with that id.
pub(super) fn commit(
    connection: &mut Connection,
    last: &mut u64,
    drafts: &[Draft],
) -> rusqlite::Result<Vec<Result<Effect, Refusal>>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let outcomes = drafts
        .iter()
        .map(|draft| apply(&transaction, last, draft))
        .collect::<rusqlite::Result<Vec<_>>>()?;
    transaction.commit()?;
    Ok(outcomes)
}

/// Writes a draft, or refuses it. An error is one of SQLite.
pub(super) fn apply(
    transaction: &Connection,
    last: &mut u64,
    draft: &Draft,
) -> rusqlite::Result<Result<Effect, Refusal>> {
    let at = rfc3339(draft.timestamp);
    match &draft.change {
        Change::Say { username, room, to, text, action } => {
            let message = Message {
                id: 0,
                username: username.clone(),
                room: room.clone(),
                to: to.clone(),
                text: text.clone(),
                action: *action,
                offline: false,
                timestamp: draft.timestamp,
            };
            Ok(Ok(Effect::Said(insert_message(transaction, last, message)?)))
        }
        Change::Keep { username, to, text, action } => {
            let kept = "SELECT count(*), coalesce(sum(octet_length(text)), 0) FROM messages
                        WHERE kept = 1 AND recipient = ?1 COLLATE NOCASE";
            let mut kept = transaction.prepare_cached(kept)?;
            let (count, bytes) = kept.query_row([to], |row| Ok((row.get(0)?, row.get(1)?)))?;
            if !may_keep(count, bytes, text) {
                return Ok(Err(Refusal::MailboxFull));
            }
            let message = Message {
                id: 0,
                username: username.clone(),
                room: LOBBY.into(),
                to: Some(to.clone()),
                text: text.clone(),
                action: *action,
                offline: true,
                timestamp: draft.timestamp,
            };
            Ok(Ok(Effect::Said(insert_message(transaction, last, message)?)))
        }
        Change::Deliver { to, until } => {
            let update = "UPDATE messages SET kept = 0
                          WHERE kept = 1 AND recipient = ?1 COLLATE NOCASE AND id <= ?2";
            transaction.prepare_cached(update)?.execute((to, until))?;
            Ok(Ok(Effect::Delivered { to: to.clone(), until: *until }))
        }
        Change::Register(account) => {
            let registered = || Effect::Registered(account.clone());
            let inserted = insert_account(transaction, account, &at)? > 0;
            Ok(inserted.then(registered).ok_or(Refusal::NameTaken))
        }
        Change::Password { username, old, new } => change_password(transaction, username, old, new),
        Change::Own { username, account, what } => {
            set_account(transaction, username, account.as_ref(), &at)?;
            audit(transaction, &at, OWNER, what)?;
            let (username, account) = (username.clone(), account.clone());
            Ok(Ok(Effect::AccountChanged { username, account }))
        }
        Change::Administer { by, act } => {
            let outcome = administer(transaction, by, act, draft.timestamp)?;
            if outcome.is_ok() {
                audit(transaction, &at, by, &act.to_string())?;
            }
            Ok(outcome)
        }
        // Presence ends with the process, so it is not stored.
        Change::Presence(change) => Ok(Ok(Effect::Presence(change.clone()))),
    }
}

/// Adds a message, with the next id.
fn insert_message(
    transaction: &Connection,
    last: &mut u64,
    mut message: Message,
) -> rusqlite::Result<Message> {
    *last += 1;
    message.id = *last;
    let insert = "INSERT INTO messages (id, at, room, username, recipient, text, action, kept)
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let Message { id, username, room, to, text, action, offline, timestamp } = &message;
    let row = (id, rfc3339(*timestamp), room, username, to, text, action, offline);
    transaction.prepare_cached(insert)?.execute(row)?;
    Ok(message)
}

/// Changes the password of an account, unless it has another password than `old` by now.
fn change_password(
    transaction: &Connection,
    username: &str,
    old: &Hash,
    new: &Hash,
) -> rusqlite::Result<Result<Effect, Refusal>> {
    let update = "UPDATE accounts SET password = ?3 WHERE username = ?1 AND password = ?2
                  RETURNING username, admin";
    let row = (username, &old.0, &new.0);
    let mut update = transaction.prepare_cached(update)?;
    let account = update.query_row(row, |row| {
        Ok(Account { username: row.get(0)?, hash: new.clone(), admin: row.get(1)? })
    });
    let changed = |account: Account| {
        let (username, account) = (account.username.clone(), Some(account));
        Effect::AccountChanged { username, account }
    };
    Ok(account.optional()?.map(changed).ok_or(Refusal::WrongPassword))
}

fn administer(
    transaction: &Connection,
    by: &Arc<str>,
    act: &Act,
    at: Timestamp,
) -> rusqlite::Result<Result<Effect, Refusal>> {
    match act {
        Act::Impose(measure, who, terms) => {
            let already = has_sanction(transaction, *measure, who, at)? && terms.is_empty();
            if already {
                return Ok(Err(measure.already()));
            }
            let sanction = terms.begin(by, at);
            impose(transaction, *measure, who, &sanction)?;
            Ok(Ok(Effect::Sanctioned { measure: *measure, who: who.clone(), sanction }))
        }
        Act::Lift(measure, who) => {
            if !has_sanction(transaction, *measure, who, at)? {
                return Ok(Err(measure.absent()));
            }
            let delete = format!("DELETE FROM {} WHERE who = ?1", table(*measure));
            transaction.prepare_cached(&delete)?.execute([who.to_string()])?;
            Ok(Ok(Effect::Lifted { measure: *measure, who: who.clone() }))
        }
        Act::Remove(id) => {
            let delete = "DELETE FROM messages WHERE id = ?1 AND recipient IS NULL
                          RETURNING id, at, username, text, action, room";
            // An id that SQLite cannot store belongs to no message.
            let id = i64::try_from(*id).unwrap_or(-1);
            let removed = transaction.prepare_cached(delete)?.query_row([id], |row| {
                Ok(Effect::Removed(reader::message(row, &row.get("room")?)?))
            });
            Ok(removed.optional()?.ok_or(Refusal::NoSuchMessage))
        }
        Act::Connections
        | Act::Bans
        | Act::Mutes
        | Act::Audit
        | Act::Kick(..)
        | Act::Shutdown
        | Act::ShutdownAll => Ok(Ok(Effect::Administered(act.clone()))),
    }
}

/// The table of the sanctions of this kind.
pub(super) const fn table(measure: Measure) -> &'static str {
    match measure {
        Measure::Ban => "bans",
        Measure::Mute => "mutes",
    }
}

/// Whether a subject has a sanction that has not ended.
fn has_sanction(
    transaction: &Connection,
    measure: Measure,
    who: &Subject,
    at: Timestamp,
) -> rusqlite::Result<bool> {
    let table = table(measure);
    let select = format!("SELECT 1 FROM {table} WHERE who = ?1 AND (until IS NULL OR until > ?2)");
    transaction.prepare_cached(&select)?.exists((who.to_string(), rfc3339(at)))
}

/// Writes a sanction, and deletes the ended ones.
fn impose(
    transaction: &Connection,
    measure: Measure,
    who: &Subject,
    sanction: &Sanction,
) -> rusqlite::Result<()> {
    let table = table(measure);
    let Sanction { by, since, until, reason } = sanction;
    let since = rfc3339(*since);
    let delete = format!("DELETE FROM {table} WHERE until <= ?1");
    transaction.prepare_cached(&delete)?.execute([&since])?;
    let replace = format!(
        "INSERT OR REPLACE INTO {table} (who, by, since, until, reason) VALUES (?1, ?2, ?3, ?4, ?5)"
    );
    let row = (who.to_string(), by, since, until.map(rfc3339), reason);
    transaction.prepare_cached(&replace)?.execute(row).map(drop)
}

/// Makes an account what the owner wants: new, changed or removed.
fn set_account(
    connection: &Connection,
    username: &str,
    account: Option<&Account>,
    at: &str,
) -> rusqlite::Result<()> {
    let Some(Account { username, hash, admin }) = account else {
        let delete = "DELETE FROM accounts WHERE username = ?1";
        return connection.prepare_cached(delete)?.execute([username]).map(drop);
    };
    let set = "INSERT INTO accounts (username, password, admin, since) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (username) DO UPDATE SET password = ?2, admin = ?3";
    connection.prepare_cached(set)?.execute((username, &hash.0, admin, at)).map(drop)
}

/// Adds an account. Returns the number of new rows: 0 if there is an account with that name.
pub(super) fn insert_account(
    connection: &Connection,
    account: &Account,
    at: &str,
) -> rusqlite::Result<usize> {
    let insert = "INSERT OR IGNORE INTO accounts (username, password, admin, since)
                  VALUES (?1, ?2, ?3, ?4)";
    let Account { username, hash, admin } = account;
    let row = (username, &hash.0, admin, at);
    connection.prepare_cached(insert)?.execute(row)
}

/// Adds a row to the audit.
pub(super) fn audit(
    connection: &Connection,
    at: &str,
    who: &str,
    what: &str,
) -> rusqlite::Result<()> {
    let insert = "INSERT INTO audit (at, who, what) VALUES (?1, ?2, ?3)";
    connection.prepare_cached(insert)?.execute((at, who, what)).map(drop)
}

/// Returns a timestamp as the tables and the wire contain it.
pub(super) fn rfc3339(timestamp: Timestamp) -> String {
    format!("{timestamp:.3}")
}
