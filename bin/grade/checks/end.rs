//! The end: of a connection, and of the server.

use std::time::{Duration, Instant};

use crate::check::{Check, Layer, Stop};
use crate::stage::Stage;
use crate::wire::Dialect;

/// For how long the processor time of the program is looked at, in time in which it could have any.
const LOOK: Duration = Duration::from_millis(300);

/// How many times as long that may take.
const MOST: u32 = 50;

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
    let Some(before) = stage.program.load() else {
        return Err(Stop::Undecided("this system does not tell how busy a program is".to_owned()));
    };
    let began = Instant::now();
    loop {
        stage.pauses(cat);
        let Some(after) = stage.program.load() else { return Ok(()) };
        let took = began.elapsed();
        let busy = after.computed.saturating_sub(before.computed);
        // Who spins on a machine that has no time for it computes little, too.
        let free = took.saturating_sub(after.waited_since(&before));
        // A server that waits needs none; one that spins has to share the machine with others.
        if free >= LOOK && busy >= free / 6 {
            let expected = "nothing to do: ann and ben have hung up, and cat only waits";
            let got = format!("it computed for {} of {} ms", busy.as_millis(), took.as_millis());
            return Err(Stop::differs("server", expected, &got));
        }
        if free >= LOOK && !after.wants() {
            return Ok(());
        }
        if took >= LOOK * MOST {
            let why = "the machine was too busy to see whether the server is";
            return Err(Stop::Undecided(why.to_owned()));
        }
    }
}
