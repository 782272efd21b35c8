//! Takes the refusal of one draft for a failure of the batch.
//!
//! Fails: LOG-7

pub(super) fn commit(
    connection: &mut Connection,
    last: &mut u64,
    drafts: &[Draft],
) -> rusqlite::Result<Vec<Result<Effect, Refusal>>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut outcomes = Vec::new();
    for draft in drafts {
        let outcome = apply(&transaction, last, draft)?;
        if outcome.is_err() {
            transaction.rollback()?;
            return Ok(vec![outcome; drafts.len()]);
        }
        outcomes.push(outcome);
    }
    transaction.commit()?;
    Ok(outcomes)
}
