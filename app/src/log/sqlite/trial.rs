//! A trial: could a message be written now?

use rusqlite::{Connection, TransactionBehavior};

/// The length of the text that a trial writes: the longest text of a message by default.
const TEXT: i64 = 4096;

/// Commits a transaction that writes a message and deletes it again, so that the file has it at no
/// time. Its pages are written and synced, as those of a message are. The id below zero leaves the ids
/// of messages as they are.
///
/// # Errors
/// Returns the error of SQLite if the transaction cannot be committed.
pub(super) fn write(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute(
        "INSERT INTO messages (id, at, room, username, recipient, text)
         VALUES (-1, '', '', '', '', hex(zeroblob(?1 / 2)))",
        [TEXT],
    )?;
    transaction.execute("DELETE FROM messages WHERE id = -1", [])?;
    transaction.commit()
}
