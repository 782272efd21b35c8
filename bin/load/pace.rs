//! The schedule of texts or logins with a fixed rate.
//!
//! A sender that waits for its answer sends less while the server is slow. So it omits exactly the
//! messages that would have waited longest ("coordinated omission"). With a fixed rate the schedule does
//! not depend on the answers. The latency of a text counts from its scheduled time, even if the tool
//! sends it late.

use std::time::Duration;

/// A schedule.
#[derive(Debug)]
pub(crate) struct Pace {
    start: u64,
    /// Nanoseconds from one text to the next.
    interval: f64,
    sent: u64,
}

impl Pace {
    /// A schedule of `rate` texts a second from `start` on, which is in nanoseconds.
    pub(crate) fn new(start: u64, rate: f64) -> Pace {
        Pace { start, interval: 1e9 / rate, sent: 0 }
    }

    /// Takes the next text if it is due. Returns its index, from 0, and its scheduled time.
    pub(crate) fn due(&mut self, now: u64) -> Option<(u64, u64)> {
        let (index, due) = (self.sent, self.next());
        if due > now {
            return None;
        }
        self.sent += 1;
        Some((index, due))
    }

    /// The time to wait for the next text, less a millisecond: the system rounds a wait up to whole
    /// milliseconds, which would be too long.
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
    fn the_schedule_does_not_depend_on_the_time_of_the_calls() {
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
