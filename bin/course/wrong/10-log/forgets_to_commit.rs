//! Never commits: a transaction that goes out of scope is rolled back.
//!
//! Fails: LOG-2, LOG-3, LOG-6, LOG-7, LOG-9, LOG-10, LOG-12, LOG-13, LOG-14

pub(super) fn commit(
    connection: &mut Connection,
    last: &mut u64,
    drafts: &[Draft],
) -> rusqlite::Result<Vec<Result<Effect, Refusal>>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    drafts.iter().map(|draft| apply(&transaction, last, draft)).collect()
}
