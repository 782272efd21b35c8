//! `unban`: removes a ban.

use super::{Access, Argument, Call, Command, Order, Outcome};
use crate::{Act, Ban, Refusal, people};

pub(super) const COMMAND: Command = Command {
    name: "unban",
    arguments: &[Argument::text("who")],
    access: Access::Admin,
    order: Order::Alone,
    summary: "Remove a ban.",
    run,
};

fn run(call: &mut Call<'_>) -> Outcome {
    let ban = Ban::read(call.arguments.string("who")?);
    if let Ban::Name(name) = &ban
        && !people::is_name(name, call.chat.limits.name)
    {
        return Err(Refusal::InvalidUsername);
    }
    call.administer(Act::Unban(ban))
}
