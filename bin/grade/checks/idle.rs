//! Whether a program that has nothing to do does nothing.

use std::time::{Duration, Instant};

use crate::program::Program;
use crate::stop::Stop;

/// For how long the processor time of the program is looked at, in time in which it could have any.
const LOOK: Duration = Duration::from_millis(300);

/// How often it is looked at.
const STEP: Duration = Duration::from_millis(50);

/// How many times as long that may take.
const MOST: u32 = 50;

/// A program that is called so waits, and computes nothing. One that has ended does not, either.
pub(super) fn is_idle(program: &Program, who: &str, expected: &str) -> Result<(), Stop> {
    let Some(before) = program.load() else {
        return Err(Stop::Undecided("this system does not tell how busy a program is".to_owned()));
    };
    let began = Instant::now();
    loop {
        if program.wait_end(Instant::now() + STEP).is_some() {
            return Ok(());
        }
        let Some(after) = program.load() else { return Ok(()) };
        let took = began.elapsed();
        let busy = after.computed.saturating_sub(before.computed);
        // Who spins on a machine that has no time for it computes little, too.
        let free = took.saturating_sub(after.waited_since(&before));
        // One that waits needs none; one that spins has to share the machine with others.
        if free >= LOOK && busy >= free / 6 {
            let got = format!(
                "it kept a processor busy for {} of {} ms",
                busy.as_millis(),
                took.as_millis()
            );
            return Err(Stop::differs(who, expected, &got));
        }
        if free >= LOOK && !after.wants() {
            return Ok(());
        }
        if took >= LOOK * MOST {
            let why = format!("the machine was too busy to see whether the {who} is");
            return Err(Stop::Undecided(why));
        }
    }
}
