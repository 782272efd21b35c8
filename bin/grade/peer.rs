//! One of the people whom the grader plays: a socket, what has come over it, and when.
//!
//! Whatever comes is read as soon as it comes ([`listen`]), whomever a check looks at just then, and
//! waits here until it is looked at. So a story can tell what came before what.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use socket2::{Domain, SockRef, Socket, Type};

use crate::wire::{Dialect, Frame, Pending, Request};

/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(3);

/// How many bytes one read asks for: as many as the clients of the courses ask for at most.
const READ: usize = 4096;

/// How many bytes a packet may have to somebody for whom little comes in: what every host takes.
const SEGMENT: u32 = 536;
/// How many reads of what nobody looks at are kept; then the system has to keep the rest.
const MAX_QUEUED: usize = 1024;

/// How many bytes a frame may have: far more than any that is asked for.
const MAX_FRAME: usize = 16 << 20;

/// How long a read may take where there is something to read: just in case there is not.
const SHORT: Duration = Duration::from_millis(1);

pub(crate) struct Peer {
    stream: TcpStream,
    /// It reads only when somebody looks at it.
    reads_on_demand: bool,
    /// What single reads returned that was not looked at yet, and when.
    queued: VecDeque<(Instant, Vec<u8>)>,
    /// What was looked at and is no whole frame yet.
    partial: Vec<u8>,
    /// It may be one all the same: that was not looked for since more of it came.
    may_end: bool,
    /// When the last of that came.
    received_at: Instant,
    /// What it asked for and has no answer to.
    pub(crate) pending: Pending,
    /// How the server's half of the connection ended, in words.
    end: Option<String>,
}

/// What came.
pub(crate) enum Incoming {
    /// A frame, and when its last byte was read.
    Frame(Frame, Instant),
    /// The server hung up; how, in words.
    End(String),
    /// Nothing until the deadline.
    Nothing,
}

impl Peer {
    pub(crate) fn connect(address: SocketAddr) -> io::Result<Peer> {
        Peer::over(TcpStream::connect_timeout(&address, CONNECT)?, false)
    }

    /// The same, where little comes in before somebody looks: that has to be known when the two systems
    /// agree on how much may be on its way. Where packets are small, the other system keeps less for
    /// them, too: a hundred kilobytes and not three megabytes.
    pub(crate) fn connect_with_a_small_buffer(address: SocketAddr) -> io::Result<Peer> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.set_recv_buffer_size(READ)?;
        socket.set_tcp_mss(SEGMENT)?;
        socket.connect_timeout(&address.into(), CONNECT)?;
        Peer::over(socket.into(), true)
    }

    /// Over a connection that there is.
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
            queued: VecDeque::new(),
            partial: Vec::new(),
            may_end: false,
            received_at: Instant::now(),
            pending: Pending::new(),
            end: None,
        })
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Remembers that an answer to this is to come.
    pub(crate) fn expect_answer_to(&mut self, ask: &Request) {
        self.pending.push_back(ask.clone());
    }

    /// The next frame of what has come so far, or the end, if that is next.
    pub(crate) fn next(&mut self, dialect: Dialect) -> Incoming {
        loop {
            // What is long and has no end yet is not looked through again and again.
            if self.may_end
                && let Some(frame) = dialect.cut(&mut self.partial)
            {
                return Incoming::Frame(frame, self.received_at);
            }
            self.may_end = false;
            match (self.queued.pop_front(), &self.end) {
                (Some((received_at, bytes)), _) => {
                    self.partial.extend_from_slice(&bytes);
                    if self.partial.len() > MAX_FRAME {
                        self.queued.clear();
                        let how = format!("what came has no end after {} MiB", MAX_FRAME >> 20);
                        self.end = Some(how.clone());
                        return Incoming::End(how);
                    }
                    self.may_end = dialect.may_end_in(&bytes);
                    self.received_at = received_at;
                }
                (None, Some(how)) => return Incoming::End(how.clone()),
                (None, None) => return Incoming::Nothing,
            }
        }
    }

    /// The next frame, or the end, or nothing by then, where nobody else is listened to.
    pub(crate) fn wait(&mut self, dialect: Dialect, until: Instant) -> Incoming {
        let mut over = false;
        loop {
            match self.next(dialect) {
                Incoming::Nothing if !over => {}
                received_at => return received_at,
            }
            // Once more, since it may have come just now.
            over = Instant::now() >= until;
            if let Err(error) = poll_peers([(true, &mut *self)].into_iter(), until) {
                return Incoming::End(describe(&error));
            }
        }
    }

    /// Whether there is something that nobody has looked at.
    #[cfg(test)]
    pub(crate) fn has_queued(&self) -> bool {
        !self.queued.is_empty()
    }

    /// Whether it reads what comes though nobody looks.
    fn is_reading(&self) -> bool {
        !self.reads_on_demand && self.end.is_none() && self.queued.len() < MAX_QUEUED
    }

    /// One read of what is there.
    fn read(&mut self) {
        let mut buffer = [0; READ];
        match self.stream.read(&mut buffer) {
            Ok(0) => self.end = Some("the server hung up".to_owned()),
            Ok(length) => {
                let bytes = buffer.get(..length).unwrap_or_default().to_vec();
                self.queued.push_back((Instant::now(), bytes));
            }
            Err(error) if is_nothing(&error) => {}
            Err(error) => self.end = Some(describe(&error)),
        }
    }

    /// What was looked at and is no whole frame: it came with the one before, or in later reads.
    pub(crate) fn incomplete(&self) -> &[u8] {
        &self.partial
    }

    /// Where the connection has its two ends, ours first.
    pub(crate) fn addresses(&self) -> io::Result<(SocketAddr, SocketAddr)> {
        Ok((self.stream.local_addr()?, self.stream.peer_addr()?))
    }

    /// When the last of what was looked at came.
    pub(crate) fn received_at(&self) -> Instant {
        self.received_at
    }

    /// Says that it sends nothing more.
    pub(crate) fn shut_down_write(&self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)
    }

    /// Makes the connection end with a reset when it is dropped, as that of a machine that is gone.
    pub(crate) fn reset_on_drop(&self) -> io::Result<()> {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))
    }
}

/// What went wrong with a connection, for somebody who does not know the errors of the system.
pub(crate) fn describe(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => "nobody listens there any more".to_owned(),
        ErrorKind::ConnectionReset => {
            "the server hung up, and did not read what was sent to it".to_owned()
        }
        ErrorKind::BrokenPipe => "the server has hung up".to_owned(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            format!("it did nothing for {} s", CONNECT.as_secs())
        }
        _ => format!("the connection broke: {error}"),
    }
}

/// Whether a connection could not be made because this machine has no descriptor, no port or no memory
/// left for our end of it.
pub(crate) fn is_local_shortage(error: &io::Error) -> bool {
    let error = Errno::from_io_error(error);
    error.is_some_and(|error| {
        let short = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM, Errno::ADDRNOTAVAIL];
        short.contains(&error)
    })
}

/// A read that found nothing.
fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// Waits until something comes to any of these, or the deadline, and reads it. Of those who read only
/// when somebody looks, none but the one that is looked at does.
pub(crate) fn poll_peers<'a>(
    peers: impl Iterator<Item = (bool, &'a mut Peer)>,
    until: Instant,
) -> io::Result<()> {
    let is_reading = |(is_looked_at, peer): &(bool, &mut Peer)| {
        peer.is_reading() || (*is_looked_at && peer.end.is_none())
    };
    let mut peers: Vec<&mut Peer> = peers.filter(is_reading).map(|(_, peer)| peer).collect();
    let left = until.saturating_duration_since(Instant::now());
    let left = Timespec::try_from(left).map_err(io::Error::other)?;
    let mut waiting: Vec<PollFd<'_>> =
        peers.iter().map(|peer| PollFd::new(&peer.stream, PollFlags::IN)).collect();
    match poll(&mut waiting, Some(&left)) {
        // An interrupted wait is one that ends early.
        Err(rustix::io::Errno::INTR) => return Ok(()),
        done => done?,
    };
    let ready: Vec<bool> = waiting.iter().map(|waiting| !waiting.revents().is_empty()).collect();
    for (peer, _) in peers.iter_mut().zip(ready).filter(|(_, ready)| *ready) {
        peer.read();
    }
    Ok(())
}

#[cfg(test)]
mod tests;
