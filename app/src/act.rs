//! What an administrator can do, as it stands in the audit.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use crate::Network;

/// Something that an administrator did. Its `Display` is what the audit says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Looked at who is connected.
    Connections,
    /// Looked at who is banned.
    Bans,
    /// Hung up on somebody.
    Kick(Arc<str>),
    /// Banned a name or an address.
    Ban(Ban),
    /// Took a ban back.
    Unban(Ban),
    /// Took back what somebody said.
    Remove(u64),
    /// Ended the server.
    Shutdown,
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Act::Connections => f.write_str("connections"),
            Act::Bans => f.write_str("bans"),
            Act::Kick(name) => write!(f, "kick {name}"),
            Act::Ban(ban) => write!(f, "ban {ban}"),
            Act::Unban(ban) => write!(f, "unban {ban}"),
            Act::Remove(id) => write!(f, "remove {id}"),
            Act::Shutdown => f.write_str("shutdown"),
        }
    }
}

/// Who is to stay out. `Display` writes it as an administrator types it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ban {
    /// Whoever wants this name, in whatever case; kept in lower case.
    Name(Arc<str>),
    /// Whoever comes from this address, or from this network of IPv6.
    Address(Network),
}

impl Ban {
    /// The ban of this name.
    pub fn name(name: &str) -> Ban {
        Ban::Name(name.to_ascii_lowercase().into())
    }

    /// The ban that holds for this address.
    pub fn address(address: IpAddr) -> Ban {
        Ban::Address(Network::of(address))
    }

    /// What an administrator means by this: an address if it can be one, else a name. (No name
    /// has a dot or a colon in it.)
    pub fn read(who: &str) -> Ban {
        who.parse().map_or_else(|_| Ban::name(who), Ban::address)
    }
}

impl fmt::Display for Ban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ban::Name(name) => f.write_str(name),
            Ban::Address(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ban_is_read_and_written_in_one_way() {
        for (typed, written) in [
            ("Bob", "bob"),
            ("10.0.0.7", "10.0.0.7"),
            ("::ffff:10.0.0.7", "10.0.0.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ] {
            let ban = Ban::read(typed);
            assert_eq!(ban.to_string(), written);
            assert_eq!(Ban::read(written), ban);
        }
    }
}
