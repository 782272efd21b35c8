//! Sockets as we want them: what is set on one that was accepted.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

/// A peer that has said nothing for this long is asked whether it is still there ...
const KEEPALIVE: Duration = Duration::from_secs(60);
/// ... and asked again so often ...
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// ... so many times, before it is taken for gone: together, under two minutes.
const KEEPALIVE_RETRIES: u32 = 3;
/// How long what was sent may go unacknowledged by the peer's system. Keepalive asks only while
/// nothing is under way, so this is its other half.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(100);

/// How long a peer that got everything may take to hang up in its turn. Closing a socket that
/// still receives makes the system answer with a reset, which can overtake our last words; so
/// we say that we are done, go on reading, and wait a moment.
pub(crate) const LINGER: Duration = Duration::from_secs(1);

/// An address as everything above knows it. A peer that comes by IPv4 to a listener for both kinds
/// has an address of IPv6 with that of IPv4 in it; from here on it has the one of IPv4, so that
/// there is one way to count, ban and show it.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => SocketAddr::from((ip, address.port())),
        // As it is: a link-local address has a scope, too.
        IpAddr::V6(_) => address,
    }
}

/// Whether an accept failed for a reason that is over already: whoever came has left, or a signal
/// came in between.
pub(crate) fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted)
}

/// Sets up a socket that is connected. A socket on which an option cannot be set is broken
/// already, and whoever reads from it will see, so failures are of no interest.
pub(crate) fn prepare(socket: SockRef<'_>) {
    // Messages are small and people wait for them: do not let the system collect them.
    let _ = socket.set_tcp_nodelay(true);
    // A machine that has lost its network says nothing, like a person who says nothing; only
    // the system of a living one answers. So no dialect needs a ping.
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE_INTERVAL);
    let _ = socket.set_tcp_keepalive(&keepalive.with_retries(KEEPALIVE_RETRIES));
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn an_address_of_ipv4_is_one_however_it_comes() {
        for (comes, is) in [
            ("[::ffff:192.0.2.1]:7000", "192.0.2.1:7000"),
            ("192.0.2.1:7000", "192.0.2.1:7000"),
            ("[fe80::1%3]:7000", "[fe80::1%3]:7000"),
        ] {
            assert_eq!(canonical(comes.parse().unwrap()), is.parse().unwrap(), "{comes}");
        }
    }

    #[test]
    fn an_accepted_socket_finds_out_about_the_dead_within_two_minutes() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().unwrap();
        let socket = SockRef::from(&stream);
        prepare(SockRef::from(&stream));
        assert!(socket.tcp_nodelay().unwrap() && socket.keepalive().unwrap());
        let idle = socket.tcp_keepalive_time().unwrap();
        let tries =
            socket.tcp_keepalive_interval().unwrap() * socket.tcp_keepalive_retries().unwrap();
        assert!(idle + tries < Duration::from_secs(120));
        #[cfg(target_os = "linux")]
        assert!(socket.tcp_user_timeout().unwrap().unwrap() < Duration::from_secs(120));
    }
}
