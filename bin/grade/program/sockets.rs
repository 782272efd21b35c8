//! The sockets of the system that listen.
//!
//! Linux is asked over netlink, see sock_diag(7): so it looks only at those that listen. The tables
//! in `/proc/net` have all connections besides, and to go through the places where there could be one
//! takes milliseconds. They are read where netlink does not answer, as in some containers.

use std::io::{self, ErrorKind, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use socket2::{Socket, Type};

/// A socket that listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listener {
    pub(super) address: IpAddr,
    /// Its number, by which its owner is found.
    pub(super) inode: u64,
}

/// Those that listen on this port.
pub(super) fn listeners(port: u16) -> Vec<Listener> {
    if cfg!(not(target_os = "linux")) {
        return reached(port);
    }
    let both = ask(INET, port).and_then(|found| Ok([found, ask(INET6, port)?].concat()));
    both.unwrap_or_else(|_| listed(port))
}

/// Where the system does not tell, somebody has to connect.
fn reached(port: u16) -> Vec<Listener> {
    let addresses = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
    let listens = |address: &IpAddr| std::net::TcpStream::connect((*address, port)).is_ok();
    addresses.into_iter().filter(listens).map(|address| Listener { address, inode: 0 }).collect()
}

/// What the kernel calls these.
const NETLINK: i32 = 16;
const SOCK_DIAG: i32 = 4;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const REQUEST_OF_ALL: u16 = 0x301;
const ERROR: u16 = 2;
const DONE: u16 = 3;
const INET: u8 = 2;
const INET6: u8 = 10;
const TCP: u8 = 6;
const LISTENS: u32 = 10;

/// How long the kernel may take: it has the answer when the question is put.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Asks for those of one family.
fn ask(family: u8, port: u16) -> io::Result<Vec<Listener>> {
    let socket = Socket::new(NETLINK.into(), Type::DGRAM, Some(SOCK_DIAG.into()))?;
    socket.set_read_timeout(Some(AT_ONCE))?;
    socket.send(&question(family, port))?;
    let mut found = Vec::new();
    let mut answer = vec![0; 32 * 1024];
    loop {
        let length = (&socket).read(&mut answer)?;
        let mut rest = answer.get(..length).unwrap_or_default();
        while let Some(length) = u32_at(rest, 0).filter(|length| *length >= 16) {
            // Each message begins where a word of 32 bits can.
            let next = (length as usize).next_multiple_of(4);
            match u16_at(rest, 4) {
                Some(SOCK_DIAG_BY_FAMILY) => found.extend(told(rest, port)),
                Some(DONE) => return Ok(found),
                Some(ERROR) | None => return Err(ErrorKind::Unsupported.into()),
                Some(_) => {}
            }
            rest = rest.get(next..).unwrap_or_default();
        }
    }
}

/// A header (`nlmsghdr`), and what is asked for (`inet_diag_req_v2`): of one family, TCP, in one
/// state, on this port, at whatever addresses.
fn question(family: u8, port: u16) -> Vec<u8> {
    let mut request = vec![family, TCP, 0, 0];
    request.extend((1_u32 << LISTENS).to_ne_bytes());
    request.extend(port.to_be_bytes());
    request.resize(56, 0);
    let mut question = Vec::new();
    question.extend((16 + request.len() as u32).to_ne_bytes());
    question.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    question.extend(REQUEST_OF_ALL.to_ne_bytes());
    question.extend([0; 8]);
    question.extend(request);
    question
}

/// What a message says of a socket (`inet_diag_msg`, behind the header).
fn told(message: &[u8], port: u16) -> Option<Listener> {
    let body = message.get(16..)?;
    if u16_at(body, 4).map(u16::from_be) != Some(port) {
        return None;
    }
    let address = body.get(8..24)?;
    let address = match *body.first()? {
        INET => IpAddr::from(<[u8; 4]>::try_from(address.get(..4)?).ok()?),
        _ => IpAddr::from(<[u8; 16]>::try_from(address).ok()?),
    };
    Some(Listener { address, inode: u32_at(body, 68)?.into() })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_ne_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes)
}

/// Those on this port that stand in the tables.
fn listed(port: u16) -> Vec<Listener> {
    let tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"].map(std::fs::read_to_string);
    // Without IPv6 there is only one of them.
    let lines = tables.iter().flatten().flat_map(|table| table.lines().skip(1));
    lines.filter_map(|line| parse(line, port)).collect()
}

/// A line of `/proc/net/tcp`, see proc_pid_net(5), if it is that of a listener on this port.
fn parse(line: &str, port: u16) -> Option<Listener> {
    let mut fields = line.split_ascii_whitespace();
    let (address, listens_on) = fields.nth(1)?.split_once(':')?;
    let state = u32::from_str_radix(fields.nth(1)?, 16);
    if state != Ok(LISTENS) || u16::from_str_radix(listens_on, 16) != Ok(port) {
        return None;
    }
    let inode = fields.nth(5)?.parse().ok()?;
    Some(Listener { address: parse_address(address)?, inode })
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

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn whoever_is_asked_tells_the_same() {
        for address in ["127.0.0.1:0", "0.0.0.0:0", "[::1]:0", "[::]:0"] {
            // There may be no IPv6 here.
            let Ok(listener) = TcpListener::bind(address) else { continue };
            let port = listener.local_addr().unwrap().port();
            // Connections are on the same port, and do not listen.
            let _stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let in_tables = listed(port);
            assert_eq!(in_tables.len(), 1);
            assert_eq!(in_tables[0].address, listener.local_addr().unwrap().ip());
            assert_eq!(listeners(port), in_tables);
            // Where there is no netlink that is no mistake of ours; what it tells is.
            let families = [ask(INET, port), ask(INET6, port)];
            if let [Ok(four), Ok(six)] = families {
                assert_eq!([four, six].concat(), in_tables);
            }
        }
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn a_line_of_the_system_is_read() {
        let line = "   0: 0100007F:95CF 00000000:0000 0A 00000000:00000000 00:00000000 00000000  \
                    0        0 444856 1 00000000beb4ef00 100 0 0 10 0";
        let expected = Listener { address: Ipv4Addr::LOCALHOST.into(), inode: 444_856 };
        assert_eq!(parse(line, 0x95cf), Some(expected));
        assert_eq!(parse(line, 1), None);
        assert_eq!(parse(&line.replace(" 0A ", " 01 "), 0x95cf), None);
        let six = "00000000000000000000000001000000";
        assert_eq!(parse_address(six), Some(Ipv6Addr::LOCALHOST.into()));
        assert_eq!(parse_address("0100"), None);
    }
}
