//! The end: of a connection, and of the server.

use crate::check::{Check, Layer, Trial};
use crate::checks::idle;
use crate::scenario::Scenario;
use crate::stop::Stop;
use crate::wire::Dialect;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "END-1",
        layer: Layer::Net,
        rationale: "A loop that goes on reading after the end keeps a processor busy for ever.",
        hint: "A read that returns nothing is the end, not an empty message: leave the loop.",
        after: &["PARSE-6", "LEAVE-8"],
        dialects: Dialect::ALL,
        run: Trial::Server(does_not_spin),
    },
    Check {
        id: "END-2",
        layer: Layer::Net,
        rationale: "Who runs a server wants to end it without a kill.",
        hint: "Does something catch the signal, or the exception, and go on? Do threads keep the process alive?",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            scenario.log_in("ann")?;
            scenario.record("server", "is asked to end (SIGTERM)");
            scenario.program.ask_to_end();
            scenario.expect_exit()
        }),
    },
];

fn does_not_spin(scenario: &mut Scenario) -> Result<(), Stop> {
    for role in ["ann", "ben"] {
        let who = scenario.log_in(role)?;
        scenario.disconnect(who);
    }
    let cat = scenario.log_in("cat")?;
    scenario.expect_nothing_more(cat)?;
    let expected = "nothing to do: ann and ben have hung up, and cat only waits";
    idle::is_idle(&scenario.program, "server", expected)
}
