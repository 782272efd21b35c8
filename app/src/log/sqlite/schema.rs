//! The tables, and the migration of older files.

use rusqlite::Connection;

/// The `application_id` of a data file in SQLite: "Stra".
pub(super) const APPLICATION: i64 = 0x5374_7261;

/// The version after the last step.
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// The steps from each version to the next one. A released step never changes.
pub(super) const STEPS: &[&str] = &[
    "
    -- What was said. Ids are never used twice, also after the newest message was removed.
    CREATE TABLE messages (
        id        INTEGER PRIMARY KEY AUTOINCREMENT,
        at        TEXT NOT NULL,  -- RFC 3339, UTC, milliseconds: it sorts as it is
        room      TEXT NOT NULL,
        username  TEXT NOT NULL,
        recipient TEXT,           -- of a whisper; it is in no backlog
        text      TEXT NOT NULL
    ) STRICT;
    CREATE INDEX messages_in_room ON messages (room, id) WHERE recipient IS NULL;

    CREATE TABLE accounts (
        username TEXT PRIMARY KEY COLLATE NOCASE,
        password TEXT NOT NULL,   -- a PHC string, made by argon2
        admin    INTEGER NOT NULL DEFAULT 0,
        since    TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE bans (
        who  TEXT PRIMARY KEY,    -- a name in lower case, an address, or an IPv6 network
        by   TEXT NOT NULL,
        since TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- What administrators did.
    CREATE TABLE audit (
        id   INTEGER PRIMARY KEY,
        at   TEXT NOT NULL,
        who  TEXT NOT NULL,
        what TEXT NOT NULL
    ) STRICT;
",
    "
    -- Messages are forgotten by their own stamps, which need not grow with the ids.
    CREATE INDEX messages_by_time ON messages (at);
",
    "
    -- Which accounts were changed, by whatever process, the latest last. A server that runs looks
    -- here. An id grows with each change and is never used twice.
    CREATE TABLE account_changes (
        id       INTEGER PRIMARY KEY AUTOINCREMENT,
        username TEXT NOT NULL UNIQUE COLLATE NOCASE
    ) STRICT;
    CREATE TRIGGER account_made AFTER INSERT ON accounts BEGIN
        DELETE FROM account_changes WHERE username = new.username;
        INSERT INTO account_changes (username) VALUES (new.username);
    END;
    CREATE TRIGGER account_changed AFTER UPDATE ON accounts BEGIN
        DELETE FROM account_changes WHERE username IN (old.username, new.username);
        INSERT INTO account_changes (username) VALUES (old.username);
        INSERT INTO account_changes (username) SELECT new.username
            WHERE new.username <> old.username COLLATE NOCASE;
    END;
    CREATE TRIGGER account_removed AFTER DELETE ON accounts BEGIN
        DELETE FROM account_changes WHERE username = old.username;
        INSERT INTO account_changes (username) VALUES (old.username);
    END;
",
    "
    -- 1: the text says what the sender does, as in `* alice waves`.
    ALTER TABLE messages ADD COLUMN action INTEGER NOT NULL DEFAULT 0;
",
    "
    -- 1: a whisper that is kept until its receiver logs in.
    ALTER TABLE messages ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX messages_kept ON messages (recipient COLLATE NOCASE, id) WHERE kept = 1;
    -- A later account with the name may be another person's.
    CREATE TRIGGER whispers_of_removed_account AFTER DELETE ON accounts BEGIN
        UPDATE messages SET kept = 0 WHERE kept = 1 AND recipient = old.username COLLATE NOCASE;
    END;
",
    "
    -- In a view of a log of several servers: the chat, and the last entry that the view contains.
    CREATE TABLE position (
        chat  TEXT NOT NULL,
        entry INTEGER NOT NULL
    ) STRICT;
",
    "
    ALTER TABLE bans ADD COLUMN until TEXT;   -- null: until an administrator lifts it
    ALTER TABLE bans ADD COLUMN reason TEXT;
    -- An IPv6 network is written as a range.
    UPDATE bans SET who = who || '/64' WHERE who LIKE '%:%';
    CREATE TABLE mutes (
        who    TEXT PRIMARY KEY,
        by     TEXT NOT NULL,
        since  TEXT NOT NULL,
        until  TEXT,
        reason TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX audit_by_who ON audit (who COLLATE NOCASE, id);
",
];

/// Runs the steps after `version`.
pub(super) fn migrate(
    connection: &Connection,
    steps: &[&str],
    version: i64,
) -> rusqlite::Result<()> {
    for (number, step) in (1i64..).zip(steps) {
        if number > version {
            connection.execute_batch(step)?;
            connection.pragma_update(None, "user_version", number)?;
        }
    }
    connection.pragma_update(None, "application_id", APPLICATION)
}

/// Returns the largest id that a message ever had; 0 if there was none.
pub(super) fn last_id(connection: &Connection) -> rusqlite::Result<u64> {
    let sequence = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'messages'";
    connection.query_row(sequence, [], |row| row.get(0))
}
