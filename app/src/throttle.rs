//! Who guesses passwords has to wait, longer and longer.
//!
//! Five tries in a minute for a name from an address; then none for half a minute, then one, and
//! none for twice as long, up to an hour. The right password, or an hour without a try, ends
//! that. It counts for the two together: else somebody far away could keep a person out of her
//! own account, or one who mistypes keep out a whole classroom behind one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::{Ban, Moment, Refusal};

/// How many tries there are in a [`MINUTE`].
const TRIES: u32 = 5;
const MINUTE: Duration = Duration::from_secs(60);
/// How long the first wait is. Each one after that is twice the one before.
const FIRST: Duration = Duration::from_secs(30);
/// How long a wait can be, and how long it takes until everything is forgiven.
const LONGEST: Duration = Duration::from_secs(3600);
/// How many names and addresses are remembered.
const MOST: usize = 10_000;

/// Whose tries they are: the name in lower case, and where they came from.
type Who = (String, Ban);

/// The tries to log in that have not succeeded.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    tries: HashMap<Who, Tries>,
}

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

impl Throttle {
    /// Counts a try, before it is known whether it succeeds: many may be on their way.
    ///
    /// # Errors
    /// When it is too early for another one.
    pub(crate) fn attempt(
        &mut self,
        name: &str,
        address: IpAddr,
        now: Moment,
    ) -> Result<(), Refusal> {
        let who = who(name, address);
        if !self.tries.contains_key(&who) && self.tries.len() >= MOST {
            self.make_room(now);
        }
        let none = Duration::ZERO;
        let fresh = || Tries { count: 0, first: now, last: now, wait: none, before: (now, none) };
        let tries = self.tries.entry(who).or_insert_with(fresh);
        let left = tries.left(now);
        if !left.is_zero() {
            // A started second counts, so that who waits so long does not come too early.
            return Err(Refusal::TooManyPasswords(left.as_secs() + 1));
        }
        let minute_is_over = tries.wait.is_zero() && now.since(tries.first) >= MINUTE;
        if minute_is_over || now.since(tries.last) >= LONGEST {
            *tries = fresh();
        }
        tries.count += 1;
        tries.before = (tries.last, tries.wait);
        tries.last = now;
        if tries.count >= TRIES {
            tries.wait = (tries.wait * 2).clamp(FIRST, LONGEST);
        }
        Ok(())
    }

    /// The password was right: everything is forgiven.
    pub(crate) fn succeed(&mut self, name: &str, address: IpAddr) {
        self.tries.remove(&who(name, address));
    }

    /// The password was not looked at: it was no try.
    pub(crate) fn take_back(&mut self, name: &str, address: IpAddr) {
        let who = who(name, address);
        if let Some(tries) = self.tries.get_mut(&who) {
            tries.count = tries.count.saturating_sub(1);
            (tries.last, tries.wait) = tries.before;
            // Else whoever makes many tries would fill the place with those that were none.
            if tries.count == 0 {
                self.tries.remove(&who);
            }
        }
    }

    /// Forgets what does not matter any more; or else, whoever has not tried for the longest time.
    /// To be forgotten by that takes ten thousand tries of others, which take minutes; and nobody
    /// who knows the password is kept out by those who guess.
    fn make_room(&mut self, now: Moment) {
        self.tries.retain(|_, tries| tries.matter(now));
        if self.tries.len() >= MOST {
            let oldest = self.tries.iter().min_by_key(|(_, tries)| tries.last);
            if let Some(who) = oldest.map(|(who, _)| who.clone()) {
                self.tries.remove(&who);
            }
        }
    }
}

fn who(name: &str, address: IpAddr) -> Who {
    (name.to_ascii_lowercase(), Ban::address(address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

    fn at(seconds: u64) -> Moment {
        Moment::new(Duration::from_secs(seconds))
    }

    /// The seconds at which a try a second is let through.
    fn let_through(throttle: &mut Throttle, seconds: std::ops::Range<u64>) -> Vec<u64> {
        seconds.filter(|second| throttle.attempt("bob", HERE, at(*second)).is_ok()).collect()
    }

    #[test]
    fn five_tries_a_minute_and_then_a_wait_that_grows() {
        let mut throttle = Throttle::default();
        let tries = let_through(&mut throttle, 0..1000);
        assert_eq!(tries, [0, 1, 2, 3, 4, 34, 94, 214, 454, 934]);
        assert_eq!(
            throttle.attempt("BOB", HERE, at(1000)),
            Err(Refusal::TooManyPasswords(934 + 960 - 1000 + 1))
        );
    }

    #[test]
    fn it_is_for_one_name_from_one_address() {
        let mut throttle = Throttle::default();
        let_through(&mut throttle, 0..10);
        assert_eq!(throttle.attempt("bob", THERE, at(10)), Ok(()));
        assert_eq!(throttle.attempt("alice", HERE, at(10)), Ok(()));
    }

    #[test]
    fn who_mistypes_now_and_then_never_waits() {
        let mut throttle = Throttle::default();
        for minute in 0..100 {
            for second in 0..4 {
                assert_eq!(throttle.attempt("bob", HERE, at(minute * 61 + second)), Ok(()));
            }
        }
    }

    #[test]
    fn success_and_an_hour_of_quiet_end_it() {
        let mut throttle = Throttle::default();
        let_through(&mut throttle, 0..6);
        throttle.succeed("Bob", HERE);
        assert_eq!(let_through(&mut throttle, 6..16), [6, 7, 8, 9, 10]);
        assert_eq!(let_through(&mut throttle, 3611..3621), [3611, 3612, 3613, 3614, 3615]);
    }

    #[test]
    fn what_was_not_looked_at_was_no_try() {
        let mut throttle = Throttle::default();
        for _ in 0..20 {
            assert_eq!(throttle.attempt("bob", HERE, at(0)), Ok(()));
            throttle.take_back("bob", HERE);
        }
        assert!(throttle.tries.is_empty(), "and takes no place");
        assert_eq!(let_through(&mut throttle, 0..40), [0, 1, 2, 3, 4, 34]);
        for _ in 0..3 {
            assert_eq!(throttle.attempt("bob", HERE, at(100)), Ok(()), "the wait does not grow");
            throttle.take_back("bob", HERE);
        }
    }

    #[test]
    fn who_tries_many_names_does_not_fill_the_memory() {
        let mut throttle = Throttle::default();
        for number in 0..MOST {
            assert_eq!(throttle.attempt(&number.to_string(), HERE, at(0)), Ok(()));
        }
        assert_eq!(throttle.attempt("bob", HERE, at(1)), Ok(()), "nobody else is kept out");
        assert_eq!(throttle.tries.len(), MOST);
        assert_eq!(throttle.attempt("alice", HERE, at(62)), Ok(()));
        assert!(throttle.tries.len() < 10);
    }
}
