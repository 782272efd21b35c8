//! The network of a program: that of its sandbox, or that of the grader.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use socket2::{Domain, Socket, Type};

use super::sandbox::Enclosure;
use super::sockets::{self, Listener};

/// The network of a program.
#[derive(Debug, Clone, Default)]
pub(crate) struct Network {
    /// `None` if the program is not in a sandbox.
    enclosure: Option<Arc<Enclosure>>,
}

impl Network {
    pub(super) fn of(enclosure: Option<&Arc<Enclosure>>) -> Network {
        Network { enclosure: enclosure.cloned() }
    }

    /// Returns whether no other program uses this network, so that every port is free in it.
    pub(crate) fn is_own(&self) -> bool {
        self.enclosure.is_some()
    }

    /// A new TCP socket in this network.
    pub(crate) fn socket(&self, domain: Domain) -> io::Result<Socket> {
        match &self.enclosure {
            Some(enclosure) => enclosure.socket(domain, Type::STREAM, None),
            None => Socket::new(domain, Type::STREAM, None),
        }
    }

    /// The listeners on this port, or on any.
    pub(super) fn listeners(&self, port: Option<u16>) -> Vec<Listener> {
        match &self.enclosure {
            // A sandbox that has ended has no listeners.
            Some(enclosure) => enclosure.listeners(port).unwrap_or_default(),
            None => sockets::listeners(port),
        }
    }

    /// Number of bytes that arrived at one end of a connection and were not read there. `None` if there
    /// is none, or if the system does not tell.
    pub(crate) fn unread(&self, at: SocketAddr, from: SocketAddr) -> Option<u64> {
        match &self.enclosure {
            Some(enclosure) => enclosure.unread(at, from).unwrap_or_default(),
            None => sockets::unread(at, from),
        }
    }

    /// Returns whether this port is free for IPv4.
    pub(super) fn is_free(&self, port: u16) -> bool {
        let bind = |socket: Socket| {
            socket.set_reuse_address(true)?;
            socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
            socket.listen(1)
        };
        self.socket(Domain::IPV4).and_then(bind).is_ok()
    }
}
