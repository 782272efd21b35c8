//! The deletion of old messages, tested for each implementation.

use super::*;

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

const A_DAY: Retention = Retention { age: Some(Duration::from_secs(DAY)), count: None };

/// A time: seconds of the wall clock, and seconds of the monotonic clock.
fn now(wall: u64, monotonic: u64) -> Now {
    Now { wall: at(wall as i64), monotonic: Moment::new(Duration::from_secs(monotonic)) }
}

impl Tested {
    /// Adds messages with these timestamps, and expires the log at these times. Returns the texts
    /// that are left in the lobby.
    fn left_of(&mut self, stamps: &[u64], times: &[Now]) -> Vec<String> {
        for stamp in stamps {
            self.write_at(say("lobby", None, &stamp.to_string()), at(*stamp as i64)).unwrap();
        }
        for time in times {
            self.log.expire(*time);
        }
        self.finish_sweep();
        self.texts("lobby", None, 10)
    }
}

contract!(messages_that_are_too_old_are_deleted, A_DAY, |log| {
    let stamps = [0, 2 * HOUR, 4 * HOUR];
    let left = log.left_of(&stamps, &[now(0, 0), now(DAY + 3 * HOUR, DAY + 3 * HOUR)]);
    assert_eq!(left, [(4 * HOUR).to_string()]);
});

contract!(a_timestamp_far_ahead_does_not_protect_other_messages, A_DAY, |log| {
    let ahead = 4000 * DAY;
    let stamps = [0, ahead, HOUR, 2 * HOUR];
    let left = log.left_of(&stamps, &[now(0, 0), now(3 * DAY, 3 * DAY)]);
    assert_eq!(left, [ahead.to_string()]);
});

contract!(a_wall_clock_that_jumps_deletes_nothing, A_DAY, |log| {
    let start = 1000 * DAY;
    let jumps =
        [now(start, 5), now(start + 2 * HOUR, 2 * HOUR), now(start + 400 * DAY, 2 * HOUR + 1)];
    assert_eq!(log.left_of(&[start - HOUR], &jumps), [(start - HOUR).to_string()]);
    let later = [now(start + 400 * DAY + 4 * HOUR, 6 * HOUR), now(10, 8 * HOUR)];
    assert_eq!(log.left_of(&[], &later), [(start - HOUR).to_string()]);
    // The message is deleted when it is too old by the monotonic clock.
    let in_a_day = now(start + 401 * DAY, DAY + 2 * HOUR);
    assert_eq!(log.left_of(&[], &[in_a_day]), [""; 0]);
});

contract!(only_the_newest_messages_are_kept, Retention { count: Some(3), age: None }, |log| {
    for (room, text) in [("lobby", "a"), ("tea", "b"), ("lobby", "c"), ("tea", "d")] {
        log.write(say(room, None, text)).unwrap();
    }
    log.log.expire(now(0, 0));
    log.finish_sweep();
    assert_eq!(
        (log.texts("lobby", None, 10), log.texts("tea", None, 10)),
        (vec!["c".to_owned()], vec!["b".to_owned(), "d".to_owned()])
    );
});
