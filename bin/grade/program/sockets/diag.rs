//! Queries to Linux about sockets, over netlink.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_sock_diag::SockDiagMessage;
use netlink_packet_sock_diag::constants::{AF_INET, AF_INET6, IPPROTO_TCP};
use netlink_packet_sock_diag::inet::{
    ExtensionFlags, InetRequest, InetResponse, SocketId, StateFlags,
};
use netlink_sys::Socket;
use netlink_sys::protocols::NETLINK_SOCK_DIAG;
use socket2::SockRef;

use super::Listener;

/// Time limit for the kernel, which normally answers immediately.
const AT_ONCE: Duration = Duration::from_secs(1);

/// The kernel's error if there is no such socket.
const NOT_THERE: i32 = -2;

/// The listeners on this port, or on any.
pub(super) fn listeners(port: Option<u16>) -> io::Result<Vec<Listener>> {
    let mut found = Vec::new();
    for (family, any) in [(AF_INET, SocketId::new_v4()), (AF_INET6, SocketId::new_v6())] {
        let like = SocketId { source_port: port.unwrap_or(0), ..any };
        let answers = ask(family, like, StateFlags::LISTEN, NLM_F_DUMP)?;
        found.extend(answers.iter().map(|answer| Listener {
            address: answer.header.socket_id.source_address,
            port: answer.header.socket_id.source_port,
            inode: answer.header.inode.into(),
            waiting: answer.header.recv_queue,
        }));
    }
    // Some kernels ignore the port in the request.
    found.retain(|listener| port.is_none_or(|port| listener.port == port));
    Ok(found)
}

/// Number of unread bytes at one end of a connection; `None` if there is no such connection.
pub(super) fn unread(at: SocketAddr, from: SocketAddr) -> io::Result<Option<u64>> {
    let connection = SocketId {
        source_port: at.port(),
        destination_port: from.port(),
        source_address: at.ip(),
        destination_address: from.ip(),
        interface_id: 0,
        // Matches the socket whatever its cookie.
        cookie: [0xff; 8],
    };
    let family = if at.is_ipv4() { AF_INET } else { AF_INET6 };
    let answers = ask(family, connection, StateFlags::all(), 0)?;
    Ok(answers.first().map(|answer| answer.header.recv_queue.into()))
}

/// Asks for one socket, or with `NLM_F_DUMP` for all matching ones.
fn ask(
    family: u8,
    socket_id: SocketId,
    states: StateFlags,
    flags: u16,
) -> io::Result<Vec<InetResponse>> {
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | flags;
    let (protocol, extensions) = (IPPROTO_TCP, ExtensionFlags::empty());
    let request = InetRequest { family, protocol, extensions, states, socket_id };
    let mut question = NetlinkMessage::new(header, SockDiagMessage::InetRequest(request).into());
    question.finalize();
    let mut bytes = vec![0; question.buffer_len()];
    question.serialize(&mut bytes);
    let socket = Socket::new(NETLINK_SOCK_DIAG)?;
    SockRef::from(&socket).set_read_timeout(Some(AT_ONCE))?;
    socket.send(&bytes, 0)?;
    let mut found = Vec::new();
    loop {
        let (answers, _) = socket.recv_from_full()?;
        let mut rest = answers.as_slice();
        while !rest.is_empty() {
            let answer = NetlinkMessage::<SockDiagMessage>::deserialize(rest);
            let answer = answer.map_err(io::Error::other)?;
            match answer.payload {
                NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(one)) => {
                    found.push(*one);
                    if flags & NLM_F_DUMP == 0 {
                        return Ok(found);
                    }
                }
                NetlinkPayload::Done(_) => return Ok(found),
                NetlinkPayload::Error(error) if error.raw_code() == NOT_THERE => {
                    return Ok(found);
                }
                NetlinkPayload::Error(error) => return Err(error.to_io()),
                _ => return Err(ErrorKind::Unsupported.into()),
            }
            // Each message begins at a multiple of four bytes.
            let length = (answer.header.length as usize).next_multiple_of(4).max(4);
            rest = rest.get(length..).unwrap_or_default();
        }
    }
}
