//! The start of the program.

use crate::check::{Check, Function, Layer};
use crate::scenario::Scenario;
use crate::stop::Stop;
use crate::wire::Dialect;

pub(super) const CHECKS: &[Check] = &[Check {
    id: "START-1",
    layer: Layer::Net,
    rationale: "No client can use a server that does not listen.",
    hint: "Does the server listen on the port that it gets as an argument, on 127.0.0.1 or on all addresses? Does it exit before it listens?",
    after: &[],
    dialects: Dialect::ALL,
    // A check runs only after the server has started and listens.
    run: Function::Server(sends_nothing_unasked),
}];

fn sends_nothing_unasked(scenario: &mut Scenario) -> Result<(), Stop> {
    let ann = scenario.meet("ann")?;
    // Twice, because nothing has been delivered yet from which the grader could know the server's pace.
    scenario.settle()?;
    scenario.settle()?;
    scenario.expect_no_frame(ann, "nothing before the first request")
}
