//! Tries for one name from one address: five in a minute, and then waits that grow.

use std::collections::HashMap;
use std::time::Duration;

use super::{MOST, Who, forget_a_tenth};
use crate::Moment;

/// How many tries there are in a [`MINUTE`].
const TRIES: u32 = 5;
const MINUTE: Duration = Duration::from_secs(60);
/// How long the first wait is. Each one after that is twice the one before.
const FIRST: Duration = Duration::from_secs(30);
/// How long a wait can be, and how long it takes until everything is forgiven.
const LONGEST: Duration = Duration::from_secs(3600);

/// The tries to log in that have not succeeded.
#[derive(Debug, Default)]
pub(super) struct Pairs(HashMap<Who, Tries>);

#[derive(Debug)]
struct Tries {
    count: u32,
    /// When the first of them was made.
    first: Moment,
    /// When the last one was made.
    last: Moment,
    /// How long after that there is none.
    wait: Duration,
    /// What these two were before the last try.
    before: (Moment, Duration),
}

impl Tries {
    fn new(now: Moment) -> Tries {
        let none = Duration::ZERO;
        Tries { count: 0, first: now, last: now, wait: none, before: (now, none) }
    }

    /// How long it is until the next try.
    fn left(&self, now: Moment) -> Duration {
        self.wait.saturating_sub(now.since(self.last))
    }

    /// Whether they still count.
    fn matter(&self, now: Moment) -> bool {
        let forgiven = if self.wait.is_zero() { MINUTE } else { LONGEST };
        !self.left(now).is_zero() || now.since(self.last) < forgiven
    }
}

impl Pairs {
    /// How long it is until the next try.
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

    /// Forgets all tries of these two.
    pub(super) fn forgive(&mut self, who: &Who) {
        self.0.remove(who);
    }

    /// Forgets the last try of these two.
    pub(super) fn take_back(&mut self, who: &Who) {
        if let Some(tries) = self.0.get_mut(who) {
            tries.count = tries.count.saturating_sub(1);
            (tries.last, tries.wait) = tries.before;
            // Else whoever makes many tries would fill the place with those that were none.
            if tries.count == 0 {
                self.0.remove(who);
            }
        }
    }

    /// Forgets what does not matter any more; if that is not enough, a tenth of the rest, those that
    /// have not tried for the longest time.
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

    /// The seconds at which a try a second is let through.
    fn let_through(pairs: &mut Pairs, seconds: std::ops::Range<u64>) -> Vec<u64> {
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
    fn five_tries_a_minute_and_then_a_wait_that_grows() {
        let mut pairs = Pairs::default();
        let tries = let_through(&mut pairs, 0..1000);
        assert_eq!(tries, [0, 1, 2, 3, 4, 34, 94, 214, 454, 934]);
        assert_eq!(pairs.left(&bob(), at(1000)), Duration::from_secs(934 + 960 - 1000));
    }

    #[test]
    fn who_mistypes_now_and_then_never_waits() {
        let mut pairs = Pairs::default();
        for minute in 0..100 {
            let seconds = minute * 61..minute * 61 + 4;
            assert_eq!(let_through(&mut pairs, seconds).len(), 4);
        }
    }

    #[test]
    fn success_and_an_hour_of_quiet_end_it() {
        let mut pairs = Pairs::default();
        let_through(&mut pairs, 0..6);
        pairs.forgive(&bob());
        assert_eq!(let_through(&mut pairs, 6..16), [6, 7, 8, 9, 10]);
        assert_eq!(let_through(&mut pairs, 3611..3621), [3611, 3612, 3613, 3614, 3615]);
    }

    #[test]
    fn what_was_not_looked_at_was_no_try() {
        let mut pairs = Pairs::default();
        for _ in 0..20 {
            assert_eq!(let_through(&mut pairs, 0..1), [0]);
            pairs.take_back(&bob());
        }
        assert!(pairs.0.is_empty(), "and takes no place");
        assert_eq!(let_through(&mut pairs, 0..40), [0, 1, 2, 3, 4, 34]);
        for _ in 0..3 {
            assert_eq!(let_through(&mut pairs, 100..101), [100], "the wait does not grow");
            pairs.take_back(&bob());
        }
    }
}
