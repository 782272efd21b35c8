//! Checks that a program without work uses no processor time.

use std::time::{Duration, Instant};

use crate::program::Program;
use crate::stop::Stop;

/// Length of the measurement, without the time in which the program was ready but the machine was
/// too busy.
const LOOK: Duration = Duration::from_millis(300);

/// Interval between two looks at the processor time.
const STEP: Duration = Duration::from_millis(50);

/// Longest measurement, as a multiple of its length.
const MOST: u32 = 50;

/// Expects the program to use no processor time. A program that has exited uses none.
pub(super) fn is_idle(program: &Program, who: &str, expected: &str) -> Result<(), Stop> {
    let Some(before) = program.load() else {
        return Err(Stop::Undecided(
            "this system does not report the processor time of a program".to_owned(),
        ));
    };
    let began = Instant::now();
    loop {
        if program.wait_end(Instant::now() + STEP).is_some() {
            return Ok(());
        }
        let Some(after) = program.load() else { return Ok(()) };
        let took = began.elapsed();
        let busy = after.computed.saturating_sub(before.computed);
        // A program in a busy loop gets little processor time if the machine is busy, so that time
        // does not count.
        let free = took.saturating_sub(after.waited_since(&before));
        // An idle program needs no processor time. A busy loop may have to share the processor with
        // other programs.
        if free >= LOOK && busy >= free / 6 {
            let got = format!(
                "the {who} used {} of {} ms of processor time",
                busy.as_millis(),
                took.as_millis()
            );
            return Err(Stop::differs(who, expected, &got));
        }
        if free >= LOOK && !after.wants() {
            return Ok(());
        }
        if took >= LOOK * MOST {
            let why = format!("the machine was too busy to measure whether the {who} is idle");
            return Err(Stop::Undecided(why));
        }
    }
}
