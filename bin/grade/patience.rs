//! Patience: how long to wait for a program on a machine that may be busy with other work.
//!
//! Time in which the machine kept the program or the grader from running does not count. The two overlap
//! where both share little of a processor, so only the longer of them is subtracted.

use std::fmt;
use std::time::{Duration, Instant};

use crate::lag::Stopwatch;
use crate::program::{Gauge, Load};

/// Longest wait on a busy machine, as a multiple of the patience.
const MAX_FACTOR: u32 = 10;

/// The part of the patience before the load of the program is read, which takes time: usually, what is
/// awaited comes sooner.
const EARLY: u32 = 10;

/// The part of the patience after which a thread that still computes has had its chance. It may spin.
const ENOUGH: u32 = 4;

/// Longest time between two measurements of the load after that.
const SLICE: Duration = Duration::from_millis(200);

/// The time since a moment in which the machine let the program and the grader run.
pub(crate) struct FreeTime {
    began: Instant,
    watch: Stopwatch,
    gauge: Gauge,
    /// The waits of a thread count until it has computed for so long.
    enough: Duration,
    first: Option<Load>,
    last: Option<Load>,
    /// How long the program has waited for a processor, up to `last`.
    waited: Duration,
}

impl FreeTime {
    /// For waits with this patience.
    pub(crate) fn for_patience(gauge: Gauge, patience: Duration) -> FreeTime {
        FreeTime::start(gauge, patience / ENOUGH)
    }

    /// For waits in which a thread that has computed for `enough` time has had its chance.
    pub(crate) fn start(gauge: Gauge, enough: Duration) -> FreeTime {
        let first = gauge.load();
        let (began, watch) = (Instant::now(), Stopwatch::start());
        FreeTime { began, watch, gauge, enough, first, last: None, waited: Duration::ZERO }
    }

    /// The free time, and whether a thread of the program wants a processor right now: how long it has
    /// waited for one since the last measurement is known only when it gets it, or waits on. The wait of a
    /// process that has ended is known up to the last measurement.
    pub(crate) fn measure(&mut self) -> (Duration, bool) {
        let now = self.gauge.load().zip(self.first.as_ref()).map(|(now, first)| {
            let last = self.last.as_ref().unwrap_or(first);
            let now = now.without_spinning(first, self.enough).with_pending_waits(last);
            self.waited += now.waited_since(last);
            now
        });
        self.last = now;
        let free = self.began.elapsed().saturating_sub(self.watch.lag().max(self.waited));
        (free, self.last.as_ref().is_some_and(Load::wants))
    }

    /// Whether this patience has run out.
    ///
    /// # Errors
    /// So little time was free that the wait says nothing about the program.
    pub(crate) fn exceeds(&mut self, patience: Duration, expected: &str) -> Result<bool, TooBusy> {
        let all = self.with_pauses();
        if all < patience {
            return Ok(false);
        }
        let free = self.measure().0;
        if free < patience && all >= patience * MAX_FACTOR {
            return Err(TooBusy { expected: expected.to_owned(), lost: all - free });
        }
        Ok(free >= patience)
    }

    /// All of the time.
    pub(crate) fn with_pauses(&self) -> Duration {
        self.began.elapsed()
    }
}

/// The machine was too busy for a wait to mean anything.
#[derive(Debug)]
pub(crate) struct TooBusy {
    expected: String,
    lost: Duration,
}

impl fmt::Display for TooBusy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (expected, lost) = (&self.expected, self.lost.as_secs_f64());
        write!(
            f,
            "the machine was too busy to wait for {expected}: the program or the grader could not run for \
             {lost:.1} s"
        )
    }
}

/// Waits for something of a program to arrive, up to `patience` of free time. `wait` waits until the given
/// time and returns what arrived. Returns `None` if nothing arrives.
///
/// # Errors
/// So little time was free that the wait says nothing about the program.
pub(crate) fn patiently<T>(
    gauge: &Gauge,
    patience: Duration,
    expected: &str,
    mut wait: impl FnMut(Instant) -> Option<T>,
) -> Result<Option<T>, TooBusy> {
    let (began, watch) = (Instant::now(), Stopwatch::start());
    let latest = began + patience * MAX_FACTOR;
    let early = patience / EARLY;
    let mut late: Option<FreeTime> = None;
    let mut free = Duration::ZERO;
    loop {
        let left = (patience - free).min(early).min(SLICE);
        if let Some(arrived) = wait((Instant::now() + left).min(latest)) {
            return Ok(Some(arrived));
        }
        free = match &mut late {
            None => watch.elapsed(),
            Some(late) => early + late.measure().0,
        };
        if free >= patience {
            return Ok(None);
        }
        if Instant::now() >= latest {
            return Err(TooBusy { expected: expected.to_owned(), lost: began.elapsed() - free });
        }
        if late.is_none() && free >= early {
            late = Some(FreeTime::for_patience(gauge.clone(), patience));
            free = early;
        }
    }
}
