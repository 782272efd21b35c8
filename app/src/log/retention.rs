//! Retention: how many messages the log keeps, and for how long.

use std::time::Duration;

use crate::{Now, Timestamp};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Moment;

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
