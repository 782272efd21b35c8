//! Uses the ids of a failed batch again.
//!
//! Fails: LOG-9

pub(super) fn commit(
    connection: &mut Connection,
    last: &mut u64,
    drafts: &[Draft],
) -> rusqlite::Result<Vec<Result<Effect, Refusal>>> {
    let before = *last;
    let mut all = || {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let outcomes: rusqlite::Result<Vec<_>> =
            drafts.iter().map(|draft| apply(&transaction, last, draft)).collect();
        let outcomes = outcomes?;
        transaction.commit()?;
        Ok(outcomes)
    };
    let written = all();
    if written.is_err() {
        *last = before;
    }
    written
}
