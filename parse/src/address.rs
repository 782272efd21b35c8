//! The names of those who come in without one: their addresses, in the characters of a name.
//!
//! `127.0.0.1:7000` is `127_0_0_1_7000`. An IPv6 address is written out, `[::1]:7000` as
//! `0_0_0_0_0_0_0_1_7000`, so that the address can be read from the name again. Such a name may be
//! longer than one that somebody chooses may be.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// The name of whoever comes from there.
pub fn name(address: SocketAddr) -> String {
    let groups: Vec<String> = match address.ip().to_canonical() {
        IpAddr::V4(ip) => ip.octets().iter().map(u8::to_string).collect(),
        IpAddr::V6(ip) => ip.segments().iter().map(|group| format!("{group:x}")).collect(),
    };
    format!("{}_{}", groups.join("_"), address.port())
}

/// The address that this is the name of; `None` when it is the name of none.
pub fn of_name(name: &str) -> Option<SocketAddr> {
    let (ip, port) = name.rsplit_once('_')?;
    let ip = match ip.matches('_').count() {
        3 => Ipv4Addr::from_str(&ip.replace('_', ".")).ok().map(IpAddr::from),
        7 => Ipv6Addr::from_str(&ip.replace('_', ":")).ok().map(IpAddr::from),
        _ => None,
    };
    Some(SocketAddr::new(ip?, port.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_back_to_its_address() {
        for (address, want) in [
            ("127.0.0.1:54734", "127_0_0_1_54734"),
            ("[::1]:80", "0_0_0_0_0_0_0_1_80"),
            ("[fe80::1:abcd]:9", "fe80_0_0_0_0_0_1_abcd_9"),
        ] {
            let address: SocketAddr = address.parse().unwrap();
            assert_eq!(name(address), want);
            assert_eq!(of_name(want), Some(address));
        }
        let mapped = "[::ffff:10.0.0.1]:5".parse().unwrap();
        assert_eq!(name(mapped), "10_0_0_1_5", "it came by IPv4");
    }

    #[test]
    fn other_names_lead_nowhere() {
        for name in ["", "_", "alice", "a_b_c_d_e", "1_2_3_4", "1_2_3_256_5", "1_2_3_4_70000"] {
            assert_eq!(of_name(name), None, "{name:?}");
        }
    }
}
