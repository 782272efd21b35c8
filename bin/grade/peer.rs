//! One of the people whom the grader plays: a socket, and what has come over it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, SockRef, Socket, Type};

use crate::wire::{Ask, Dialect, Frame, Pending};

/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(3);

/// How many bytes one read asks for: as many as the clients of the courses ask for at most.
const READ: usize = 4096;

/// How many bytes a packet may have to somebody for whom little comes in: what every host takes.
const SEGMENT: u32 = 536;

pub(crate) struct Peer {
    stream: TcpStream,
    /// What has come and is no whole frame yet.
    partial: Vec<u8>,
    /// What it asked for and has no answer to.
    pub(crate) pending: Pending,
    ended: bool,
}

/// What came.
pub(crate) enum Came {
    Frame(Frame),
    /// The server hung up; how, in words.
    End(String),
    /// Nothing until the deadline.
    Nothing,
}

impl Peer {
    pub(crate) fn connect(address: SocketAddr) -> io::Result<Peer> {
        Peer::over(TcpStream::connect_timeout(&address, CONNECT)?)
    }

    /// The same, where little comes in before somebody reads it: that has to be known when the two
    /// systems agree on how much may be on its way. Where packets are small, the other system keeps
    /// less for them, too: a hundred kilobytes and not three megabytes.
    pub(crate) fn connect_with_a_small_buffer(address: SocketAddr) -> io::Result<Peer> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.set_recv_buffer_size(READ)?;
        socket.set_tcp_mss(SEGMENT)?;
        socket.connect_timeout(&address.into(), CONNECT)?;
        Peer::over(socket.into())
    }

    /// Over a connection that there is.
    pub(crate) fn over(stream: TcpStream) -> io::Result<Peer> {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(CONNECT))?;
        let (partial, pending) = (Vec::new(), Pending::new());
        Ok(Peer { stream, partial, pending, ended: false })
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Remembers that an answer to this is to come.
    pub(crate) fn expects(&mut self, ask: &Ask) {
        self.pending.push_back(ask.clone());
    }

    /// The next frame.
    pub(crate) fn next(&mut self, dialect: Dialect, until: Instant) -> Came {
        loop {
            if let Some(frame) = dialect.cut(&mut self.partial) {
                return Came::Frame(frame);
            }
            if self.ended {
                return Came::End("the server hung up".to_owned());
            }
            match self.read(until) {
                Ok(0) => self.ended = true,
                Ok(_) => {}
                Err(error) if is_timeout(&error) => return Came::Nothing,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Came::End(format!("the connection broke: {error}")),
            }
        }
    }

    /// What one read returns, added to what has come; how much that was.
    pub(crate) fn read(&mut self, until: Instant) -> io::Result<usize> {
        let left = until.saturating_duration_since(Instant::now());
        self.stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        let mut buffer = [0; READ];
        let length = self.stream.read(&mut buffer)?;
        self.partial.extend_from_slice(buffer.get(..length).unwrap_or_default());
        Ok(length)
    }

    /// What came and is no whole frame.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.partial
    }

    /// Where the connection has its two ends, ours first.
    pub(crate) fn ends(&self) -> io::Result<(SocketAddr, SocketAddr)> {
        Ok((self.stream.local_addr()?, self.stream.peer_addr()?))
    }

    /// Says that it sends nothing more.
    pub(crate) fn finish(&self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)
    }

    /// Makes the connection end with a reset when it is dropped, as that of a machine that is gone.
    pub(crate) fn will_reset(&self) -> io::Result<()> {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))
    }
}

/// A read that found nothing in time.
pub(crate) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
