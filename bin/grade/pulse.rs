//! How long this machine keeps us waiting: a check that got no answer in time while nothing at all
//! was running here says nothing about the program.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::check::Stop;

/// How many times the patience is waited on a machine that keeps us waiting.
const MOST: u32 = 10;

/// How often it beats.
const BEAT: Duration = Duration::from_millis(20);

/// By how many microseconds all beats together were late.
static LOST: AtomicU64 = AtomicU64::new(0);
static STARTED: OnceLock<()> = OnceLock::new();

/// A moment, to measure from it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    at: Instant,
    lost: Duration,
}

/// Begins to beat, for as long as the process runs.
pub(crate) fn start() {
    STARTED.get_or_init(|| {
        // Without the thread nothing is ever late, and a machine that has none left will show.
        let _ = thread::Builder::new().name("pulse".to_owned()).spawn(beat);
    });
}

fn beat() {
    // Nobody sends: it is only waited at. The sender lives as long as we do.
    let (_keep, wait) = mpsc::channel::<()>();
    let mut before = Instant::now();
    while wait.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
        let late = before.elapsed().saturating_sub(BEAT * 2);
        LOST.fetch_add(u64::try_from(late.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        before = Instant::now();
    }
}

fn lost() -> Duration {
    Duration::from_micros(LOST.load(Ordering::Relaxed))
}

/// Waits within this patience for what has to come; on a machine that keeps us waiting for as long as
/// it takes to have had that much time. `wait` waits until a moment, and gives what has come by then.
///
/// # Errors
/// It took so long that nothing can be said.
pub(crate) fn patiently<T>(
    patience: Duration,
    expected: &str,
    mut wait: impl FnMut(Instant) -> Option<T>,
) -> Result<Option<T>, Stop> {
    let began = Mark::now();
    let latest = Instant::now() + patience * MOST;
    loop {
        let left = patience.saturating_sub(began.felt());
        if let Some(came) = wait((Instant::now() + left).min(latest)) {
            return Ok(Some(came));
        }
        if Instant::now() >= latest {
            let late = began.late().as_secs_f64();
            return Err(Stop::Undecided(format!(
                "the machine was too busy to wait for {expected}: it kept us waiting for {late:.1} s"
            )));
        }
        if began.felt() >= patience {
            return Ok(None);
        }
    }
}

impl Mark {
    pub(crate) fn now() -> Mark {
        Mark { at: Instant::now(), lost: lost() }
    }

    /// How long ago it was, without the time in which nothing ran here.
    pub(crate) fn felt(&self) -> Duration {
        self.at.elapsed().saturating_sub(self.late())
    }

    /// For how long nothing ran here since then.
    pub(crate) fn late(&self) -> Duration {
        lost().saturating_sub(self.lost)
    }
}
