//! When the texts of a run with a fixed rate are due.
//!
//! A sender that waits for its answer before it sends again sends less while the server is slow,
//! and so leaves out just the messages that would have waited longest ("coordinated omission").
//! At a fixed rate a text is due when it is due, whatever came back, and its latency counts from
//! that moment, also when we are the ones who are late.

use std::time::Duration;

/// The timetable.
#[derive(Debug)]
pub(crate) struct Pace {
    start: u64,
    /// Nanoseconds from one text to the next.
    interval: f64,
    sent: u64,
}

impl Pace {
    /// `rate` texts a second from this moment on, in nanoseconds.
    pub(crate) fn new(start: u64, rate: f64) -> Pace {
        Pace { start, interval: 1e9 / rate, sent: 0 }
    }

    /// If one is due by now: which one, from 0, and since when.
    pub(crate) fn due(&mut self, now: u64) -> Option<(u64, u64)> {
        let (index, due) = (self.sent, self.next());
        if due > now {
            return None;
        }
        self.sent += 1;
        Some((index, due))
    }

    /// How long to wait for the next one. A wait is in whole milliseconds, rounded up, so the
    /// last one before it is due is not waited at all.
    pub(crate) fn wait(&self, now: u64) -> Duration {
        Duration::from_nanos(self.next().saturating_sub(now))
            .saturating_sub(Duration::from_millis(1))
    }

    fn next(&self) -> u64 {
        self.start + (self.sent as f64 * self.interval) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_does_not_depend_on_when_it_is_asked_for() {
        let mut pace = Pace::new(1_000, 1e6);
        assert_eq!(pace.due(999), None);
        assert_eq!(pace.due(1_000), Some((0, 1_000)));
        assert_eq!(pace.due(1_999), None);
        let late: Vec<_> = std::iter::from_fn(|| pace.due(4_500)).collect();
        assert_eq!(late, [(1, 2_000), (2, 3_000), (3, 4_000)]);
    }

    #[test]
    fn a_wait_never_ends_too_late() {
        let pace = Pace::new(10_000_000, 1.0);
        assert_eq!(pace.wait(0), Duration::from_millis(9));
        assert_eq!(pace.wait(9_500_000), Duration::ZERO);
        assert_eq!(pace.wait(11_000_000), Duration::ZERO);
    }
}
