//! Opening a listening socket.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use socket2::{Domain, Protocol, Socket, Type};

use crate::BindError;
use crate::framing::Framing;

/// How many connections may wait to be accepted. Five hundred students who press a button at
/// once should not find the door shut, and std's own 128 would shut it.
const BACKLOG: i32 = 1024;

/// Where to listen, and how frames are cut there.
#[derive(Clone)]
pub struct Listen {
    /// The address; port 0 lets the system choose a free one.
    pub address: SocketAddr,
    /// The framing of every connection that comes in here.
    pub framing: Arc<dyn Framing>,
}

/// Opens a listening socket, and says which address it really got.
pub(crate) fn open(address: SocketAddr) -> Result<(TcpListener, SocketAddr), BindError> {
    let open = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        // A server that is started again at once finds its old port in TIME_WAIT otherwise.
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        let listener = TcpListener::from(socket);
        let local = listener.local_addr()?;
        Ok((listener, local))
    };
    open().map_err(|source| BindError::Listen { address, source })
}
