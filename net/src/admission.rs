//! The limits on the number of connections, and on how fast one address may open them.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::sync::lock;

/// Limits on the number of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admission {
    /// The number of connections from all addresses together.
    pub total: usize,
    /// The number of connections from one address; 64 by default.
    pub per_address: usize,
    /// The number of connections that one address may open in a second; 32 by default.
    pub per_second: u32,
    /// Whether the limits per address apply to the loopback address too. By default they do not: a program
    /// on this machine can do worse harm, and a proxy on it connects for many peers.
    pub loopback: bool,
}

impl Default for Admission {
    fn default() -> Admission {
        Admission { total: usize::MAX, per_address: 64, per_second: 32, loopback: false }
    }
}

/// The reason why a connection is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Rejection {
    #[error("the server has {0} connections already")]
    Full(usize),
    #[error("the address has {0} connections already")]
    TooMany(usize),
    #[error("the address opens more than {0} connections a second")]
    TooFast(u32),
}

/// Counts the connections and compares them with the limits.
#[derive(Debug)]
pub(crate) struct AdmissionControl {
    admission: Admission,
    total: usize,
    addresses: HashMap<IpAddr, AddressCount>,
    /// The moment of the last sweep, which removes addresses without a connection.
    swept: Instant,
}

#[derive(Debug)]
struct AddressCount {
    open: usize,
    /// The beginning of the second that `opened` is for.
    since: Instant,
    opened: u32,
}

const SECOND: Duration = Duration::from_secs(1);

impl AdmissionControl {
    pub(crate) fn new(admission: Admission, now: Instant) -> AdmissionControl {
        AdmissionControl { admission, total: 0, addresses: HashMap::new(), swept: now }
    }

    /// Admits a connection from this address; the token counts it until it is dropped.
    ///
    /// # Errors
    /// When a limit does not allow the connection.
    pub(crate) fn admit(
        control: &Arc<Mutex<AdmissionControl>>,
        address: IpAddr,
        now: Instant,
    ) -> Result<Admitted, Rejection> {
        lock(control).add(address, now)?;
        Ok(Admitted { control: Arc::clone(control), address })
    }

    /// Counts a connection, if the limits allow it.
    fn add(&mut self, address: IpAddr, now: Instant) -> Result<(), Rejection> {
        let Admission { total, per_address, per_second, .. } = self.admission;
        if self.total >= total {
            return Err(Rejection::Full(total));
        }
        if self.is_limited(address) {
            self.sweep(now);
            let count = self.addresses.entry(counted(address)).or_insert(AddressCount {
                open: 0,
                since: now,
                opened: 0,
            });
            if now.saturating_duration_since(count.since) >= SECOND {
                (count.since, count.opened) = (now, 0);
            }
            if count.open >= per_address {
                return Err(Rejection::TooMany(per_address));
            }
            if count.opened >= per_second {
                return Err(Rejection::TooFast(per_second));
            }
            count.open += 1;
            count.opened += 1;
        }
        self.total += 1;
        Ok(())
    }

    /// Stops counting an admitted connection.
    fn remove(&mut self, address: IpAddr) {
        self.total -= 1;
        if let Some(count) = self.addresses.get_mut(&counted(address)) {
            count.open -= 1;
        }
    }

    /// Says whether the limits per address apply to this address.
    fn is_limited(&self, address: IpAddr) -> bool {
        self.admission.loopback || !address.is_loopback()
    }

    /// Removes addresses without a connection once their second is over, so that a scan from very many
    /// addresses does not fill the memory.
    fn sweep(&mut self, now: Instant) {
        if now.saturating_duration_since(self.swept) >= SECOND {
            self.swept = now;
            self.addresses.retain(|_, count| {
                count.open > 0 || now.saturating_duration_since(count.since) < SECOND
            });
        }
    }
}

/// Returns the address under which connections are counted: an IPv4 address as it is, and the first 64
/// bits of an IPv6 address, because one host usually has all addresses with the same 64 bits.
fn counted(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

/// Counts one connection until it is dropped.
#[derive(Debug)]
pub(crate) struct Admitted {
    control: Arc<Mutex<AdmissionControl>>,
    address: IpAddr,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        lock(&self.control).remove(self.address);
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
    fn an_address_has_a_limit_per_second_and_a_limit_on_open_connections() {
        let start = Instant::now();
        let mut control = AdmissionControl::new(admission(), start);
        for second in 0..2 {
            let now = start + SECOND * second;
            assert_eq!(control.add(FAR, now), Ok(()));
            assert_eq!(control.add(FAR, now), Ok(()));
            if second == 0 {
                assert_eq!(control.add(FAR, now), Err(Rejection::TooFast(2)));
            }
        }
        let now = start + SECOND * 2;
        assert_eq!(control.add(FAR, now), Err(Rejection::TooMany(4)));
        control.remove(FAR);
        assert_eq!(control.add(FAR, now), Ok(()));
    }

    #[test]
    fn the_loopback_address_has_only_the_total_limit() {
        let now = Instant::now();
        let mut control = AdmissionControl::new(admission(), now);
        for _ in 0..6 {
            assert_eq!(control.add(NEAR, now), Ok(()));
        }
        assert_eq!(control.add(NEAR, now), Err(Rejection::Full(6)));
        assert_eq!(control.add(FAR, now), Err(Rejection::Full(6)));
        control.remove(NEAR);
        assert_eq!(control.add(FAR, now), Ok(()));
    }

    #[test]
    fn ipv6_addresses_of_one_network_are_counted_together() {
        let counted_pair =
            |a: &str, b: &str| (counted(a.parse().unwrap()), counted(b.parse().unwrap()));
        let (a, b) = counted_pair("192.0.2.1", "192.0.2.2");
        assert_ne!(a, b);
        let (a, b) = counted_pair("2001:db8:0:1::1", "2001:db8:0:1:ffff::2");
        assert_eq!(a, b);
        let (a, b) = counted_pair("2001:db8:0:1::1", "2001:db8:0:2::1");
        assert_ne!(a, b);
    }

    #[test]
    fn addresses_without_a_connection_are_removed() {
        let start = Instant::now();
        let mut control = AdmissionControl::new(admission(), start);
        for host in 0..200 {
            let address = IpAddr::V4(Ipv4Addr::new(198, 51, 100, host));
            control.add(address, start).unwrap();
            control.remove(address);
        }
        control.add(FAR, start + SECOND * 2).unwrap();
        assert_eq!(control.addresses.len(), 1);
    }
}
