//! The connection of one simulated client.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use memchr::{memchr, memrchr};
use mio::net::TcpStream;
use socket2::{Domain, Protocol, Socket, Type};

use crate::tls::{Session, Tls};

/// The most clients that share a source address. A system has some 28,000 ports for outgoing
/// connections from each address.
pub(crate) const PER_SOURCE: u32 = 20_000;

/// A client.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    /// What encrypts the connection, if anything does.
    session: Option<Box<Session>>,
    /// The beginning of a line whose end has not arrived yet.
    partial: Vec<u8>,
    /// Bytes that the system has not accepted yet.
    unsent: Vec<u8>,
}

impl Client {
    /// Begins to connect, with TLS or without. The stream becomes writable when the attempt has ended. If
    /// the server is on this machine, `per_source` clients share a source address.
    pub(crate) fn connect(
        index: u32,
        address: SocketAddr,
        per_source: u32,
        tls: Option<&Tls>,
    ) -> io::Result<Client> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        // Each text is one small write, and its latency must not include Nagle's delay.
        socket.set_tcp_nodelay(true)?;
        if let (IpAddr::V4(to), source @ 1..) =
            (address.ip(), index / per_source.clamp(1, PER_SOURCE))
            && to.is_loopback()
        {
            let from = Ipv4Addr::from(u32::from(Ipv4Addr::LOCALHOST) + source);
            socket.bind(&SocketAddr::from((from, 0)).into())?;
        }
        match socket.connect(&address.into()) {
            Ok(()) => {}
            Err(error) if in_progress(&error) => {}
            Err(error) => return Err(error),
        }
        let stream = TcpStream::from_std(socket.into());
        let session = tls.map(Tls::session).transpose()?.map(Box::new);
        Ok(Client { stream, session, partial: Vec::new(), unsent: Vec::new() })
    }

    /// Whether the connection is established, with the handshake of TLS.
    ///
    /// # Errors
    /// If the attempt has failed.
    pub(crate) fn is_connected(&mut self) -> io::Result<bool> {
        if let Some(error) = self.stream.take_error()? {
            return Err(error);
        }
        match self.stream.peer_addr() {
            Ok(_) => {
                let stream = &mut self.stream;
                self.session.as_mut().map_or(Ok(true), |session| session.shake_hands(stream))
            }
            Err(error) if error.kind() == ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Sends a line now, or when the system has room for it.
    #[expect(clippy::indexing_slicing, reason = "a write accepts no more than the line")]
    pub(crate) fn send(&mut self, line: &[u8]) -> io::Result<()> {
        if let Some(session) = &mut self.session {
            return session.send(&mut self.stream, line);
        }
        let mut sent = 0;
        if self.unsent.is_empty() {
            sent = write(&mut self.stream, line)?;
        }
        self.unsent.extend_from_slice(&line[sent..]);
        Ok(())
    }

    /// Sends bytes for which the system had no room before.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        if let Some(session) = &mut self.session {
            return session.flush(&mut self.stream);
        }
        if !self.unsent.is_empty() {
            let sent = write(&mut self.stream, &self.unsent)?;
            self.unsent.drain(..sent);
        }
        Ok(())
    }

    /// Reads once, or with TLS until the socket has no more bytes. Returns `None` if no bytes have arrived,
    /// and 0 at the end of the stream. `encrypted` is memory for encrypted bytes.
    pub(crate) fn read(
        &mut self,
        buffer: &mut [u8],
        encrypted: &mut [u8],
    ) -> io::Result<Option<usize>> {
        if let Some(session) = &mut self.session {
            return session.read(&mut self.stream, buffer, encrypted);
        }
        loop {
            match self.stream.read(buffer) {
                Ok(length) => return Ok(Some(length)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    /// Passes all complete lines of a chunk to `each` as one block, and keeps the incomplete rest. Only
    /// a line that arrived in pieces is copied.
    pub(crate) fn cut<E>(
        &mut self,
        mut chunk: &[u8],
        mut each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if !self.partial.is_empty() {
            let Some(end) = memchr(b'\n', chunk) else {
                self.partial.extend_from_slice(chunk);
                return Ok(());
            };
            let (last, rest) = chunk.split_at(end + 1);
            self.partial.extend_from_slice(last);
            each(&self.partial)?;
            self.partial.clear();
            chunk = rest;
        }
        let end = memrchr(b'\n', chunk).map_or(0, |end| end + 1);
        let (whole, rest) = chunk.split_at(end);
        self.partial.extend_from_slice(rest);
        if whole.is_empty() { Ok(()) } else { each(whole) }
    }

    /// The number of bytes of the incomplete line.
    pub(crate) fn partial(&self) -> usize {
        self.partial.len()
    }
}

/// Writes as many bytes as the system accepts. Returns their number.
fn write(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<usize> {
    let mut written = 0;
    while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
        match stream.write(rest) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(more) => written += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    Ok(written)
}

/// Whether the error of a connect says that it is not finished yet.
fn in_progress(error: &io::Error) -> bool {
    rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::INPROGRESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn lines_are_complete_for_every_size_of_reads() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut client = Client::connect(0, address, PER_SOURCE, None).unwrap();
        let text = b"one\ntwo\n\nthree and\nfour\nfi";
        for size in 1..=text.len() {
            let mut lines = Vec::new();
            for chunk in text.chunks(size) {
                let each = |block: &[u8]| {
                    assert!(block.ends_with(b"\n"));
                    lines.extend_from_slice(block);
                    Ok::<(), ()>(())
                };
                client.cut(chunk, each).unwrap();
            }
            assert_eq!(lines, b"one\ntwo\n\nthree and\nfour\n", "in reads of {size}");
            assert_eq!(client.partial(), 2);
            client.partial.clear();
        }
    }
}
