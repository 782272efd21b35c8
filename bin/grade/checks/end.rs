//! The end: of a connection, and of the server.

use crate::check::{Check, Layer, Stop, Trial};
use crate::checks::idle;
use crate::stage::Stage;
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
        run: Trial::Server(|stage| {
            stage.logs_in("ann")?;
            stage.did("server", "is asked to end (SIGTERM)");
            stage.program.ask_to_end();
            stage.has_ended()
        }),
    },
];

fn does_not_spin(stage: &mut Stage) -> Result<(), Stop> {
    for role in ["ann", "ben"] {
        let who = stage.logs_in(role)?;
        stage.hangs_up(who);
    }
    let cat = stage.logs_in("cat")?;
    stage.has_heard_everything(cat)?;
    let expected = "nothing to do: ann and ben have hung up, and cat only waits";
    idle::is_idle(&stage.program, "server", expected)
}
