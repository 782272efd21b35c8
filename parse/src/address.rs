//! Names of peers without a login: their addresses, written in the characters of a name.
//!
//! `127.0.0.1:7000` becomes `127_0_0_1_7000`. An IPv6 address is written in full, `[::1]:7000` as
//! `0_0_0_0_0_0_0_1_7000`, so that the name can be converted back into the address. The name of an
//! address may be longer than the limit for chosen names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// Returns the name of an address.
pub fn name(address: SocketAddr) -> String {
    let groups: Vec<String> = match address.ip().to_canonical() {
        IpAddr::V4(ip) => ip.octets().iter().map(u8::to_string).collect(),
        IpAddr::V6(ip) => ip.segments().iter().map(|group| format!("{group:x}")).collect(),
    };
    format!("{}_{}", groups.join("_"), address.port())
}

/// Returns the address that has this name, in upper or lower case.
///
/// An address has only the one name that [`name`] returns: `127_0_0_1_07000` is not the name of
/// `127.0.0.1:7000`.
pub fn of_name(name: &str) -> Option<SocketAddr> {
    read(name).filter(|address| self::name(*address).eq_ignore_ascii_case(name))
}

/// Returns whether a person may mistake a name for the name of an address: five decimal numbers, or
/// nine hexadecimal ones, of any size and with any number of underscores between them.
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

/// Reads an address in any spelling.
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
    fn a_name_is_converted_back_into_its_address() {
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
        assert_eq!(name(mapped), "10_0_0_1_5", "the peer connected over IPv4");
    }

    #[test]
    fn a_chosen_name_has_no_address() {
        for name in ["", "_", "alice", "a_b_c_d_e", "1_2_3_4", "1_2_3_256_5", "1_2_3_4_70000"] {
            assert_eq!(of_name(name), None, "{name:?}");
        }
    }

    #[test]
    fn another_spelling_has_no_address_but_looks_like_one() {
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
