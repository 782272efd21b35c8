//! Limits on wrong passwords: an attacker that guesses has to wait, longer after each guess.
//!
//! Three limits apply together.
//!
//! - For a name from an address: five tries in a minute, then growing waits ([`pairs`]). The limit
//!   is for the pair, so that one person who mistypes does not lock anyone else out.
//! - For an address, over all names: [`ADDRESS`]. Two hundred students behind one address can all
//!   mistype at the same time; a program that tries many names gets 2,880 tries a day instead of
//!   four million.
//! - For a name, over all addresses: [`NAME`]. Many addresses together get 1,440 tries a day.
//!
//! An attacker could use the last two to lock people out: it uses up the budget of the victim's
//! name, or of an address that it shares with the victim. So they do not apply to a name that has
//! logged in from that address within a [`WEEK`]. The owner of an account under attack can still
//! log in from their usual address. From a new address they have to wait.
//!
//! A try counts before its result is known, because many can be in flight. If the password is
//! right, or could not be checked, the try no longer counts.

mod budget;
mod pairs;

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::time::Duration;

use crate::{Moment, Network, Refusal};
use budget::Budget;
use pairs::Pairs;

/// The budget of an address over all names: the number of wrong passwords, and the time after which
/// there is one more.
const ADDRESS: (u32, Duration) = (200, Duration::from_secs(30));
/// The budget of a name over all addresses.
const NAME: (u32, Duration) = (30, Duration::from_secs(60));
/// How long an address stays a home of a name after a login.
const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// The most names to remember, the most addresses, and the most pairs.
const MOST: usize = 10_000;

/// A name in lower case and the network of the client.
type Who = (String, Network);

/// A try that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    who: Who,
    /// The try also counts against the budgets of its address and its name.
    charged: bool,
}

/// The failed tries to log in, and the homes of names.
#[derive(Debug)]
pub(crate) struct Throttle {
    pairs: Pairs,
    addresses: Budget<Network>,
    names: Budget<String>,
    /// The last login of each name from each address.
    homes: HashMap<Who, Moment>,
}

impl Default for Throttle {
    fn default() -> Throttle {
        Throttle {
            pairs: Pairs::default(),
            addresses: Budget::new(ADDRESS.0, ADDRESS.1),
            names: Budget::new(NAME.0, NAME.1),
            homes: HashMap::new(),
        }
    }
}

impl Throttle {
    /// Counts a try, before its result is known.
    ///
    /// # Errors
    /// Returns an error if it is too early for another try.
    pub(crate) fn attempt(
        &mut self,
        name: &str,
        address: IpAddr,
        now: Moment,
    ) -> Result<Attempt, Refusal> {
        let who = (name.to_ascii_lowercase(), Network::of(address));
        let charged = self.homes.get(&who).is_none_or(|last| now.since(*last) > WEEK);
        let mut left = self.pairs.left(&who, now);
        if charged {
            left = left.max(self.names.left(&who.0, now)).max(self.addresses.left(&who.1, now));
        }
        if !left.is_zero() {
            // Round up, so that a client that waits this long is not too early.
            return Err(Refusal::TooManyPasswords(left.as_secs() + 1));
        }
        self.pairs.count(who.clone(), now);
        if charged {
            self.names.spend(who.0.clone(), now);
            self.addresses.spend(who.1, now);
        }
        Ok(Attempt { who, charged })
    }

    /// The password was right: the try does not count, and the address is a home of the name.
    pub(crate) fn succeed(&mut self, attempt: Attempt, now: Moment) {
        self.pairs.forgive(&attempt.who);
        self.refund(&attempt, now);
        if !self.homes.contains_key(&attempt.who) && self.homes.len() >= MOST {
            self.forget_homes(now);
        }
        self.homes.insert(attempt.who, now);
    }

    /// The password was not checked: the try does not count.
    pub(crate) fn take_back(&mut self, attempt: &Attempt, now: Moment) {
        self.pairs.take_back(&attempt.who);
        self.refund(attempt, now);
    }

    fn refund(&mut self, attempt: &Attempt, now: Moment) {
        if attempt.charged {
            self.names.give_back(&attempt.who.0, now);
            self.addresses.give_back(&attempt.who.1, now);
        }
    }

    /// Forgets homes without a login for a week. If that is not enough, also forgets the
    /// tenth of the rest that has not logged in for the longest time.
    fn forget_homes(&mut self, now: Moment) {
        self.homes.retain(|_, last| now.since(*last) <= WEEK);
        if self.homes.len() >= MOST {
            forget_a_tenth(&mut self.homes, |last| *last);
        }
    }
}

/// Forgets the tenth of the entries with the earliest moments. A tenth and not one, because the
/// search visits all entries.
fn forget_a_tenth<K: Eq + Hash, V>(entries: &mut HashMap<K, V>, moment: impl Fn(&V) -> Moment) {
    let mut moments: Vec<Moment> = entries.values().map(&moment).collect();
    let mut room = moments.len() / 10;
    if moments.is_empty() {
        return;
    }
    let (_, tenth, _) = moments.select_nth_unstable(room);
    let tenth = *tenth;
    entries.retain(|_, entry| {
        let goes = room > 0 && moment(entry) <= tenth;
        room -= usize::from(goes);
        !goes
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

    fn at(seconds: u64) -> Moment {
        Moment::new(Duration::from_secs(seconds))
    }

    fn address(number: u16) -> IpAddr {
        let [high, low] = number.to_be_bytes();
        IpAddr::V4(Ipv4Addr::new(10, 0, high, low))
    }

    #[test]
    fn five_tries_are_for_one_name_from_one_address() {
        let mut throttle = Throttle::default();
        for _ in 0..5 {
            assert!(throttle.attempt("bob", HERE, at(0)).is_ok());
        }
        let wait = Err(Refusal::TooManyPasswords(31));
        assert_eq!(throttle.attempt("BOB", HERE, at(0)), wait);
        let mapped = "::ffff:192.0.2.1".parse().unwrap();
        assert_eq!(throttle.attempt("bob", mapped, at(0)), wait);
        assert!(throttle.attempt("bob", address(1), at(0)).is_ok());
        assert!(throttle.attempt("alice", HERE, at(0)).is_ok());
    }

    #[test]
    fn an_address_has_a_budget_over_all_names_and_right_passwords_cost_nothing() {
        let mut throttle = Throttle::default();
        for number in 0..1000 {
            let attempt = throttle.attempt(&format!("student{number}"), HERE, at(0)).unwrap();
            throttle.succeed(attempt, at(0));
        }
        for number in 0..200 {
            assert!(throttle.attempt(&format!("guess{number}"), HERE, at(0)).is_ok());
        }
        let guesses = |throttle: &mut Throttle, seconds: std::ops::Range<u64>| -> Vec<u64> {
            let mut may = |it: &u64| throttle.attempt(&format!("more{it}"), HERE, at(*it)).is_ok();
            seconds.filter(|it| may(it)).collect()
        };
        assert_eq!(guesses(&mut throttle, 1..100), [30, 60, 90]);
        assert!(throttle.attempt("student7", HERE, at(100)).is_ok(), "a home address can log in");
        assert!(
            throttle.attempt("student7", address(1), at(100)).is_ok(),
            "other addresses can log in, too"
        );
    }

    #[test]
    fn a_name_has_a_budget_over_all_addresses_that_spares_its_home() {
        let mut throttle = Throttle::default();
        let home = throttle.attempt("alice", HERE, at(0)).unwrap();
        throttle.succeed(home, at(0));
        let day = 24 * 60 * 60;
        let mut tries = 0;
        for second in 0..day {
            let from = address((second % 10_000) as u16);
            tries += u32::from(throttle.attempt("alice", from, at(second)).is_ok());
        }
        assert_eq!(tries, 30 + 24 * 60 - 1);
        assert!(throttle.attempt("alice", HERE, at(day)).is_ok());
        assert!(throttle.attempt("alice", address(60_000), at(day - 1)).is_err());
        let quiet = day + 30 * 60;
        assert!(throttle.attempt("alice", address(60_000), at(quiet)).is_ok());
        assert!(throttle.attempt("bob", address(1), at(day)).is_ok());
    }

    #[test]
    fn a_home_lasts_a_week() {
        let mut throttle = Throttle::default();
        for (second, charged) in [(0, true), (604_800, false), (2 * 604_800 + 1, true)] {
            let attempt = throttle.attempt("alice", HERE, at(second)).unwrap();
            assert_eq!(attempt.charged, charged, "{second}");
            throttle.succeed(attempt, at(second));
        }
    }

    #[test]
    fn a_password_that_was_not_checked_is_not_a_try() {
        let mut throttle = Throttle::default();
        for number in 0..1000 {
            let attempt = throttle.attempt(&number.to_string(), HERE, at(0)).unwrap();
            throttle.take_back(&attempt, at(0));
        }
        assert_eq!(
            (throttle.pairs.len(), throttle.names.len(), throttle.addresses.len()),
            (0, 0, 0)
        );
    }

    #[test]
    fn many_names_from_many_addresses_do_not_fill_the_memory() {
        let mut throttle = Throttle::default();
        for number in 0..2 * MOST {
            let from = address((number % 60_000) as u16);
            assert!(throttle.attempt(&number.to_string(), from, at(0)).is_ok());
        }
        assert!(throttle.pairs.len() <= MOST);
        assert!(throttle.names.len() <= MOST && throttle.addresses.len() <= MOST);
        assert!(throttle.attempt("bob", HERE, at(1)).is_ok(), "other names are not locked out");
        let room = MOST - throttle.pairs.len();
        for number in 0..=room {
            let from = address((number % 60_000) as u16);
            assert!(throttle.attempt(&format!("later{number}"), from, at(62)).is_ok());
        }
        assert!(throttle.pairs.len() <= room + 1, "tries older than a minute are forgotten first");
    }
}
