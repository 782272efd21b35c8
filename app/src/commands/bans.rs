//! `bans`: lists the banned names and addresses.

use parse::{Dict, Value};

use super::{Access, Answer, Call, Command, Order, Outcome};
use crate::Act;

pub(super) const COMMAND: Command = Command {
    name: "bans",
    arguments: &[],
    access: Access::Admin,
    order: Order::Alone,
    summary: "List the banned names and addresses.",
    run,
};

/// The most bans in an answer, so that it stays far below the limit of an outbox.
const MOST: usize = 1000;

fn run(call: &mut Call<'_>) -> Outcome {
    let bans = call.chat.log.bans()?;
    call.note(Act::Bans)?;
    let more = bans.len() > MOST;
    let bans: Value = bans.iter().take(MOST).map(|ban| Value::from(ban.to_string())).collect();
    Ok(Answer::Now(Dict::new().with("bans", bans).with("more", more)))
}
