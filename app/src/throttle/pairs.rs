//! Tries for one name from one address: five in a minute, then growing waits.

use std::collections::HashMap;
use std::time::Duration;

use super::{MOST, Who, forget_a_tenth};
use crate::Moment;

/// The number of tries in a [`MINUTE`].
const TRIES: u32 = 5;
const MINUTE: Duration = Duration::from_secs(60);
/// The first wait. Each later wait is twice as long.
const FIRST: Duration = Duration::from_secs(30);
/// The longest wait, and the time after which all tries are forgiven.
const LONGEST: Duration = Duration::from_secs(3600);

/// The failed tries to log in.
#[derive(Debug, Default)]
pub(super) struct Pairs(HashMap<Who, Tries>);

#[derive(Debug)]
struct Tries {
    count: u32,
    /// The moment of the first try.
    first: Moment,
    /// The moment of the last try.
    last: Moment,
    /// The wait after the last try.
    wait: Duration,
    /// The values of `last` and `wait` before the last try.
    before: (Moment, Duration),
}

impl Tries {
    fn new(now: Moment) -> Tries {
        let none = Duration::ZERO;
        Tries { count: 0, first: now, last: now, wait: none, before: (now, none) }
    }

    /// Returns the time until the next try.
    fn left(&self, now: Moment) -> Duration {
        self.wait.saturating_sub(now.since(self.last))
    }

    /// Whether the tries still count.
    fn matter(&self, now: Moment) -> bool {
        let forgiven = if self.wait.is_zero() { MINUTE } else { LONGEST };
        !self.left(now).is_zero() || now.since(self.last) < forgiven
    }
}

impl Pairs {
    /// Returns the time until the next try.
    pub(super) fn left(&self, who: &Who, now: Moment) -> Duration {
        self.0.get(who).map_or(Duration::ZERO, |tries| tries.left(now))
    }

    /// Counts a try.
    pub(super) fn count(&mut self, who: Who, now: Moment) {
        if !self.0.contains_key(&who) && self.0.len() >= MOST {
            self.make_room(now);
        }
        let tries = self.0.entry(who).or_insert_with(|| Tries::new(now));
        let minute_is_over = tries.wait.is_zero() && now.since(tries.first) >= MINUTE;
        if minute_is_over || now.since(tries.last) >= LONGEST {
            *tries = Tries::new(now);
        }
        tries.count += 1;
        tries.before = (tries.last, tries.wait);
        tries.last = now;
        if tries.count >= TRIES {
            tries.wait = (tries.wait * 2).clamp(FIRST, LONGEST);
        }
    }

    /// Forgets all tries of this pair.
    pub(super) fn forgive(&mut self, who: &Who) {
        self.0.remove(who);
    }

    /// Forgets the last try of this pair.
    pub(super) fn take_back(&mut self, who: &Who) {
        if let Some(tries) = self.0.get_mut(who) {
            tries.count = tries.count.saturating_sub(1);
            (tries.last, tries.wait) = tries.before;
            // Otherwise pairs without tries would fill the memory.
            if tries.count == 0 {
                self.0.remove(who);
            }
        }
    }

    /// Forgets tries that no longer count. If that is not enough, also forgets the tenth of the
    /// pairs with the oldest tries.
    fn make_room(&mut self, now: Moment) {
        self.0.retain(|_, tries| tries.matter(now));
        if self.0.len() >= MOST {
            forget_a_tenth(&mut self.0, |tries| tries.last);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Network;

    fn at(seconds: u64) -> Moment {
        Moment::new(Duration::from_secs(seconds))
    }

    fn bob() -> Who {
        ("bob".into(), Network::of("127.0.0.1".parse().unwrap()))
    }

    /// With one try a second, returns the seconds at which a try was allowed.
    fn allowed(pairs: &mut Pairs, seconds: std::ops::Range<u64>) -> Vec<u64> {
        let mut attempt = |second: &u64| {
            let may = pairs.left(&bob(), at(*second)).is_zero();
            if may {
                pairs.count(bob(), at(*second));
            }
            may
        };
        seconds.filter(|second| attempt(second)).collect()
    }

    #[test]
    fn five_tries_a_minute_and_then_growing_waits() {
        let mut pairs = Pairs::default();
        let tries = allowed(&mut pairs, 0..1000);
        assert_eq!(tries, [0, 1, 2, 3, 4, 34, 94, 214, 454, 934]);
        assert_eq!(pairs.left(&bob(), at(1000)), Duration::from_secs(934 + 960 - 1000));
    }

    #[test]
    fn four_tries_a_minute_never_wait() {
        let mut pairs = Pairs::default();
        for minute in 0..100 {
            let seconds = minute * 61..minute * 61 + 4;
            assert_eq!(allowed(&mut pairs, seconds).len(), 4);
        }
    }

    #[test]
    fn a_success_or_an_hour_without_tries_ends_the_waits() {
        let mut pairs = Pairs::default();
        allowed(&mut pairs, 0..6);
        pairs.forgive(&bob());
        assert_eq!(allowed(&mut pairs, 6..16), [6, 7, 8, 9, 10]);
        assert_eq!(allowed(&mut pairs, 3611..3621), [3611, 3612, 3613, 3614, 3615]);
    }

    #[test]
    fn a_password_that_was_not_checked_is_not_a_try() {
        let mut pairs = Pairs::default();
        for _ in 0..20 {
            assert_eq!(allowed(&mut pairs, 0..1), [0]);
            pairs.take_back(&bob());
        }
        assert!(pairs.0.is_empty(), "the pair takes no memory");
        assert_eq!(allowed(&mut pairs, 0..40), [0, 1, 2, 3, 4, 34]);
        for _ in 0..3 {
            assert_eq!(allowed(&mut pairs, 100..101), [100], "the wait does not grow");
            pairs.take_back(&bob());
        }
    }
}
