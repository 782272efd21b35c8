//! Where a graded program listens.
//!
//! The system is asked, where it can tell, and not the program: for that a look would be a client
//! that comes and says nothing, and there are servers that serve one client and end.

use std::collections::HashSet;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::{Mutex, PoisonError};

use socket2::{Domain, Socket, Type};

use super::registry;

/// A port on which nobody listens, on whatever address. None is given twice.
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

/// A port that nobody has. A server may listen on every address, so on none of them may there be
/// anybody.
fn any_port() -> io::Result<u16> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)).into())?;
    let address = socket.local_addr()?.as_socket();
    address.map(|address| address.port()).ok_or_else(|| ErrorKind::AddrNotAvailable.into())
}

/// A socket that listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listener {
    address: IpAddr,
    port: u16,
    /// Its number, by which its owner is found.
    inode: u64,
    /// How many connections wait to be accepted.
    pub(super) waiting: u32,
}

/// Those that listen on this port.
#[cfg(target_os = "linux")]
pub(super) fn listeners(port: u16) -> Vec<Listener> {
    let mut all = all();
    all.retain(|listener| listener.port == port);
    all
}

/// Those that listen anywhere.
#[cfg(target_os = "linux")]
fn all() -> Vec<Listener> {
    let tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"].map(std::fs::read_to_string);
    // Without IPv6 there is only one of them.
    let lines = tables.iter().flatten().flat_map(|table| table.lines().skip(1));
    lines.filter_map(parse).collect()
}

/// The ports on which one of these processes listens, sorted.
#[cfg(target_os = "linux")]
pub(super) fn ports_of(processes: &[i32]) -> Vec<u16> {
    let mut all = all();
    all.retain(|listener| belongs(&[*listener], processes));
    let mut ports: Vec<u16> = all.iter().map(|listener| listener.port).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// Elsewhere nobody tells.
#[cfg(not(target_os = "linux"))]
pub(super) fn ports_of(_: &[i32]) -> Vec<u16> {
    Vec::new()
}

/// Elsewhere somebody has to connect.
#[cfg(not(target_os = "linux"))]
pub(super) fn listeners(port: u16) -> Vec<Listener> {
    let addresses = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
    let listens = |address: &IpAddr| std::net::TcpStream::connect((*address, port)).is_ok();
    addresses
        .into_iter()
        .filter(listens)
        .map(|address| Listener { address, port, inode: 0 })
        .collect()
}

/// A line of `/proc/net/tcp`, see proc_pid_net(5), if it is that of a listener.
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "there is no /proc elsewhere"))]
fn parse(line: &str) -> Option<Listener> {
    const LISTENS: &str = "0A";
    let mut fields = line.split_ascii_whitespace();
    let (address, listens_on) = fields.nth(1)?.split_once(':')?;
    if fields.nth(1)? != LISTENS {
        return None;
    }
    let port = u16::from_str_radix(listens_on, 16).ok()?;
    let (_, waiting) = fields.next()?.split_once(':')?;
    let waiting = u32::from_str_radix(waiting, 16).ok()?;
    let inode = fields.nth(4)?.parse().ok()?;
    Some(Listener { address: parse_address(address)?, port, inode, waiting })
}

/// Words of 32 bits, each in the order of this machine.
fn parse_address(text: &str) -> Option<IpAddr> {
    let mut bytes = Vec::new();
    for at in (0..text.len()).step_by(8) {
        let word = u32::from_str_radix(text.get(at..at + 8)?, 16).ok()?;
        bytes.extend(word.to_ne_bytes());
    }
    let four = <[u8; 4]>::try_from(bytes.as_slice()).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(bytes.as_slice()).map(IpAddr::from)).ok()
}

/// Where to connect to one of these: at 127.0.0.1, if that is possible.
pub(super) fn reachable(listeners: &[Listener], port: u16) -> Option<SocketAddr> {
    let addresses = || listeners.iter().map(|listener| listener.address.to_canonical());
    let four = IpAddr::from(Ipv4Addr::LOCALHOST);
    let six = IpAddr::from(Ipv6Addr::LOCALHOST);
    let has = |wanted: IpAddr| addresses().any(|address| address == wanted);
    let address = if has(four) || has(Ipv4Addr::UNSPECIFIED.into()) {
        four
    } else if has(Ipv6Addr::UNSPECIFIED.into()) {
        // This one takes IPv4 too, unless it does not want to: then there is still room for that.
        if TcpListener::bind((four, port)).is_ok() { six } else { four }
    } else if has(six) {
        six
    } else {
        addresses().next()?
    };
    Some(SocketAddr::new(address, port))
}

/// Whether one of these belongs to one of these processes.
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
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn no_port_is_given_twice() {
        let ports: HashSet<u16> = (0..200).map(|_| free_port().unwrap()).collect();
        assert_eq!(ports.len(), 200);
    }

    #[test]
    fn a_listener_is_seen_and_known_for_ours_without_being_asked() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let found = listeners(port);
        assert_eq!(reachable(&found, port), Some(([127, 0, 0, 1], port).into()));
        assert!(cfg!(not(target_os = "linux")) || belongs(&found, &[std::process::id() as i32]));
        assert!(!belongs(&found, &[]));
        let ours = ports_of(&[std::process::id() as i32]);
        assert!(cfg!(not(target_os = "linux")) || ours.contains(&port), "{ours:?}");
        drop(listener);
        // A process that another test just starts may have a copy for a moment.
        let until = Instant::now() + Duration::from_secs(20);
        while reachable(&listeners(port), port).is_some() {
            assert!(Instant::now() < until, "it is still seen");
            std::thread::yield_now();
        }
    }

    #[test]
    fn where_to_connect_follows_from_where_it_listens() {
        let at = |addresses: &[&str], port| {
            let parse = |it: &&str| it.parse().unwrap();
            let all = addresses.iter().map(parse);
            let all = all.map(|address| Listener { address, port, inode: 0, waiting: 0 });
            reachable(&all.collect::<Vec<_>>(), port).map(|address| address.ip().to_string())
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

    #[cfg(target_endian = "little")]
    #[test]
    fn a_line_of_the_system_is_read() {
        let line = "   0: 0100007F:95CF 00000000:0000 0A 00000000:00000003 00:00000000 00000000  \
                    0        0 444856 1 00000000beb4ef00 100 0 0 10 0";
        let address = Ipv4Addr::LOCALHOST.into();
        let want = Listener { address, port: 0x95cf, inode: 444_856, waiting: 3 };
        assert_eq!(parse(line), Some(want));
        assert_eq!(parse(&line.replace(" 0A ", " 01 ")), None);
        let six = "00000000000000000000000001000000";
        assert_eq!(parse_address(six), Some(Ipv6Addr::LOCALHOST.into()));
        assert_eq!(parse_address("0100"), None);
    }
}
