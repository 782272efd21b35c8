//! `unmute`: removes a mute.

use super::ban::subject;
use super::{Access, Argument, Call, Command, Order, Outcome};
use crate::{Act, Measure};

pub(super) const COMMAND: Command = Command {
    name: "unmute",
    arguments: &[Argument::text("who")],
    access: Access::Admin,
    order: Order::Alone,
    summary: "Remove a mute.",
    run,
};

fn run(call: &mut Call<'_>) -> Outcome {
    let who = subject(call)?;
    call.administer(Act::Lift(Measure::Mute, who))
}
