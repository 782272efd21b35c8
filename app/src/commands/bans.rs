//! `bans`: which names and addresses are kept out.

use parse::{Dict, Value};

use super::{Access, Answer, Call, Command, Outcome};
use crate::Act;

pub(super) const COMMAND: Command = Command {
    name: "bans",
    arguments: &[],
    access: Access::Admin,
    summary: "Which names and addresses are banned.",
    run,
};

fn run(call: &mut Call<'_>) -> Outcome {
    let bans = call.chat.log.bans()?;
    call.note(Act::Bans)?;
    let bans: Value = bans.iter().map(|ban| Value::from(ban.to_string())).collect();
    Ok(Answer::Now(Dict::new().with("bans", bans)))
}
