//! The ports on which a graded program listens.
//!
//! Where possible, grade asks the system and does not connect to the program. A test connection would
//! be a client that says nothing, and some servers serve one client and end.

use std::collections::HashSet;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{Timespec, poll};
use socket2::{Domain, Socket, Type};

use super::network::Network;
use super::registry;
use super::sockets::Listener;

/// Longest time for which the system keeps a port after a connection.
const KEPT: Duration = Duration::from_secs(65);

/// Pause between two looks at a port.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// A port that is free on every address. No port is handed out twice.
pub(crate) fn free_port() -> io::Result<u16> {
    static GIVEN: Mutex<Option<HashSet<u16>>> = Mutex::new(None);
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    let given = given.get_or_insert_default();
    loop {
        let port = registry::between_starts(any_port)?;
        if given.insert(port) {
            return Ok(port);
        }
    }
}

/// Waits until this port is free on every address: after a connection, the system keeps the port of the
/// side that ended it for a minute. Returns whether it is free.
pub(crate) fn wait_free(port: u16, cancel: &dyn Fn() -> bool) -> bool {
    let until = Instant::now() + KEPT;
    while bound(port).is_err() {
        if cancel() || Instant::now() >= until {
            return false;
        }
        // Waits for nothing but the time.
        let _ = poll(&mut [], Some(&LOOK));
    }
    true
}

/// Finds a free port. A server may listen on every address, so the port must be free on all of them.
fn any_port() -> io::Result<u16> {
    let address = bound(0)?.local_addr()?.as_socket();
    address.map(|address| address.port()).ok_or_else(|| ErrorKind::AddrNotAvailable.into())
}

/// A socket with this port, on all addresses. Like many servers, it does not take a port that the
/// system still keeps.
fn bound(port: u16) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)).into())?;
    Ok(socket)
}

/// The address at which a client can connect to one of these listeners: 127.0.0.1 if possible.
pub(super) fn reachable(
    network: &Network,
    listeners: &[Listener],
    port: u16,
) -> Option<SocketAddr> {
    let addresses = || listeners.iter().map(|listener| listener.address.to_canonical());
    let four = IpAddr::from(Ipv4Addr::LOCALHOST);
    let six = IpAddr::from(Ipv6Addr::LOCALHOST);
    let has = |wanted: IpAddr| addresses().any(|address| address == wanted);
    let address = if has(four) || has(Ipv4Addr::UNSPECIFIED.into()) {
        four
    } else if has(Ipv6Addr::UNSPECIFIED.into()) {
        // An IPv6 listener accepts IPv4, too, unless it disables that; then the port is still free for
        // IPv4.
        if network.is_free(port) { six } else { four }
    } else if has(six) {
        six
    } else {
        addresses().next()?
    };
    Some(SocketAddr::new(address, port))
}

/// The ports on which one of these processes listens, sorted. Empty where the system does not tell.
pub(super) fn ports_of(network: &Network, processes: &[i32]) -> Vec<u16> {
    let mut all = network.listeners(None);
    all.retain(|listener| network.is_own() || belongs(&[*listener], processes));
    let mut ports: Vec<u16> = all.iter().map(|listener| listener.port).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// Returns whether one of these listeners belongs to one of these processes.
pub(super) fn belongs(listeners: &[Listener], processes: &[i32]) -> bool {
    let names: Vec<String> =
        listeners.iter().map(|listener| format!("socket:[{}]", listener.inode)).collect();
    processes.iter().any(|process| {
        let files = std::fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten();
        files
            .flatten()
            .filter_map(|file| std::fs::read_link(file.path()).ok())
            .any(|file| file.to_str().is_some_and(|file| names.iter().any(|name| name == file)))
    })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::program::sockets::listeners;

    #[test]
    fn no_port_is_handed_out_twice() {
        let ports: HashSet<u16> = (0..200).map(|_| free_port().unwrap()).collect();
        assert_eq!(ports.len(), 200);
    }

    #[test]
    fn a_listener_and_its_owner_are_found_without_connecting() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let found = listeners(Some(port));
        assert_eq!(
            reachable(&Network::default(), &found, port),
            Some(([127, 0, 0, 1], port).into())
        );
        assert!(cfg!(not(target_os = "linux")) || belongs(&found, &[std::process::id() as i32]));
        assert!(!belongs(&found, &[]));
        let ours = ports_of(&Network::default(), &[std::process::id() as i32]);
        assert!(cfg!(not(target_os = "linux")) || ours.contains(&port), "{ours:?}");
        drop(listener);
        // A process that another test just starts may inherit the socket for a moment.
        let until = Instant::now() + Duration::from_secs(20);
        while reachable(&Network::default(), &listeners(Some(port)), port).is_some() {
            assert!(Instant::now() < until, "the listener is still found");
            std::thread::yield_now();
        }
    }

    #[test]
    fn the_address_to_connect_to_follows_from_the_listeners() {
        let at = |addresses: &[&str], port| {
            let parse = |it: &&str| it.parse().unwrap();
            let all = addresses.iter().map(parse);
            let all = all.map(|address| Listener { address, port, inode: 0, waiting: 0 });
            reachable(&Network::default(), &all.collect::<Vec<_>>(), port)
                .map(|address| address.ip().to_string())
        };
        assert_eq!(at(&["0.0.0.0"], 9).as_deref(), Some("127.0.0.1"));
        assert_eq!(at(&["::1", "127.0.0.1"], 9).as_deref(), Some("127.0.0.1"));
        assert_eq!(at(&["::1"], 9).as_deref(), Some("::1"));
        assert_eq!(at(&["::ffff:127.0.0.1"], 9).as_deref(), Some("127.0.0.1"));
        assert_eq!(at(&["192.168.1.5"], 9).as_deref(), Some("192.168.1.5"));
        assert_eq!(at(&[], 9), None);
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let taken = other.local_addr().unwrap().port();
        assert_eq!(at(&["::"], taken).as_deref(), Some("127.0.0.1"));
        assert_eq!(at(&["::"], free_port().unwrap()).as_deref(), Some("::1"));
    }
}
