//! The number of accounts that an address may make: enough for a lecture hall behind one address,
//! and too few to fill a disk or to take all names.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::{Moment, Network, Refusal};

/// The most accounts in an [`HOUR`].
const ACCOUNTS: u32 = 200;
const HOUR: Duration = Duration::from_secs(3600);
/// The most addresses to remember.
const MOST: usize = 10_000;

/// The accounts of the last hour, by address.
#[derive(Debug, Default)]
pub(crate) struct Quota(HashMap<Network, (Moment, u32)>);

impl Quota {
    /// Counts a new account. [`give_back`](Quota::give_back) undoes that if it cannot be made.
    ///
    /// # Errors
    /// Returns an error if the address has made too many accounts this hour.
    pub(crate) fn take(&mut self, address: IpAddr, now: Moment) -> Result<(), Refusal> {
        let address = Network::of(address);
        let is_over = |since: Moment| now.since(since) >= HOUR;
        if !self.0.contains_key(&address) && self.0.len() >= MOST {
            self.0.retain(|_, (since, _)| !is_over(*since));
            if self.0.len() >= MOST {
                return Err(Refusal::Busy);
            }
        }
        let (since, count) = self.0.entry(address).or_insert((now, 0));
        if is_over(*since) {
            (*since, *count) = (now, 0);
        }
        if *count >= ACCOUNTS {
            return Err(Refusal::TooManyAccounts);
        }
        *count += 1;
        Ok(())
    }

    /// No longer counts one account of this address.
    pub(crate) fn give_back(&mut self, address: IpAddr) {
        let network = Network::of(address);
        if let Some((_, count)) = self.0.get_mut(&network) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.0.remove(&network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

    #[test]
    fn an_address_may_make_200_accounts_an_hour() {
        let mut quota = Quota::default();
        let at = |second| Moment::new(Duration::from_secs(second));
        for second in 0..200 {
            assert_eq!(quota.take(HERE, at(second)), Ok(()));
        }
        assert_eq!(quota.take(HERE, at(3599)), Err(Refusal::TooManyAccounts));
        assert_eq!(quota.take(THERE, at(3599)), Ok(()));
        assert_eq!(quota.take(HERE, at(3600)), Ok(()));
    }

    #[test]
    fn an_account_that_is_given_back_does_not_count() {
        let mut quota = Quota::default();
        for _ in 0..1000 {
            assert_eq!(quota.take(HERE, Moment::default()), Ok(()));
            quota.give_back(HERE);
        }
        assert!(quota.0.is_empty(), "an address without accounts takes no memory");
        for _ in 0..200 {
            assert_eq!(quota.take(HERE, Moment::default()), Ok(()));
        }
        quota.give_back(HERE);
        assert_eq!(quota.take(HERE, Moment::default()), Ok(()));
        assert_eq!(quota.take(HERE, Moment::default()), Err(Refusal::TooManyAccounts));
    }
}
