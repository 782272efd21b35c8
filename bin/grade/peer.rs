//! One of the people whom the grader plays: a socket, what has come over it, and when.
//!
//! Whatever comes is read as soon as it comes ([`listen`]), whomever a check looks at just then, and
//! waits here until it is looked at. So a story can tell what came before what.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{Domain, SockRef, Socket, Type};

use crate::wire::{Ask, Dialect, Frame, Pending};

/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(3);

/// How many bytes one read asks for: as many as the clients of the courses ask for at most.
const READ: usize = 4096;

/// How many reads of what nobody looks at are kept; then the system has to keep the rest.
const UNSEEN: usize = 1024;

/// How long a read may take where there is something to read: just in case there is not.
const SHORT: Duration = Duration::from_millis(1);

pub(crate) struct Peer {
    stream: TcpStream,
    /// It reads only when somebody looks at it.
    sleeps: bool,
    /// What single reads returned that was not looked at yet, and when.
    unseen: VecDeque<(Instant, Vec<u8>)>,
    /// What was looked at and is no whole frame yet.
    partial: Vec<u8>,
    /// It may be one all the same: that was not looked for since more of it came.
    may_end: bool,
    /// When the last of that came.
    came: Instant,
    /// What it asked for and has no answer to.
    pub(crate) pending: Pending,
    /// How the server's half of the connection ended, in words.
    end: Option<String>,
}

/// What came.
pub(crate) enum Came {
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

    /// The same, where little comes in before somebody looks: that has to be known when the two
    /// systems agree on how much may be on its way.
    pub(crate) fn connect_with_a_small_buffer(address: SocketAddr) -> io::Result<Peer> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.set_recv_buffer_size(READ)?;
        socket.connect_timeout(&address.into(), CONNECT)?;
        Peer::over(socket.into(), true)
    }

    fn over(stream: TcpStream, sleeps: bool) -> io::Result<Peer> {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(CONNECT))?;
        stream.set_read_timeout(Some(SHORT))?;
        Ok(Peer {
            stream,
            sleeps,
            unseen: VecDeque::new(),
            partial: Vec::new(),
            may_end: false,
            came: Instant::now(),
            pending: Pending::new(),
            end: None,
        })
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Remembers that an answer to this is to come.
    pub(crate) fn expects(&mut self, ask: &Ask) {
        self.pending.push_back(ask.clone());
    }

    /// The next frame of what has come so far, or the end, if that is next.
    pub(crate) fn next(&mut self, dialect: Dialect) -> Came {
        loop {
            // What is long and has no end yet is not looked through again and again.
            if self.may_end
                && let Some(frame) = dialect.cut(&mut self.partial)
            {
                return Came::Frame(frame, self.came);
            }
            self.may_end = false;
            match (self.unseen.pop_front(), &self.end) {
                (Some((came, bytes)), _) => {
                    self.partial.extend_from_slice(&bytes);
                    self.may_end = dialect.may_end_in(&bytes);
                    self.came = came;
                }
                (None, Some(how)) => return Came::End(how.clone()),
                (None, None) => return Came::Nothing,
            }
        }
    }

    /// Whether there is something that nobody has looked at.
    #[cfg(test)]
    pub(crate) fn has_unseen(&self) -> bool {
        !self.unseen.is_empty()
    }

    /// Whether it reads what comes though nobody looks.
    fn listens(&self) -> bool {
        !self.sleeps && self.end.is_none() && self.unseen.len() < UNSEEN
    }

    /// One read of what is there.
    fn read(&mut self) {
        let mut buffer = [0; READ];
        match self.stream.read(&mut buffer) {
            Ok(0) => self.end = Some("the server hung up".to_owned()),
            Ok(length) => {
                let bytes = buffer.get(..length).unwrap_or_default().to_vec();
                self.unseen.push_back((Instant::now(), bytes));
            }
            Err(error) if is_nothing(&error) => {}
            Err(error) => self.end = Some(words(&error)),
        }
    }

    /// What was looked at and is no whole frame: it came with the one before, or in later reads.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.partial
    }

    /// When the last of what was looked at came.
    pub(crate) fn came(&self) -> Instant {
        self.came
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

/// What went wrong with a connection, for somebody who does not know the errors of the system.
pub(crate) fn words(error: &io::Error) -> String {
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

/// A read that found nothing.
fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// Waits until something comes to any of these, or the deadline, and reads it. Of those who read only
/// when somebody looks, none but the one that is looked at does.
pub(crate) fn listen<'a>(
    people: impl Iterator<Item = (bool, &'a mut Peer)>,
    until: Instant,
) -> io::Result<()> {
    let listens = |(is_looked_at, peer): &(bool, &mut Peer)| {
        peer.listens() || (*is_looked_at && peer.end.is_none())
    };
    let mut people: Vec<&mut Peer> = people.filter(listens).map(|(_, peer)| peer).collect();
    let left = until.saturating_duration_since(Instant::now());
    let left = Timespec::try_from(left).map_err(io::Error::other)?;
    let mut waiting: Vec<PollFd<'_>> =
        people.iter().map(|peer| PollFd::new(&peer.stream, PollFlags::IN)).collect();
    match poll(&mut waiting, Some(&left)) {
        // An interrupted wait is one that ends early.
        Err(rustix::io::Errno::INTR) => return Ok(()),
        done => done?,
    };
    let ready: Vec<bool> = waiting.iter().map(|waiting| !waiting.revents().is_empty()).collect();
    for (peer, _) in people.iter_mut().zip(ready).filter(|(_, ready)| *ready) {
        peer.read();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(20);

    /// A server's end of a connection, and a peer at the other.
    fn pair(connect: fn(SocketAddr) -> io::Result<Peer>) -> (TcpStream, Peer) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = connect(listener.local_addr().unwrap()).unwrap();
        (listener.accept().unwrap().0, peer)
    }

    /// Listens until this is so.
    fn until(people: &mut [(bool, &mut Peer)], is_so: impl Fn(&[(bool, &mut Peer)]) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !is_so(people) {
            assert!(Instant::now() < deadline, "it did not come");
            listen(people.iter_mut().map(|(looked, peer)| (*looked, &mut **peer)), deadline)
                .unwrap();
        }
    }

    fn frame(peer: &mut Peer) -> (Vec<u8>, Instant) {
        match peer.next(Dialect::Json) {
            Came::Frame(frame, came) => (frame.bytes, came),
            Came::End(how) => panic!("{how}"),
            Came::Nothing => panic!("there is nothing"),
        }
    }

    #[test]
    fn what_comes_first_came_first_whoever_is_looked_at() {
        let (mut to_ann, mut ann) = pair(Peer::connect);
        let (mut to_ben, mut ben) = pair(Peer::connect);
        to_ben.write_all(b"{\"n\":1}\n").unwrap();
        until(&mut [(true, &mut ann), (false, &mut ben)], |all| all[1].1.has_unseen());
        let between = Instant::now();
        to_ann.write_all(b"{\"n\":2}\n").unwrap();
        until(&mut [(true, &mut ann), (false, &mut ben)], |all| all[0].1.has_unseen());
        let ((second, late), (first, early)) = (frame(&mut ann), frame(&mut ben));
        assert_eq!((first.as_slice(), second.as_slice()), (&b"{\"n\":1}"[..], &b"{\"n\":2}"[..]));
        assert!(early <= between && between <= late);
    }

    #[test]
    fn a_frame_came_with_its_last_byte_and_then_came_the_end() {
        let (mut to_ann, mut ann) = pair(Peer::connect);
        to_ann.write_all(b"{\"n\"").unwrap();
        until(&mut [(true, &mut ann)], |all| all[0].1.has_unseen());
        assert!(matches!(ann.next(Dialect::Json), Came::Nothing));
        assert_eq!(ann.rest(), b"{\"n\"");
        let between = Instant::now();
        to_ann.write_all(b":1}\n").unwrap();
        drop(to_ann);
        until(&mut [(true, &mut ann)], |all| all[0].1.end.is_some());
        let (bytes, came) = frame(&mut ann);
        assert!(bytes == b"{\"n\":1}" && came >= between);
        assert!(matches!(ann.next(Dialect::Json), Came::End(how) if how == "the server hung up"));
    }

    #[test]
    fn whoever_sleeps_reads_only_when_it_is_looked_at() {
        let (mut to_ann, mut ann) = pair(Peer::connect_with_a_small_buffer);
        let (mut to_ben, mut ben) = pair(Peer::connect);
        to_ann.write_all(b"{}\n").unwrap();
        to_ben.write_all(b"{}\n").unwrap();
        until(&mut [(false, &mut ann), (false, &mut ben)], |all| all[1].1.has_unseen());
        assert!(ann.unseen.is_empty());
        until(&mut [(true, &mut ann), (false, &mut ben)], |all| all[0].1.has_unseen());
    }
}
