//! Retention: how many messages the log keeps, and for how long.

use std::time::Duration;

use crate::{Moment, Now, Timestamp};

/// Limits on the stored messages; none by default. Accounts, bans and the audit are always kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// The most messages in all rooms together.
    pub count: Option<usize>,
    /// The greatest age of a message.
    pub age: Option<Duration>,
}

/// How far the wall clock may run ahead before a log line reports it.
const TOLERANCE: Duration = Duration::from_secs(3600);

/// The date with which a log computes the age of messages.
///
/// It is the date of the wall clock, but it advances no faster than the monotonic clock. So no
/// message gets older if an operator sets the wall clock 400 days ahead. If they set it back,
/// messages get younger, and none is deleted. After a suspend, messages live longer by its length.
/// The next start of the server takes the date from the wall clock again.
#[derive(Debug, Default)]
pub(super) struct Calendar {
    start: Option<Now>,
    /// Whether the wall clock was ahead at the last look.
    ahead: bool,
}

impl Calendar {
    /// Returns the time since the first look at the calendar.
    pub(super) fn running(&mut self, now: Now) -> Duration {
        now.monotonic.since(self.start.get_or_insert(now).monotonic)
    }

    /// Returns the date.
    pub(super) fn date(&mut self, now: Now) -> Timestamp {
        let running = self.running(now);
        let start = self.start.map_or(now.wall, |start| start.wall);
        let date = start.checked_add(running).unwrap_or(Timestamp::MAX);
        let ahead = now.wall.duration_since(date).unsigned_abs() > TOLERANCE && now.wall > date;
        if ahead && !self.ahead {
            tracing::warn!(
                wall = %now.wall, %date,
                "the wall clock jumped ahead; no message is deleted because of that until the next start"
            );
        }
        self.ahead = ahead;
        date.min(now.wall)
    }
}

impl Retention {
    /// Returns the time before which messages are too old at this date.
    pub fn since(self, date: Timestamp) -> Option<Timestamp> {
        date.checked_sub(self.age?).ok()
    }
}

/// Interval between sweeps, which delete old messages. The first one by age comes this long after the
/// start, because the wall clock of a machine that has just started may not be set yet.
const SWEEP: Duration = Duration::from_secs(3600);
/// Wait before the next sweep if the queue was full.
const RETRY: Duration = Duration::from_secs(1);
/// The most drafts between sweeps that look for too many messages.
const SWEEP_AFTER: u32 = 1000;

/// The messages that a sweep deletes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sweep {
    /// Those before this time.
    pub(super) since: Option<Timestamp>,
    /// Those beyond the newest so many.
    pub(super) count: Option<usize>,
}

/// When a log on a disk deletes messages.
#[derive(Debug)]
pub(super) struct Schedule {
    retention: Retention,
    calendar: Calendar,
    /// The moment of the next sweep.
    at: Moment,
    /// The number of drafts since the last sweep.
    drafts: u32,
}

impl Schedule {
    pub(super) fn new(retention: Retention) -> Schedule {
        let (calendar, at) = (Calendar::default(), Moment::default());
        Schedule { retention, calendar, at, drafts: 0 }
    }

    /// Counts a draft that may be a message.
    pub(super) fn count_draft(&mut self) {
        self.drafts = self.drafts.saturating_add(1);
    }

    /// Returns the sweep for which the time has come. The caller says with
    /// [`ordered`](Schedule::ordered) whether it could be ordered.
    pub(super) fn due(&mut self, now: Now) -> Option<Sweep> {
        let Retention { count, age } = self.retention;
        let settled = self.calendar.running(now) >= SWEEP;
        // Allow a tenth more messages than the limit, so that a sweep deletes many at a time.
        let often =
            |count: usize| SWEEP_AFTER.min(u32::try_from(count / 10 + 1).unwrap_or(SWEEP_AFTER));
        let too_many = count.is_some_and(|count| self.drafts >= often(count));
        let is_due = (count.is_some() || age.is_some()) && now.monotonic >= self.at;
        (too_many || is_due).then(|| {
            let date = self.calendar.date(now);
            Sweep { since: self.retention.since(date).filter(|_| settled), count }
        })
    }

    /// Sets the moment of the next sweep, after one was ordered or could not be.
    pub(super) fn ordered(&mut self, is_ordered: bool, now: Now) {
        let wait = if is_ordered {
            self.drafts = 0;
            SWEEP
        } else {
            RETRY
        };
        self.at = now.monotonic.after(wait);
    }

    /// The moment from which on there may be messages that are too old.
    pub(super) fn next(&self) -> Option<Moment> {
        self.retention.age.map(|_| self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_follows_the_slower_of_the_two_clocks() {
        let mut calendar = Calendar::default();
        let mut date = |wall: i64, monotonic: u64| {
            let wall = Timestamp::from_second(wall).unwrap();
            let monotonic = Moment::new(Duration::from_secs(monotonic));
            calendar.date(Now { wall, monotonic }).as_second()
        };
        assert_eq!(date(1_000_000, 5), 1_000_000);
        assert_eq!(date(1_000_060, 65), 1_000_060);
        assert_eq!(date(35_000_000, 70), 1_000_065, "400 days ahead");
        assert_eq!(date(35_003_600, 3670), 1_003_665, "an hour later");
        assert_eq!(date(2_000, 3670), 2_000, "the clock is set back");
        assert_eq!(date(1_003_700, 3705), 1_003_700, "the clock is right again");
    }
}
