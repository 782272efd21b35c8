//! How much of what was said is kept, and for how long.

use std::time::Duration;

use crate::{Now, Timestamp};

/// What is kept; nothing bounds it by default. What is no message (accounts, bans, the audit)
/// is always kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// The most messages, all rooms together.
    pub count: Option<usize>,
    /// How long a message is kept.
    pub age: Option<Duration>,
}

/// How far the wall clock may run ahead before the log says so.
const TOLERANCE: Duration = Duration::from_secs(3600);

/// The date by which a log judges the age of messages.
///
/// It is the date of the wall clock, but it advances no faster than the monotonic clock. A wall
/// clock that is set 400 days ahead therefore makes no message older; one that is set back makes
/// them younger, and deletes nothing either. A machine that was asleep keeps its messages for that
/// much longer. The next start of the server takes the date from the wall clock again.
#[derive(Debug, Default)]
pub(super) struct Calendar {
    start: Option<Now>,
    /// The wall clock was ahead when it was last looked at.
    ahead: bool,
}

impl Calendar {
    /// Time since the calendar was first asked for the date.
    pub(super) fn running(&mut self, now: Now) -> Duration {
        now.monotonic.since(self.start.get_or_insert(now).monotonic)
    }

    /// The date.
    pub(super) fn date(&mut self, now: Now) -> Timestamp {
        let running = self.running(now);
        let start = self.start.map_or(now.wall, |start| start.wall);
        let date = start.checked_add(running).unwrap_or(Timestamp::MAX);
        let ahead = now.wall.duration_since(date).unsigned_abs() > TOLERANCE && now.wall > date;
        if ahead && !self.ahead {
            tracing::warn!(
                wall = %now.wall, %date,
                "the wall clock jumped ahead; messages are not deleted by it until the next start"
            );
        }
        self.ahead = ahead;
        date.min(now.wall)
    }
}

impl Retention {
    /// The moment before which nothing is kept, seen from this date.
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
        assert_eq!(date(2_000, 3670), 2_000, "set back");
        assert_eq!(date(1_003_700, 3705), 1_003_700, "right again");
    }
}
