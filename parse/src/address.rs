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

/// The address that this is the name of, in upper or lower case; `None` when it is the name of none.
///
/// Only the one name that [`name`] makes of an address leads back to it, and no other spelling:
/// `127_0_0_1_07000` is not the name of `127.0.0.1:7000`.
pub fn of_name(name: &str) -> Option<SocketAddr> {
    read(name).filter(|address| self::name(*address).eq_ignore_ascii_case(name))
}

/// Whether a person may take this for the name of an address: five decimal numbers, or nine that may
/// be hexadecimal, of any size and with any number of underscores between them.
pub fn is_like_a_name(name: &str) -> bool {
    let numbers = || name.split('_').filter(|number| !number.is_empty());
    let decimal = |number: &str| number.bytes().all(|digit| digit.is_ascii_digit());
    let hexadecimal = |number: &str| number.bytes().all(|digit| digit.is_ascii_hexdigit());
    match numbers().count() {
        5 => numbers().all(decimal),
        9 => numbers().all(hexadecimal),
        _ => false,
    }
}

/// The address that a name is written like.
fn read(name: &str) -> Option<SocketAddr> {
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

    #[test]
    fn no_other_spelling_leads_to_an_address_but_it_looks_like_one() {
        for name in [
            "127_0_0_01_7000",
            "127_0_0_1_07000",
            "127__0_0_1_7000",
            "_127_0_0_1_7000",
            "127_0_0_1_7000_",
            "127_0_0_1_70000",
            "0_0_0_0_0_0_0_01_80",
            "0_0_0_0_0_0_0_1_080",
            "0_0_0_0_0_ffff_a00_1_5",
            "0_0_0_0_0_0_0_1_8f",
        ] {
            assert_eq!(of_name(name), None, "{name}");
            assert!(is_like_a_name(name), "{name}");
        }
        for name in ["127_0_0_1", "a_b_c_d_e", "1_2_3_4_5_6", "_____", "bad________", "x_1_2_3_4"] {
            assert!(!is_like_a_name(name), "{name}");
        }
        assert!(is_like_a_name("FE80_0_0_0_0_0_1_ABCD_9"));
        assert!(of_name("FE80_0_0_0_0_0_1_ABCD_9").is_some());
    }
}
