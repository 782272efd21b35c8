//! Peers of other servers that have the same log.
//!
//! Each server numbers its own peers. In the chat of another server, the number of a peer is
//! preceded by the number of its server. So the peers of all servers have different numbers, and a
//! server finds no session under the number of a peer that is elsewhere.
//!
//! ```
//! use app::{is_elsewhere, peer_of, server_of};
//! use parse::Peer;
//!
//! let (here, elsewhere) = (Peer::new(7), peer_of(3, Peer::new(7)));
//! assert_eq!((server_of(here), server_of(elsewhere)), (0, 3));
//! assert!(!is_elsewhere(here) && is_elsewhere(elsewhere));
//! ```

use parse::Peer;

/// The bits of the number that a server gives to its own peer.
const BITS: u32 = 40;

/// Whether a peer is connected to another server.
pub const fn is_elsewhere(peer: Peer) -> bool {
    server_of(peer) != 0
}

/// Returns the number of the server of a peer, which is 1 or more. Returns 0 for a peer of this
/// server.
pub const fn server_of(peer: Peer) -> u64 {
    peer.number() >> BITS
}

/// The numbers of servers are less than this.
pub(crate) const SERVERS: u64 = 1 << (u64::BITS - BITS);

/// Returns the peer as its own server names it.
pub(crate) const fn local(peer: Peer) -> Peer {
    Peer::new(peer.number() - (server_of(peer) << BITS))
}

/// Returns the peer that has this number on this server, as the other servers name it.
///
/// # Panics
/// If the peer is elsewhere already.
pub const fn peer_of(server: u64, peer: Peer) -> Peer {
    assert!(!is_elsewhere(peer), "a peer of that server");
    Peer::new(server << BITS | peer.number())
}
