//! Whether a client has read what it was sent. The system knows: what was not read waits in the
//! buffer of the client's socket.

/// How many bytes wait at the socket with this port, whose other end has that one. Unknown when there
/// is no such socket, and on systems that do not tell.
#[cfg(target_os = "linux")]
pub(super) fn unread(at: u16, from: u16) -> Option<u64> {
    let tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"].map(std::fs::read_to_string);
    // Without IPv6 there is only one of them.
    let lines = tables.iter().flatten().flat_map(|table| table.lines().skip(1));
    lines.filter_map(|line| parse(line, at, from)).next()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn unread(_at: u16, _from: u16) -> Option<u64> {
    None
}

/// A line of `/proc/net/tcp`, see proc_pid_net(5), if it is that of the connection between these.
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "there is no /proc elsewhere"))]
fn parse(line: &str, at: u16, from: u16) -> Option<u64> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn what_was_not_read_is_counted() {
        use std::io::{Read, Write};
        use std::net::{TcpListener, TcpStream};

        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let from = listener.local_addr().unwrap().port();
        let mut client = TcpStream::connect(("127.0.0.1", from)).unwrap();
        let at = client.local_addr().unwrap().port();
        let (mut server, _) = listener.accept().unwrap();
        assert_eq!(unread(at, from), Some(0));
        server.write_all(b"hello").unwrap();
        assert_eq!(unread(at, from), Some(5));
        client.read_exact(&mut [0; 3]).unwrap();
        assert_eq!(unread(at, from), Some(2));
        assert_eq!(unread(at, 1), None);
    }

    #[test]
    fn a_line_of_the_system_is_read() {
        let line = "   3: 0100007F:95CF 0100007F:0010 01 00000000:0000002A 00:00000000 00000000 0";
        assert_eq!(parse(line, 0x95cf, 0x10), Some(42));
        assert_eq!(parse(line, 0x10, 0x95cf), None);
        assert_eq!(parse("3: 0", 1, 2), None);
    }
}
