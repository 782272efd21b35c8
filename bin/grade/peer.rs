//! One user whom the grader plays: a socket, the bytes received on it, and the times at which they
//! arrived.
//!
//! [`poll_peers`] reads bytes from all peers as soon as they arrive, whichever peer a check waits
//! for. They are queued until a check looks at them. So a trace has everything in the order in
//! which it arrived.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use socket2::{SockRef, Socket};

use crate::wire::{Dialect, Frame, Pending, Request};

/// Timeout for connecting, and for one write.
const CONNECT: Duration = Duration::from_secs(3);

/// Buffer size of one read: the largest that the clients of the courses use.
const READ: usize = 4096;

/// Maximum segment size for a peer with a small buffer. Every host supports it.
const SEGMENT: u32 = 536;
/// Maximum number of queued reads. After that the data stays in the system's buffers.
const MAX_QUEUED: usize = 1024;

/// Maximum size of a frame, far more than any check asks for.
const MAX_FRAME: usize = 16 << 20;

/// Interval of polls that are made often, far below the gaps that servers make between messages.
const OFTEN: Duration = Duration::from_millis(2);

/// Maximum number of bytes in the log of a peer.
const LOG: usize = 64 << 10;

/// Timeout of one read. `poll` has reported data by then, so this is only a precaution.
const SHORT: Duration = Duration::from_millis(1);

pub(crate) struct Peer {
    stream: TcpStream,
    /// The peer reads only while a check waits for it.
    reads_on_demand: bool,
    /// The peer is polled at short intervals, so that bytes that arrived apart are read apart.
    pub(crate) polls_often: bool,
    /// A time at which nothing was there to read.
    empty_at: Instant,
    /// Reads that no check has looked at yet.
    queued: VecDeque<Received>,
    /// Bytes that a check has looked at and that are not a whole frame yet.
    partial: Vec<u8>,
    /// The partial bytes may contain a whole frame: more bytes arrived since the last attempt.
    may_end: bool,
    /// Number of newlines since the last frame, which belong to no frame.
    newlines: usize,
    /// Time at which the last of the partial bytes arrived.
    received_at: Instant,
    /// Time within which the bytes of that read arrived.
    received_within: Duration,
    /// Requests of this peer that have no answer yet.
    pub(crate) pending: Pending,
    /// How the server's half of the connection ended, in words.
    end: Option<String>,
    /// The connection did not end in order.
    broke: bool,
    /// The first reads, for a recording.
    log: Vec<(Instant, Vec<u8>)>,
    /// Number of bytes in the log.
    logged: usize,
}

/// The bytes of one read.
struct Received {
    at: Instant,
    /// Time since a moment at which nothing was there: all of these bytes arrived within it.
    within: Duration,
    bytes: Vec<u8>,
}

/// The result of one read.
pub(crate) enum Arrival {
    /// Bytes, and the time at which they were read.
    Bytes(Vec<u8>, Instant),
    /// The connection was closed in order.
    Closed,
    /// The connection was reset or broke.
    Broken,
    /// No read returned anything.
    Nothing,
}

/// What a peer received.
pub(crate) enum Incoming {
    /// A frame, and the time at which its last byte was read.
    Frame(Frame, Instant),
    /// The end of the connection, in words.
    End(String),
    /// Nothing until the deadline.
    Nothing,
}

impl Peer {
    /// Connects this socket, which belongs to the network of the server.
    pub(crate) fn connect(socket: Socket, address: SocketAddr) -> io::Result<Peer> {
        socket.connect_timeout(&address.into(), CONNECT)?;
        Peer::over(socket.into(), false)
    }

    /// Same, with a small receive buffer. It must be set before the connection exists, because the
    /// two systems then agree on the window. With a small segment size the server's system keeps
    /// less unsent data for this peer, too: a hundred kilobytes and not three megabytes.
    pub(crate) fn connect_with_a_small_buffer(
        socket: Socket,
        address: SocketAddr,
    ) -> io::Result<Peer> {
        socket.set_recv_buffer_size(READ)?;
        socket.set_tcp_mss(SEGMENT)?;
        socket.connect_timeout(&address.into(), CONNECT)?;
        Peer::over(socket.into(), true)
    }

    /// Wraps a connection that was accepted.
    pub(crate) fn accepted(stream: TcpStream) -> io::Result<Peer> {
        Peer::over(stream, false)
    }

    fn over(stream: TcpStream, reads_on_demand: bool) -> io::Result<Peer> {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(CONNECT))?;
        stream.set_read_timeout(Some(SHORT))?;
        Ok(Peer {
            stream,
            reads_on_demand,
            polls_often: false,
            empty_at: Instant::now(),
            queued: VecDeque::new(),
            partial: Vec::new(),
            may_end: false,
            newlines: 0,
            received_at: Instant::now(),
            received_within: Duration::ZERO,
            pending: Pending::new(),
            end: None,
            broke: false,
            log: Vec::new(),
            logged: 0,
        })
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Registers a request, so that its answer can be decoded.
    pub(crate) fn expect_answer_to(&mut self, request: &Request) {
        self.pending.push_back(request.clone());
    }

    /// Returns the next frame of the bytes received so far, or the end of the connection.
    pub(crate) fn next(&mut self, dialect: Dialect) -> Incoming {
        loop {
            // A long frame that is still incomplete is not scanned again for each read.
            if self.may_end {
                let before = self.partial.len();
                if let Some(frame) = dialect.cut(&mut self.partial) {
                    self.newlines = 0;
                    return Incoming::Frame(frame, self.received_at);
                }
                self.newlines += before - self.partial.len();
            }
            self.may_end = false;
            match (self.queued.pop_front(), &self.end) {
                (Some(Received { at, within, bytes }), _) => {
                    self.partial.extend_from_slice(&bytes);
                    if self.partial.len() > MAX_FRAME {
                        self.queued.clear();
                        let how =
                            format!("received no end of a frame within {} MiB", MAX_FRAME >> 20);
                        self.end = Some(how.clone());
                        return Incoming::End(how);
                    }
                    self.may_end = dialect.may_end_in(&bytes);
                    (self.received_at, self.received_within) = (at, within);
                }
                (None, Some(how)) => return Incoming::End(how.clone()),
                (None, None) => return Incoming::Nothing,
            }
        }
    }

    /// Returns the next frame or the end of the connection; waits until the deadline. For a peer
    /// that is the only one.
    pub(crate) fn wait(&mut self, dialect: Dialect, until: Instant) -> Incoming {
        let mut over = false;
        loop {
            match self.next(dialect) {
                Incoming::Nothing if !over => {}
                received_at => return received_at,
            }
            // One more attempt: a frame may have arrived just before the deadline.
            over = Instant::now() >= until;
            if let Err(error) = poll_peers([(true, &mut *self)].into_iter(), until) {
                return Incoming::End(describe(&error));
            }
        }
    }

    /// Whether the server has ended the connection, and no check has to look at anything before that.
    pub(crate) fn has_ended(&self) -> bool {
        self.end.is_some() && self.queued.is_empty()
    }

    /// Whether there are bytes that no check has looked at.
    pub(crate) fn has_queued(&self) -> bool {
        !self.queued.is_empty()
    }

    /// Takes the first reads, with their times.
    pub(crate) fn take_log(&mut self) -> Vec<(Instant, Vec<u8>)> {
        std::mem::take(&mut self.log)
    }

    /// Whether the peer reads without a check that waits for it.
    fn is_reading(&self) -> bool {
        !self.reads_on_demand && self.end.is_none() && self.queued.len() < MAX_QUEUED
    }

    /// Reads once.
    #[expect(clippy::indexing_slicing, reason = "a read returns at most the length of its buffer")]
    fn read(&mut self) {
        let mut buffer = [0; READ];
        let (began, empty_at) = (Instant::now(), self.empty_at);
        match self.stream.read(&mut buffer) {
            Ok(0) => self.end = Some("the server closed the connection".to_owned()),
            Ok(length) => {
                let (now, bytes) = (Instant::now(), buffer[..length].to_vec());
                if length < READ {
                    self.empty_at = began;
                }
                if self.logged + length <= LOG {
                    self.logged += length;
                    self.log.push((now, bytes.clone()));
                } else {
                    // A log with a gap would show later frames in wrong reads.
                    self.logged = LOG + 1;
                }
                self.queued.push_back(Received { at: now, within: now - empty_at, bytes });
            }
            Err(error) if is_nothing(&error) => {}
            Err(error) => {
                self.end = Some(describe(&error));
                self.broke = true;
            }
        }
    }

    /// Takes the result of the next read, without regard to frames.
    pub(crate) fn next_read(&mut self) -> Arrival {
        match (self.queued.pop_front(), &self.end) {
            (Some(read), _) => Arrival::Bytes(read.bytes, read.at),
            (None, Some(_)) if self.broke => Arrival::Broken,
            (None, Some(_)) => Arrival::Closed,
            (None, None) => Arrival::Nothing,
        }
    }

    /// Whether the next bytes after the last frame are the end of a line.
    pub(crate) fn follows_newline(&self) -> bool {
        let queued = self.queued.iter().flat_map(|read| &read.bytes);
        let mut rest = self.partial.iter().chain(queued);
        rest.find(|byte| !matches!(byte, b'\r' | b' ')) == Some(&b'\n')
    }

    /// The bytes after the last whole frame. They arrived in the same read or in later ones.
    pub(crate) fn incomplete(&self) -> &[u8] {
        &self.partial
    }

    /// Number of newlines since the last frame. They are no frames.
    pub(crate) fn newlines(&self) -> usize {
        self.newlines
    }

    /// The local and the remote address of the connection.
    pub(crate) fn addresses(&self) -> io::Result<(SocketAddr, SocketAddr)> {
        Ok((self.stream.local_addr()?, self.stream.peer_addr()?))
    }

    /// Time at which the last bytes that a check looked at arrived.
    pub(crate) fn received_at(&self) -> Instant {
        self.received_at
    }

    /// Time within which the bytes of the last read that a check looked at arrived. It is short only for a
    /// peer that polls often, while the grader can run.
    pub(crate) fn received_within(&self) -> Duration {
        self.received_within
    }

    /// Closes the sending half.
    pub(crate) fn shut_down_write(&self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)
    }

    /// Closes the connection in order. A program that is just being started has a copy of the socket, so
    /// that a drop alone may end the connection later.
    pub(crate) fn close(self) {
        // It fails only if the connection has ended.
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Resets the connection, so that the server's read fails, also while a program that is just being
    /// started has a copy of the socket.
    pub(crate) fn reset(self) {
        // A system that does not dissolve connections resets them when the socket is closed.
        let _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
        let _ = rustix::net::connect_unspec(&self.stream);
    }
}

/// Describes an error of a connection for a reader who does not know the errors of the system.
pub(crate) fn describe(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => {
            "the server does not listen on its port any more".to_owned()
        }
        ErrorKind::ConnectionReset => {
            "the server closed the connection without reading everything that was sent".to_owned()
        }
        ErrorKind::BrokenPipe => "the server has closed the connection".to_owned(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            format!("the server did nothing for {} s", CONNECT.as_secs())
        }
        _ => format!("the connection broke: {error}"),
    }
}

/// Whether a connection failed because this machine has no descriptor, port or memory left for it.
pub(crate) fn is_local_shortage(error: &io::Error) -> bool {
    let error = Errno::from_io_error(error);
    error.is_some_and(|error| {
        let short = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM, Errno::ADDRNOTAVAIL];
        short.contains(&error)
    })
}

/// Whether a read found no data.
fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// Waits until any of these peers receives something, or until the deadline, and reads it. A peer
/// that reads on demand is polled only if its flag says that a check waits for it. The wait is short if
/// a peer polls often.
pub(crate) fn poll_peers<'a>(
    peers: impl Iterator<Item = (bool, &'a mut Peer)>,
    until: Instant,
) -> io::Result<()> {
    let is_reading = |(is_watched, peer): &(bool, &mut Peer)| {
        peer.is_reading() || (*is_watched && peer.end.is_none())
    };
    let mut peers: Vec<&mut Peer> = peers.filter(is_reading).map(|(_, peer)| peer).collect();
    let began = Instant::now();
    let left = until.saturating_duration_since(began);
    let left = if peers.iter().any(|peer| peer.polls_often) { left.min(OFTEN) } else { left };
    let left = Timespec::try_from(left).map_err(io::Error::other)?;
    let mut waiting: Vec<PollFd<'_>> =
        peers.iter().map(|peer| PollFd::new(&peer.stream, PollFlags::IN)).collect();
    match poll(&mut waiting, Some(&left)) {
        // An interrupted wait ends early.
        Err(rustix::io::Errno::INTR) => return Ok(()),
        done => done?,
    };
    let ready: Vec<bool> = waiting.iter().map(|waiting| !waiting.revents().is_empty()).collect();
    for (peer, ready) in peers.iter_mut().zip(ready) {
        match ready {
            true => peer.read(),
            false => peer.empty_at = began,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
