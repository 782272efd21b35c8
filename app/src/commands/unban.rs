//! `unban`: take a ban back.

use super::{Access, Argument, Call, Command, Outcome};
use crate::{Act, Ban};

pub(super) const COMMAND: Command = Command {
    name: "unban",
    arguments: &[Argument::text("who")],
    access: Access::Admin,
    summary: "Take a ban back.",
    run,
};

fn run(call: &mut Call<'_>) -> Outcome {
    let ban = Ban::read(call.arguments.string("who")?);
    call.administer(Act::Unban(ban))
}
