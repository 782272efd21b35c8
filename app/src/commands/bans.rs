//! `bans`: which names and addresses are kept out.

use parse::{Dict, Value};

use super::{Access, Answer, Call, Command, Order, Outcome};
use crate::Act;

pub(super) const COMMAND: Command = Command {
    name: "bans",
    arguments: &[],
    access: Access::Admin,
    order: Order::Alone,
    summary: "Which names and addresses are banned.",
    run,
};

/// The most that are listed, so that no answer nears what may wait for a peer.
const MOST: usize = 1000;

fn run(call: &mut Call<'_>) -> Outcome {
    let bans = call.chat.log.bans()?;
    call.note(Act::Bans)?;
    let more = bans.len() > MOST;
    let bans: Value = bans.iter().take(MOST).map(|ban| Value::from(ban.to_string())).collect();
    Ok(Answer::Now(Dict::new().with("bans", bans).with("more", more)))
}
