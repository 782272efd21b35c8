//! Whom a sanction concerns: a name, an address or a range of addresses.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::Network;

/// A name, or a range of addresses, that a ban or a mute concerns. `Display` writes it as an
/// administrator types it.
///
/// ```
/// use app::Subject;
///
/// assert_eq!(Subject::read("Bob"), Some(Subject::name("bob")));
/// assert_eq!(Subject::read("10.0.0.7"), Some(Subject::address([10, 0, 0, 7].into())));
/// assert_eq!(Subject::read("10.1.2.3/8").unwrap().to_string(), "10.0.0.0/8");
/// assert_eq!(Subject::read("2001:db8::1").unwrap().to_string(), "2001:db8::/64");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// This name in any case; stored in lower case.
    Name(Arc<str>),
    /// The addresses of this range.
    Range(IpNet),
}

impl Subject {
    /// The subject with this name.
    pub fn name(name: &str) -> Subject {
        Subject::Name(name.to_ascii_lowercase().into())
    }

    /// The [network](Network) of this address.
    pub fn address(address: IpAddr) -> Subject {
        let network = Network::of(address).address();
        Subject::Range(range(network, if network.is_ipv4() { 32 } else { 64 }))
    }

    /// Reads a subject: a range if the text has a slash, an address if it is one, otherwise a name.
    /// (No name contains a slash, a dot or a colon.) Returns `None` if it has a slash and is no range.
    pub fn read(text: &str) -> Option<Subject> {
        if text.contains('/') {
            return text.parse().ok().map(|range: IpNet| Subject::Range(range.trunc()));
        }
        Some(text.parse().map_or_else(|_| Subject::name(text), Subject::address))
    }
}

/// The range of this address with a length that every address of its family has.
#[expect(clippy::expect_used, reason = "the callers pass lengths up to that of the family")]
pub(crate) fn range(address: IpAddr, length: u8) -> IpNet {
    IpNet::new(address, length).expect("a length of the family").trunc()
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Name(name) => f.write_str(name),
            Subject::Range(IpNet::V4(range)) if range.prefix_len() == 32 => range.addr().fmt(f),
            Subject::Range(range) => range.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_written_as_it_is_read() {
        for (typed, written) in [
            ("Bob", "bob"),
            ("10.0.0.7", "10.0.0.7"),
            ("10.0.0.7/32", "10.0.0.7"),
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("::ffff:10.0.0.7", "10.0.0.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::/48", "2001:db8:1::/48"),
        ] {
            let subject = Subject::read(typed).unwrap();
            assert_eq!(subject.to_string(), written);
            assert_eq!(Subject::read(written), Some(subject));
        }
        for wrong in ["10.0.0.0/33", "10.0.0/8", "bob/8", "10.0.0.0/", "/", "::/129"] {
            assert_eq!(Subject::read(wrong), None, "{wrong}");
        }
    }
}
