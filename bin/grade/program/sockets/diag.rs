//! Queries to Linux about sockets, over netlink.

use std::io::{self, ErrorKind, Read};
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
use socket2::{Domain, Protocol, Socket, Type};

use super::Listener;

/// The family of sockets for questions to the kernel, and the protocol for questions about sockets.
pub(in crate::program) const NETLINK: i32 = 16;
pub(in crate::program) const DIAG: i32 = 4;

/// Size of a buffer for one piece of an answer; the kernel sends at most 32 KiB at once.
const PIECE: usize = 64 * 1024;

/// Time limit for the kernel, which normally answers immediately.
const AT_ONCE: Duration = Duration::from_secs(1);

/// The kernel's error if there is no such socket.
const NOT_THERE: i32 = -2;

/// A socket for questions about the sockets of one network.
#[derive(Debug)]
pub(in crate::program) struct Asking(Socket);

impl Asking {
    /// Asks about the grader's own network.
    pub(super) fn here() -> io::Result<Asking> {
        let (domain, protocol) = (Domain::from(NETLINK), Protocol::from(DIAG));
        Asking::over(Socket::new(domain, Type::DGRAM, Some(protocol))?)
    }

    /// Asks about the network to which this socket belongs.
    pub(in crate::program) fn over(socket: Socket) -> io::Result<Asking> {
        socket.set_read_timeout(Some(AT_ONCE))?;
        Ok(Asking(socket))
    }

    /// The listeners on this port, or on any.
    pub(in crate::program) fn listeners(&self, port: Option<u16>) -> io::Result<Vec<Listener>> {
        let mut found = Vec::new();
        for (family, any) in [(AF_INET, SocketId::new_v4()), (AF_INET6, SocketId::new_v6())] {
            let like = SocketId { source_port: port.unwrap_or(0), ..any };
            let answers = ask(&self.0, family, like, StateFlags::LISTEN, NLM_F_DUMP)?;
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
    pub(in crate::program) fn unread(
        &self,
        at: SocketAddr,
        from: SocketAddr,
    ) -> io::Result<Option<u64>> {
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
        let answers = ask(&self.0, family, connection, StateFlags::all(), 0)?;
        Ok(answers.first().map(|answer| answer.header.recv_queue.into()))
    }
}

/// Asks for one socket, or with `NLM_F_DUMP` for all matching ones.
fn ask(
    mut socket: &Socket,
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
    socket.send(&bytes)?;
    let mut found = Vec::new();
    let mut piece = vec![0; PIECE];
    loop {
        let length = socket.read(&mut piece)?;
        let mut rest = piece.get(..length).unwrap_or_default();
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
