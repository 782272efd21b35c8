//! Whether a program that has nothing to do does nothing.

use std::time::{Duration, Instant};

use crate::check::Stop;
use crate::program::Program;
use crate::pulse::Mark;

/// For how long the processor time of the program is looked at.
const LOOK: Duration = Duration::from_millis(300);

/// A program that is called so waits, and computes nothing. One that has ended does not, either.
pub(super) fn is_idle(program: &Program, who: &str, expected: &str) -> Result<(), Stop> {
    let Some(before) = program.cpu_time() else {
        return Err(Stop::Undecided("this system does not tell how busy a program is".to_owned()));
    };
    let wanted_before = program.demand();
    let began = Mark::now();
    while began.felt() < LOOK {
        if program.wait_end(Instant::now() + LOOK).is_some() {
            return Ok(());
        }
    }
    let wanted = program.demand().saturating_sub(wanted_before);
    let Some(after) = program.cpu_time() else { return Ok(()) };
    let busy = after.saturating_sub(before);
    // One that waits needs none; one that spins has to share the machine with others, and stands in
    // line for a processor when it has none.
    if busy < LOOK / 6 && wanted < LOOK / 2 {
        return Ok(());
    }
    let got = format!(
        "it computed for {} ms of {} ms, and wanted to for {} ms",
        busy.as_millis(),
        LOOK.as_millis(),
        wanted.max(busy).as_millis()
    );
    Err(Stop::differs(who, expected, &got))
}
