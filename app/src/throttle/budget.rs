//! Token buckets: a budget of wrong passwords for each key, which refills slowly.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use super::{MOST, forget_a_tenth};
use crate::Moment;

/// The budgets of all keys.
#[derive(Debug)]
pub(super) struct Budget<K> {
    /// The most tries in a burst.
    burst: u32,
    /// Time after which the budget grows by one try.
    refill: Duration,
    /// The moment at which the budget of a key is full again. A key that is missing has its whole
    /// budget.
    whole: HashMap<K, Moment>,
}

impl<K: Clone + Eq + Hash> Budget<K> {
    pub(super) fn new(burst: u32, refill: Duration) -> Budget<K> {
        Budget { burst, refill, whole: HashMap::new() }
    }

    /// Returns the time until this key may try again.
    pub(super) fn left(&self, key: &K, now: Moment) -> Duration {
        let Some(whole) = self.whole.get(key) else { return Duration::ZERO };
        (whole.since(now) + self.refill).saturating_sub(self.refill * self.burst)
    }

    /// Spends one try of this key.
    pub(super) fn spend(&mut self, key: K, now: Moment) {
        if !self.whole.contains_key(&key) && self.whole.len() >= MOST {
            self.make_room(now);
        }
        let whole = self.whole.entry(key).or_insert(now);
        *whole = (*whole).max(now).after(self.refill);
    }

    /// Gives one try back.
    pub(super) fn give_back(&mut self, key: &K, now: Moment) {
        if let Some(whole) = self.whole.get_mut(key) {
            *whole = whole.before(self.refill);
            if *whole <= now {
                self.whole.remove(key);
            }
        }
    }

    /// Forgets full budgets. If that is not enough, also forgets the tenth of the others that is
    /// nearly full. A budget that is used up stays, so that tries with other keys cannot refill it.
    fn make_room(&mut self, now: Moment) {
        self.whole.retain(|_, whole| *whole > now);
        if self.whole.len() >= MOST {
            forget_a_tenth(&mut self.whole, |whole| *whole);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.whole.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::new(Duration::from_secs(seconds))
    }

    fn spend(budget: &mut Budget<u32>, key: u32, second: u64) -> bool {
        let may = budget.left(&key, at(second)).is_zero();
        if may {
            budget.spend(key, at(second));
        }
        may
    }

    #[test]
    fn a_burst_and_then_one_try_after_each_refill() {
        let mut budget = Budget::new(3, Duration::from_secs(10));
        let spent: Vec<u64> = (100..140).filter(|it| spend(&mut budget, 1, *it)).collect();
        assert_eq!(spent, [100, 101, 102, 110, 120, 130]);
        assert_eq!(budget.left(&1, at(134)), Duration::from_secs(6));
        assert!(spend(&mut budget, 2, 134), "each key has its own budget");
        let spent: Vec<u64> = (1000..1015).filter(|it| spend(&mut budget, 1, *it)).collect();
        assert_eq!(spent, [1000, 1001, 1002, 1010], "the budget is full again");
    }

    #[test]
    fn a_try_that_is_given_back_is_not_spent() {
        let mut budget = Budget::new(2, Duration::from_secs(10));
        for _ in 0..10 {
            assert!(spend(&mut budget, 1, 5));
            budget.give_back(&1, at(5));
        }
        assert_eq!(budget.len(), 0);
        assert!(spend(&mut budget, 1, 5) && spend(&mut budget, 1, 5));
        budget.give_back(&1, at(5));
        assert!(spend(&mut budget, 1, 5) && !spend(&mut budget, 1, 5));
    }

    #[test]
    fn many_keys_neither_fill_the_memory_nor_refill_a_budget_that_is_used_up() {
        let mut budget = Budget::new(3, Duration::from_secs(10));
        for _ in 0..3 {
            budget.spend(0, at(0));
        }
        for key in 1..100_000 {
            budget.spend(key, at(0));
        }
        assert!(budget.len() <= MOST);
        assert!(!spend(&mut budget, 0, 9));
    }
}
