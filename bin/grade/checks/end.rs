//! The end of a connection, and the end of the server.

use crate::check::{Check, Function, Layer};
use crate::checks::idle;
use crate::scenario::Scenario;
use crate::stop::Stop;
use crate::wire::Dialect;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "END-1",
        layer: Layer::Net,
        rationale: "A loop that keeps reading after the end of a connection uses a whole processor until the server is stopped.",
        hint: "A read that returns no bytes is the end of the connection, not an empty message. Leave the loop.",
        after: &["CROWD-4"],
        dialects: Dialect::ALL,
        run: Function::Server(does_not_spin),
    },
    Check {
        id: "END-2",
        layer: Layer::Net,
        rationale: "The operator of a server wants to stop it without a kill.",
        hint: "Does the program catch the signal, or the exception, and go on? Do other threads keep the process alive?",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            scenario.log_in("ann")?;
            scenario.record("server", "is asked to end (SIGTERM)");
            scenario.program.ask_to_end();
            scenario.expect_exit()
        }),
    },
];

fn does_not_spin(scenario: &mut Scenario) -> Result<(), Stop> {
    let expected = "no processor time used before the first client connects";
    idle::is_idle(&scenario.program, "server", expected)?;
    let cat = scenario.log_in("cat")?;
    for who in [scenario.log_in("ann")?, scenario.log_in("ben")?] {
        scenario.disconnect(who);
    }
    // A client may also leave before it has logged in.
    let stranger = scenario.connect("dan")?;
    scenario.disconnect(stranger);
    scenario.sync(cat)?;
    let expected = "no processor time used: ann, ben and dan have disconnected, and cat only waits";
    idle::is_idle(&scenario.program, "server", expected)
}
