//! Commits each draft separately, as if the thread had one draft only.
//!
//! Fails: LOG-3, LOG-8

pub(super) fn commit(
    connection: &mut Connection,
    last: &mut u64,
    drafts: &[Draft],
) -> rusqlite::Result<Vec<Result<Effect, Refusal>>> {
    let mut outcomes = Vec::new();
    for draft in drafts {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        outcomes.push(apply(&transaction, last, draft)?);
        transaction.commit()?;
    }
    Ok(outcomes)
}
