//! The sockets of the system: listeners, and bytes that were not read yet.
//!
//! Linux is asked over netlink, see sock_diag(7), which looks up only the sockets in question. The
//! tables in `/proc/net` list all connections, and reading them takes milliseconds. They are read where
//! netlink does not answer, as in some containers.

#![cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "there is no /proc elsewhere"))]

#[cfg(target_os = "linux")]
mod diag;

#[cfg(target_os = "linux")]
pub(super) use self::diag::{Asking, DIAG, NETLINK};

use std::net::{IpAddr, SocketAddr};

/// A listening socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listener {
    pub(super) address: IpAddr,
    pub(super) port: u16,
    /// The inode of the socket; it leads to the owner.
    pub(super) inode: u64,
    /// Number of connections that wait to be accepted.
    pub(super) waiting: u32,
}

/// The listeners on this port, or on any.
pub(super) fn listeners(port: Option<u16>) -> Vec<Listener> {
    #[cfg(target_os = "linux")]
    return Asking::here()
        .and_then(|asking| asking.listeners(port))
        .unwrap_or_else(|_| listed(port));
    #[cfg(not(target_os = "linux"))]
    reached(port)
}

/// Number of bytes that arrived at one end of a connection and were not read there. `None` if there is
/// no such connection, or if the system does not tell.
pub(super) fn unread(at: SocketAddr, from: SocketAddr) -> Option<u64> {
    #[cfg(target_os = "linux")]
    return Asking::here().and_then(|asking| asking.unread(at, from)).unwrap_or_else(|_| {
        let unread = |line: &str| unread_of(line, at.port(), from.port());
        tables().lines().find_map(unread)
    });
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (at, from);
        None
    }
}

/// Where the system does not tell, only a connection attempt shows the listener.
#[cfg(not(target_os = "linux"))]
fn reached(port: Option<u16>) -> Vec<Listener> {
    use std::net::{Ipv4Addr, Ipv6Addr};

    let Some(port) = port else { return Vec::new() };
    let addresses = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
    let listens = |address: &IpAddr| std::net::TcpStream::connect((*address, port)).is_ok();
    let listener = |address| Listener { address, port, inode: 0, waiting: 0 };
    addresses.into_iter().filter(listens).map(listener).collect()
}

/// The state of a listener.
const LISTENS: u8 = 10;

/// The lines of both tables. Without IPv6 there is only one table.
fn tables() -> String {
    let read = |name: &str| std::fs::read_to_string(format!("/proc/self/net/{name}"));
    ["tcp", "tcp6"].map(read).into_iter().flatten().collect()
}

/// The listeners on this port, or on any, according to the tables.
fn listed(port: Option<u16>) -> Vec<Listener> {
    let mut all: Vec<Listener> = tables().lines().filter_map(parse).collect();
    all.retain(|listener| port.is_none_or(|port| listener.port == port));
    all
}

/// The number of unread bytes, if this line describes the connection between these ports.
fn unread_of(line: &str, at: u16, from: u16) -> Option<u64> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let mut has_port = |port: u16| {
        let field = fields.next().and_then(|address| address.split_once(':'));
        field.is_some_and(|(_, it)| u16::from_str_radix(it, 16) == Ok(port))
    };
    if !(has_port(at) && has_port(from)) {
        return None;
    }
    let (_, unread) = fields.nth(1)?.split_once(':')?;
    u64::from_str_radix(unread, 16).ok()
}

/// Parses a line of `/proc/net/tcp`, see proc_pid_net(5), if it describes a listener.
fn parse(line: &str) -> Option<Listener> {
    let mut fields = line.split_ascii_whitespace();
    let (address, port) = fields.nth(1)?.split_once(':')?;
    if u8::from_str_radix(fields.nth(1)?, 16) != Ok(LISTENS) {
        return None;
    }
    let port = u16::from_str_radix(port, 16).ok()?;
    let (_, waiting) = fields.next()?.split_once(':')?;
    let waiting = u32::from_str_radix(waiting, 16).ok()?;
    let inode = fields.nth(4)?.parse().ok()?;
    Some(Listener { address: parse_address(address)?, port, inode, waiting })
}

/// Words of 32 bits, each in the byte order of this machine.
fn parse_address(text: &str) -> Option<IpAddr> {
    let mut bytes = Vec::new();
    for at in (0..text.len()).step_by(8) {
        let word = u32::from_str_radix(text.get(at..at + 8)?, 16).ok()?;
        bytes.extend(word.to_ne_bytes());
    }
    let four = <[u8; 4]>::try_from(bytes.as_slice()).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(bytes.as_slice()).map(IpAddr::from)).ok()
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};

    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn netlink_and_the_tables_agree() {
        for address in ["127.0.0.1:0", "0.0.0.0:0", "[::1]:0", "[::]:0"] {
            // This machine may have no IPv6.
            let Ok(listener) = TcpListener::bind(address) else { continue };
            let port = listener.local_addr().unwrap().port();
            // Connections have the same port, and do not listen.
            let _stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let in_tables = listed(Some(port));
            assert_eq!(in_tables.len(), 1);
            assert_eq!(in_tables[0].address, listener.local_addr().unwrap().ip());
            assert!(in_tables[0].port == port && in_tables[0].waiting == 1);
            assert_eq!(listeners(Some(port)), in_tables);
            assert!(listeners(None).contains(&in_tables[0]));
            // If netlink is missing, only its answers cannot be compared.
            if let Ok(told) = Asking::here().and_then(|asking| asking.listeners(Some(port))) {
                assert_eq!(told, in_tables);
            }
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn unread_bytes_are_counted() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        let (at, from) = (client.local_addr().unwrap(), client.peer_addr().unwrap());
        let everybody_tells = |count| {
            assert_eq!(unread(at, from), Some(count));
            let in_tables = tables();
            let listed = in_tables.lines().find_map(|line| unread_of(line, at.port(), from.port()));
            assert_eq!(listed, Some(count));
            if let Ok(told) = Asking::here().and_then(|asking| asking.unread(at, from)) {
                assert_eq!(told, Some(count));
            }
        };
        everybody_tells(0);
        server.write_all(b"hello").unwrap();
        everybody_tells(5);
        client.read_exact(&mut [0; 3]).unwrap();
        everybody_tells(2);
        assert_eq!(unread(at, ([127, 0, 0, 1], 1).into()), None);
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn a_line_of_the_table_is_parsed() {
        let line = "   0: 0100007F:95CF 00000000:0000 0A 00000000:00000003 00:00000000 00000000  \
                    0        0 444856 1 00000000beb4ef00 100 0 0 10 0";
        let address = Ipv4Addr::LOCALHOST.into();
        let expected = Listener { address, port: 0x95cf, inode: 444_856, waiting: 3 };
        assert_eq!(parse(line), Some(expected));
        assert_eq!(parse(&line.replace(" 0A ", " 01 ")), None);
        let six = "00000000000000000000000001000000";
        assert_eq!(parse_address(six), Some(Ipv6Addr::LOCALHOST.into()));
        assert_eq!(parse_address("0100"), None);
    }
}
