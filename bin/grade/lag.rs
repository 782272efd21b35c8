//! Scheduler lag: how long the machine kept the grader from running. If a reply is late while the
//! grader itself could not run, that says nothing about the program.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Interval at which the lag thread wakes up.
const TICK: Duration = Duration::from_millis(20);

/// What the lag thread has measured; `None` while it does not run.
static TICKS: Mutex<Option<Ticks>> = Mutex::new(None);
static STARTED: OnceLock<()> = OnceLock::new();

/// The ticks so far.
#[derive(Debug)]
struct Ticks {
    last: Instant,
    /// Sum of the delays of all ticks.
    lag: Duration,
}

impl Ticks {
    /// The lag until now. Includes the delay of the next tick if it is late already: after a pause of
    /// the whole process, another thread may ask before the lag thread runs again.
    fn lag_until_now(&self) -> Duration {
        self.lag + self.last.elapsed().saturating_sub(TICK * 2)
    }
}

/// Measures time since it was started, and the scheduler lag in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch {
    started: Instant,
    /// Total lag of the process at that time.
    lag_before: Duration,
}

/// Starts the thread that measures scheduler lag until the process ends.
pub(crate) fn start() {
    STARTED.get_or_init(|| {
        // If the system has no thread left, no lag is measured; the checks then report the shortage.
        let _ = thread::Builder::new().name("lag".to_owned()).spawn(measure);
    });
}

fn measure() {
    // Nothing is ever sent: the receiver serves as a timer. `_keep` keeps the channel open.
    let (_keep, timer) = mpsc::channel::<()>();
    *ticks() = Some(Ticks { last: Instant::now(), lag: Duration::ZERO });
    while timer.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
        if let Some(ticks) = ticks().as_mut() {
            ticks.lag = ticks.lag_until_now();
            ticks.last = Instant::now();
        }
    }
}

fn ticks() -> MutexGuard<'static, Option<Ticks>> {
    TICKS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn total_lag() -> Duration {
    ticks().as_ref().map_or(Duration::ZERO, Ticks::lag_until_now)
}

impl Stopwatch {
    pub(crate) fn start() -> Stopwatch {
        Stopwatch { started: Instant::now(), lag_before: total_lag() }
    }

    /// Time since the start, without the scheduler lag.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed().saturating_sub(self.lag())
    }

    /// Scheduler lag since the start.
    pub(crate) fn lag(&self) -> Duration {
        total_lag().saturating_sub(self.lag_before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_tick_counts_before_the_lag_thread_runs_again() {
        let second = Duration::from_secs(1);
        let last = Instant::now().checked_sub(second).unwrap();
        let lag = Ticks { last, lag: second }.lag_until_now();
        assert!(lag >= second * 2 - TICK * 2, "{lag:?}");
        let on_time = Ticks { last: Instant::now(), lag: second };
        assert!(on_time.lag_until_now() < second * 2);
    }
}
