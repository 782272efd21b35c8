//! Scheduler lag: how long the machine kept the grader from running. If a reply is late while the
//! grader itself could not run, that says nothing about the program.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// Longest wait on a busy machine, as a multiple of the patience.
const MAX_FACTOR: u32 = 10;

/// Interval at which the lag thread wakes up.
const TICK: Duration = Duration::from_millis(20);

/// Sum of the delays of all ticks, in microseconds.
static LAG: AtomicU64 = AtomicU64::new(0);
static STARTED: OnceLock<()> = OnceLock::new();

/// Measures time since it was started, and the scheduler lag in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch {
    started: Instant,
    /// Total lag of the process at that time.
    lag_before: Duration,
}

/// The machine was too busy for a wait to mean anything.
#[derive(Debug)]
pub(crate) struct TooBusy {
    expected: String,
    lag: Duration,
}

impl fmt::Display for TooBusy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (expected, lag) = (&self.expected, self.lag.as_secs_f64());
        write!(
            f,
            "the machine was too busy to wait for {expected}: the grader could not run for {lag:.1} s"
        )
    }
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
    let mut before = Instant::now();
    while timer.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
        let late = before.elapsed().saturating_sub(TICK * 2);
        LAG.fetch_add(u64::try_from(late.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        before = Instant::now();
    }
}

fn total_lag() -> Duration {
    Duration::from_micros(LAG.load(Ordering::Relaxed))
}

/// Waits for something to arrive, up to `patience` without the scheduler lag. `wait` waits until the
/// given time and returns what arrived. Returns `None` if nothing arrives.
///
/// # Errors
/// The lag was so long that the wait says nothing about the program.
pub(crate) fn patiently<T>(
    patience: Duration,
    expected: &str,
    mut wait: impl FnMut(Instant) -> Option<T>,
) -> Result<Option<T>, TooBusy> {
    let watch = Stopwatch::start();
    let latest = Instant::now() + patience * MAX_FACTOR;
    loop {
        let left = patience.saturating_sub(watch.elapsed());
        if let Some(arrived) = wait((Instant::now() + left).min(latest)) {
            return Ok(Some(arrived));
        }
        if Instant::now() >= latest {
            return Err(TooBusy { expected: expected.to_owned(), lag: watch.lag() });
        }
        if watch.elapsed() >= patience {
            return Ok(None);
        }
    }
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
