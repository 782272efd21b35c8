//! Listening sockets: one for each address of each listener.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use socket2::{Domain, Protocol, Socket, Type};

use crate::framing::Framing;
use crate::{BindError, Security};

/// The number of connections that may wait for an accept. It allows for five hundred students who connect
/// in the same second; the 128 of the standard library would refuse most of them.
const BACKLOG: i32 = 1024;

/// The number of attempts to find one port for all addresses of a listener.
const TRIES: usize = 16;

/// The system's error code if it has no IPv6 (or no IPv4) at all: Linux, macOS.
const NO_SUCH_FAMILY: i32 = if cfg!(target_os = "linux") { 97 } else { 47 };

/// One listener: the addresses for its connections, and how to read them.
#[derive(Clone)]
pub struct Listen {
    /// The addresses. With port 0 the system chooses a free port. Several addresses belong to one host
    /// name: with port 0 they get the same port if possible, and the server skips an address that
    /// this machine does not have, unless it has none of them.
    pub addresses: Vec<SocketAddr>,
    /// The framing of every connection to this listener.
    pub framing: Arc<dyn Framing>,
    /// What encrypts every connection to this listener; `None` leaves them plain.
    pub security: Option<Arc<dyn Security>>,
}

/// An address that a server listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listening {
    /// The index of the listener, in the order in which `bind` got them.
    pub listener: usize,
    /// The address. Instead of port 0 it has the port that the system chose.
    pub address: SocketAddr,
    /// Whether its connections are encrypted.
    pub is_secured: bool,
}

/// A listening socket, with its address and what its connections have in common.
pub(crate) struct Opened {
    pub(crate) socket: TcpListener,
    pub(crate) listening: Listening,
    pub(crate) framing: Arc<dyn Framing>,
    pub(crate) security: Option<Arc<dyn Security>>,
}

/// Opens all listeners before the first one accepts, so that a server that cannot start has accepted no
/// connection.
pub(crate) fn open_all(listeners: &[Listen]) -> Result<Vec<Opened>, BindError> {
    let mut all = Vec::new();
    for (listener, Listen { addresses, framing, security }) in listeners.iter().enumerate() {
        all.extend(open_together(addresses)?.into_iter().map(|(socket, address)| {
            let is_secured = security.is_some();
            let listening = Listening { listener, address, is_secured };
            let (framing, security) = (Arc::clone(framing), security.clone());
            Opened { socket, listening, framing, security }
        }));
    }
    Ok(all)
}

/// Opens the addresses of one listener: on one common port, if the system chooses the port and no other
/// program has it on one of the addresses.
fn open_together(addresses: &[SocketAddr]) -> Result<Vec<(TcpListener, SocketAddr)>, BindError> {
    let may_choose = addresses.iter().all(|address| address.port() == 0);
    for _ in 0..TRIES {
        match open_each(addresses, true) {
            Err(error) if may_choose && kind(&error) == Some(ErrorKind::AddrInUse) => {}
            opened => return opened,
        }
    }
    open_each(addresses, false)
}

fn open_each(
    addresses: &[SocketAddr],
    same_port: bool,
) -> Result<Vec<(TcpListener, SocketAddr)>, BindError> {
    let mut opened: Vec<(TcpListener, SocketAddr)> = Vec::new();
    let mut unavailable = None;
    for address in addresses {
        let mut wanted = *address;
        if let (0, true, Some((_, first))) = (wanted.port(), same_port, opened.first()) {
            wanted.set_port(first.port());
        }
        match open(wanted) {
            Ok(socket) => opened.push(socket),
            Err(error) if is_unavailable(&error) => unavailable = Some(error),
            Err(error) => return Err(error),
        }
    }
    match unavailable {
        Some(error) if opened.is_empty() => Err(error),
        Some(error) => {
            tracing::warn!(%error, "skipped an address that this machine does not have");
            Ok(opened)
        }
        None => Ok(opened),
    }
}

/// Opens a listening socket, and returns the address that it got.
fn open(address: SocketAddr) -> Result<(TcpListener, SocketAddr), BindError> {
    let open = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        if address.is_ipv6() {
            // On some systems `[::]` would include IPv4, so that `0.0.0.0` could not be opened too. This
            // makes all systems behave alike.
            socket.set_only_v6(true)?;
        }
        // Otherwise a server that restarts quickly finds its old port in TIME_WAIT.
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        let listener = TcpListener::from(socket);
        let local = listener.local_addr()?;
        Ok((listener, local))
    };
    open().map_err(|source| BindError::Listen { address, source })
}

fn source(error: &BindError) -> Option<&io::Error> {
    match error {
        BindError::Listen { source, .. } => Some(source),
        BindError::Engine { .. } => None,
    }
}

fn kind(error: &BindError) -> Option<ErrorKind> {
    source(error).map(io::Error::kind)
}

/// Says whether this machine does not have the address, for example because it has no IPv6.
fn is_unavailable(error: &BindError) -> bool {
    let raw = source(error).and_then(io::Error::raw_os_error);
    kind(error) == Some(ErrorKind::AddrNotAvailable) || raw == Some(NO_SUCH_FAMILY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(all: &[&str]) -> Vec<SocketAddr> {
        all.iter().map(|address| address.parse().unwrap()).collect()
    }

    /// Opens these addresses as one listener; returns the addresses that it got.
    fn opened(all: &[&str]) -> Result<Vec<SocketAddr>, String> {
        let opened = open_together(&addresses(all)).map_err(|error| error.to_string())?;
        Ok(opened.into_iter().map(|(_, address)| address).collect())
    }

    /// Linux has a whole network of loopback addresses.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_addresses_of_one_name_get_the_same_port() {
        let opened = opened(&["127.0.0.1:0", "127.0.0.2:0", "127.0.0.3:0"]).unwrap();
        let port = opened[0].port();
        let want = ["127.0.0.1", "127.0.0.2", "127.0.0.3"].map(|host| format!("{host}:{port}"));
        assert_eq!(opened, addresses(&want.each_ref().map(String::as_str)));
    }

    #[test]
    fn an_address_that_this_machine_does_not_have_is_skipped_if_there_is_another() {
        // An address of a network for documentation, which no machine has.
        let opened_one = opened(&["192.0.2.1:0", "127.0.0.1:0"]).unwrap();
        assert_eq!(opened_one.len(), 1);
        assert!(opened_one[0].ip().is_loopback());
        let error = opened(&["192.0.2.1:0"]).unwrap_err();
        assert!(error.starts_with("cannot listen on 192.0.2.1:0: "), "{error}");
    }

    #[test]
    fn an_address_that_another_program_has_is_an_error() {
        let (_first, taken) = open("127.0.0.1:0".parse().unwrap()).unwrap();
        let error = opened(&["127.0.0.1:0", &taken.to_string()]).unwrap_err();
        assert!(error.starts_with(&format!("cannot listen on {taken}: ")), "{error}");
    }

    #[test]
    fn the_unspecified_addresses_of_both_families_share_a_port() {
        let Ok((v6, _)) = open("[::]:0".parse().unwrap()) else {
            // A machine without IPv6 has nothing to share.
            assert!(is_unavailable(&open("[::]:0".parse().unwrap()).unwrap_err()));
            return;
        };
        assert!(socket2::SockRef::from(&v6).only_v6().unwrap());
        drop(v6);
        let opened = opened(&["[::]:0", "0.0.0.0:0"]).unwrap();
        assert_eq!(opened[0].port(), opened[1].port());
    }
}
