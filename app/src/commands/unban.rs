//! `unban`: removes a ban.

use super::ban::subject;
use super::{Access, Argument, Call, Command, Order, Outcome};
use crate::{Act, Measure};

pub(super) const COMMAND: Command = Command {
    name: "unban",
    arguments: &[Argument::text("who")],
    access: Access::Admin,
    order: Order::Alone,
    summary: "Remove a ban.",
    run,
};

fn run(call: &mut Call<'_>) -> Outcome {
    let who = subject(call)?;
    call.administer(Act::Lift(Measure::Ban, who))
}
