//! How long a process has computed, in the unit in which the system counts it. Used by `load` and by
//! `grade`.

use std::time::Duration;

/// The time that so many ticks are.
pub(crate) fn time(ticks: u64) -> Duration {
    Duration::from_secs_f64(ticks as f64 / per_second())
}

#[cfg(target_os = "linux")]
fn per_second() -> f64 {
    rustix::param::clock_ticks_per_second() as f64
}

#[cfg(not(target_os = "linux"))]
fn per_second() -> f64 {
    100.0
}
