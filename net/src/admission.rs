//! Who is let in: how many connections there may be, and how fast one address may open them.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::sync::lock;

/// The bounds on connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admission {
    /// How many connections there may be in all.
    pub total: usize,
    /// How many of them may come from one address; 64 by default.
    pub per_address: usize,
    /// How many new ones one address may open in a second; 32 by default.
    pub per_second: u32,
    /// Whether the bounds per address hold for this machine itself too. They do not by default:
    /// whoever is on it can do worse, and a proxy on it speaks for many.
    pub loopback: bool,
}

impl Default for Admission {
    fn default() -> Admission {
        Admission { total: usize::MAX, per_address: 64, per_second: 32, loopback: false }
    }
}

/// Why somebody is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unwelcome {
    #[error("there are {0} connections already")]
    Full(usize),
    #[error("its address has {0} connections already")]
    TooMany(usize),
    #[error("its address opens more than {0} connections a second")]
    TooFast(u32),
}

/// Counts who is in.
#[derive(Debug)]
pub(crate) struct Doorkeeper {
    admission: Admission,
    total: usize,
    addresses: HashMap<IpAddr, Visits>,
    /// When addresses were last forgotten that nobody is connected from.
    swept: Instant,
}

#[derive(Debug)]
struct Visits {
    open: usize,
    /// The second that `opened` counts in began here.
    since: Instant,
    opened: u32,
}

const SECOND: Duration = Duration::from_secs(1);

impl Doorkeeper {
    pub(crate) fn new(admission: Admission, now: Instant) -> Doorkeeper {
        Doorkeeper { admission, total: 0, addresses: HashMap::new(), swept: now }
    }

    /// Somebody comes from this address, and stays until the token is dropped.
    ///
    /// # Errors
    /// When it is not to be let in.
    pub(crate) fn admit(
        door: &Arc<Mutex<Doorkeeper>>,
        address: IpAddr,
        now: Instant,
    ) -> Result<Admitted, Unwelcome> {
        lock(door).enter(address, now)?;
        Ok(Admitted { door: Arc::clone(door), address })
    }

    fn enter(&mut self, address: IpAddr, now: Instant) -> Result<(), Unwelcome> {
        let Admission { total, per_address, per_second, .. } = self.admission;
        if self.total >= total {
            return Err(Unwelcome::Full(total));
        }
        if self.counts(address) {
            self.sweep(now);
            let visits = self.addresses.entry(visitor(address)).or_insert(Visits {
                open: 0,
                since: now,
                opened: 0,
            });
            if now.saturating_duration_since(visits.since) >= SECOND {
                (visits.since, visits.opened) = (now, 0);
            }
            if visits.open >= per_address {
                return Err(Unwelcome::TooMany(per_address));
            }
            if visits.opened >= per_second {
                return Err(Unwelcome::TooFast(per_second));
            }
            visits.open += 1;
            visits.opened += 1;
        }
        self.total += 1;
        Ok(())
    }

    /// Somebody who was let in has left.
    fn leave(&mut self, address: IpAddr) {
        self.total = self.total.saturating_sub(1);
        if let Some(visits) = self.addresses.get_mut(&visitor(address)) {
            visits.open = visits.open.saturating_sub(1);
        }
    }

    fn counts(&self, address: IpAddr) -> bool {
        self.admission.loopback || !address.is_loopback()
    }

    /// An address is remembered for as long as its second lasts, and no longer than that: a
    /// scan from everywhere must not fill the memory.
    fn sweep(&mut self, now: Instant) {
        if now.saturating_duration_since(self.swept) >= SECOND {
            self.swept = now;
            self.addresses.retain(|_, visits| {
                visits.open > 0 || now.saturating_duration_since(visits.since) < SECOND
            });
        }
    }
}

/// Who counts as one: an IPv4 address; and with IPv6 the first 64 bits, since whoever has one
/// address there has all the others with the same.
fn visitor(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

/// Somebody is in, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Admitted {
    door: Arc<Mutex<Doorkeeper>>,
    address: IpAddr,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        lock(&self.door).leave(self.address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const FAR: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    const NEAR: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn admission() -> Admission {
        Admission { total: 6, per_address: 4, per_second: 2, loopback: false }
    }

    #[test]
    fn an_address_may_open_so_many_a_second_and_have_so_many() {
        let start = Instant::now();
        let mut door = Doorkeeper::new(admission(), start);
        for second in 0..2 {
            let now = start + SECOND * second;
            assert_eq!(door.enter(FAR, now), Ok(()));
            assert_eq!(door.enter(FAR, now), Ok(()));
            if second == 0 {
                assert_eq!(door.enter(FAR, now), Err(Unwelcome::TooFast(2)));
            }
        }
        let now = start + SECOND * 2;
        assert_eq!(door.enter(FAR, now), Err(Unwelcome::TooMany(4)));
        door.leave(FAR);
        assert_eq!(door.enter(FAR, now), Ok(()));
    }

    #[test]
    fn this_machine_itself_is_bounded_by_the_total_only() {
        let now = Instant::now();
        let mut door = Doorkeeper::new(admission(), now);
        for _ in 0..6 {
            assert_eq!(door.enter(NEAR, now), Ok(()));
        }
        assert_eq!(door.enter(NEAR, now), Err(Unwelcome::Full(6)));
        assert_eq!(door.enter(FAR, now), Err(Unwelcome::Full(6)));
        door.leave(NEAR);
        assert_eq!(door.enter(FAR, now), Ok(()));
    }

    #[test]
    fn a_neighbour_in_the_same_network_is_the_same() {
        let visitors =
            |a: &str, b: &str| (visitor(a.parse().unwrap()), visitor(b.parse().unwrap()));
        let (a, b) = visitors("192.0.2.1", "192.0.2.2");
        assert_ne!(a, b);
        let (a, b) = visitors("2001:db8:0:1::1", "2001:db8:0:1:ffff::2");
        assert_eq!(a, b);
        let (a, b) = visitors("2001:db8:0:1::1", "2001:db8:0:2::1");
        assert_ne!(a, b);
    }

    #[test]
    fn addresses_that_nobody_is_connected_from_are_forgotten() {
        let start = Instant::now();
        let mut door = Doorkeeper::new(admission(), start);
        for host in 0..200 {
            let address = IpAddr::V4(Ipv4Addr::new(198, 51, 100, host));
            door.enter(address, start).unwrap();
            door.leave(address);
        }
        door.enter(FAR, start + SECOND * 2).unwrap();
        assert_eq!(door.addresses.len(), 1);
    }
}
