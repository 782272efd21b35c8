//! The acts of administrators, as the audit names them.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use crate::Network;

/// An act of an administrator. Its `Display` is the text in the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Listed the connections.
    Connections,
    /// Listed the bans.
    Bans,
    /// Closed the connection of the person with this name.
    Kick(Arc<str>),
    /// Banned a name or an address.
    Ban(Ban),
    /// Removed a ban.
    Unban(Ban),
    /// Removed the message with this id.
    Remove(u64),
    /// Ended the server.
    Shutdown,
    /// Ended all servers of the chat.
    ShutdownAll,
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
            Act::ShutdownAll => f.write_str("shutdown all"),
        }
    }
}

/// A name or an address that may not log in. `Display` writes it as an administrator types it.
///
/// ```
/// use app::Ban;
///
/// assert_eq!(Ban::read("Bob"), Ban::name("bob"));
/// assert_eq!(Ban::read("10.0.0.7"), Ban::address([10, 0, 0, 7].into()));
/// assert_eq!(Ban::read("2001:db8::1").to_string(), "2001:db8::");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ban {
    /// This name in any case; stored in lower case.
    Name(Arc<str>),
    /// This IPv4 address, or this IPv6 network.
    Address(Network),
}

impl Ban {
    /// The ban of this name.
    pub fn name(name: &str) -> Ban {
        Ban::Name(name.to_ascii_lowercase().into())
    }

    /// The ban that applies to this address.
    pub fn address(address: IpAddr) -> Ban {
        Ban::Address(Network::of(address))
    }

    /// Reads a ban: an address if the text is one, otherwise a name. (No name contains a dot or a
    /// colon.)
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
    fn a_ban_is_written_as_it_is_read() {
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
