//! The options of an accepted socket, and tools for addresses and accept errors.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

/// The silence after which the system probes whether the peer's machine still answers.
const KEEPALIVE: Duration = Duration::from_secs(60);
/// The time between two probes.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// The number of probes without an answer after which the connection breaks: in less than two minutes.
const KEEPALIVE_RETRIES: u32 = 3;
/// The time after which sent bytes without an acknowledgement break the connection. It complements
/// keepalive, which probes only while no bytes are in flight.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(100);

/// The time that a peer has to hang up after the server has. If a program closes a socket that still
/// receives, the system answers with a reset, and the peer may lose the last message. So the server ends
/// only its own direction, continues to read, and waits for the peer for this time.
pub(crate) const LINGER: Duration = Duration::from_secs(1);

/// Returns the address in the form that the layers above use. A listener for both families reports an IPv4
/// peer with an IPv6 address that contains the IPv4 address. This function returns the IPv4 address, so
/// that there is one form to count, ban and show.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => SocketAddr::from((ip, address.port())),
        // Unchanged, because a link-local address also has a scope.
        IpAddr::V6(_) => address,
    }
}

/// Says whether an accept failed for a reason that has passed: the peer has left, or a signal arrived.
pub(crate) fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted)
}

/// Sets the options of a connected socket. If that fails, the socket is broken, and the next read reports
/// the error; so this function ignores it.
pub(crate) fn prepare(socket: SockRef<'_>) {
    // Messages are small and people wait for them, so the system must not collect them.
    let _ = socket.set_tcp_nodelay(true);
    // A machine without a network is as silent as a person who does not type. Only the system of a
    // machine that is reachable answers a probe. So no dialect needs a ping.
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
    fn an_ipv4_address_has_one_form() {
        for (reported, canonical_form) in [
            ("[::ffff:192.0.2.1]:7000", "192.0.2.1:7000"),
            ("192.0.2.1:7000", "192.0.2.1:7000"),
            ("[fe80::1%3]:7000", "[fe80::1%3]:7000"),
        ] {
            assert_eq!(
                canonical(reported.parse().unwrap()),
                canonical_form.parse().unwrap(),
                "{reported}"
            );
        }
    }

    #[test]
    fn an_accepted_socket_detects_an_unreachable_peer_within_two_minutes() {
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
