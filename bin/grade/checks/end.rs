//! The end: of a connection, and of the server.

use std::time::Duration;

use crate::check::{Check, Layer, Stop};
use crate::pulse::Mark;
use crate::stage::Stage;
use crate::wire::Dialect;

/// For how long the processor time of the program is looked at.
const LOOK: Duration = Duration::from_millis(300);

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "END-1",
        layer: Layer::Net,
        rationale: "A loop that goes on reading after the end keeps a processor busy for ever.",
        hint: "A read that returns nothing is the end, not an empty message: leave the loop.",
        after: &["PARSE-6", "LEAVE-8"],
        dialects: Dialect::ALL,
        run: does_not_spin,
    },
    Check {
        id: "END-2",
        layer: Layer::Net,
        rationale: "Who runs a server wants to end it without a kill.",
        hint: "Does something catch the signal, or the exception, and go on? Do threads keep the process alive?",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: |stage| {
            stage.logs_in("ann")?;
            stage.did("server", "is asked to end (SIGTERM)");
            stage.program.ask_to_end();
            stage.has_ended()
        },
    },
];

fn does_not_spin(stage: &mut Stage) -> Result<(), Stop> {
    for role in ["ann", "ben"] {
        let who = stage.logs_in(role)?;
        stage.hangs_up(who);
    }
    let cat = stage.logs_in("cat")?;
    stage.has_heard_everything(cat)?;
    let Some(before) = stage.program.cpu_time() else {
        return Err(Stop::Undecided("this system does not tell how busy a program is".to_owned()));
    };
    let began = Mark::now();
    while began.felt() < LOOK {
        stage.pauses();
    }
    let Some(after) = stage.program.cpu_time() else { return Ok(()) };
    let busy = after.saturating_sub(before);
    // A server that waits needs none; one that spins has to share the machine with others.
    if busy < LOOK / 6 {
        return Ok(());
    }
    let got = format!("it computed for {} of {} ms", busy.as_millis(), LOOK.as_millis());
    Err(Stop::differs(
        "server",
        "nothing to do: ann and ben have hung up, and cat only waits",
        &got,
    ))
}
