//! The bare relay: the limit of a machine.
//!
//! Any chat server must read the messages of each client and write them to all clients. The relay does
//! only this: no parsing, no names, no log. All bytes that it reads in one turn are one batch, and each
//! peer gets the batch with one write from the same memory. So only the system calls determine its
//! figure. A server that reaches half of the figure spends as much on being a chat as on moving bytes.
//!
//! The relay searches each read for the last newline, so that a line in two pieces does not get the line
//! of another client between them.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use memchr::memrchr;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};
use socket2::{Domain, Socket, Type};

use crate::descriptors;

const LISTENER: Token = Token(usize::MAX);
const END: Token = Token(usize::MAX - 1);

/// The size of one read in bytes.
const READ: usize = 64 * 1024;

/// The most bytes that are queued for a peer. All queues share the memory of a batch.
const WAITING: usize = 64 << 20;

/// The most connections that wait to be accepted.
const BACKLOG: i32 = 4096;

/// Relays until standard input ends, which is when the parent process ends.
pub(crate) fn run() -> io::Result<()> {
    descriptors::raise();
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    socket.listen(BACKLOG)?;
    let mut listener = TcpListener::from_std(socket.into());
    let mut poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let waker = Arc::new(Waker::new(poll.registry(), END)?);
    thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        // An error ends the relay, as the end of the input does.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        let _ = waker.wake();
    })?;
    let mut out = io::stdout().lock();
    writeln!(out, "listening on {}", listener.local_addr()?)?;
    out.flush()?;

    let mut events = Events::with_capacity(1024);
    let mut relay = Relay { peers: Vec::new(), batch: Vec::new(), buffer: vec![0; READ] };
    loop {
        match poll.poll(&mut events, None) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        }
        for event in &events {
            match event.token() {
                END => return Ok(()),
                LISTENER => relay.accept(&listener, &poll)?,
                Token(index) => {
                    if event.is_writable() {
                        relay.write(index);
                    }
                    if event.is_readable() {
                        relay.read(index, event.is_read_closed());
                    }
                }
            }
        }
        relay.pass_on();
    }
}

struct Relay {
    /// Indexes are not reused, because a relay lives for one run.
    peers: Vec<Option<Peer>>,
    /// The lines that this turn has read from all peers.
    batch: Vec<u8>,
    buffer: Vec<u8>,
}

struct Peer {
    stream: TcpStream,
    /// The beginning of an incomplete line.
    partial: Vec<u8>,
    /// The queued batches, each with the number of its bytes that are written.
    waiting: VecDeque<(Rc<[u8]>, usize)>,
    bytes: usize,
}

impl Relay {
    fn accept(&mut self, listener: &TcpListener, poll: &Poll) -> io::Result<()> {
        loop {
            let mut stream = match listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            stream.set_nodelay(true)?;
            let interest = Interest::READABLE | Interest::WRITABLE;
            poll.registry().register(&mut stream, Token(self.peers.len()), interest)?;
            let (partial, waiting) = (Vec::new(), VecDeque::new());
            self.peers.push(Some(Peer { stream, partial, waiting, bytes: 0 }));
        }
    }

    /// Reads from a peer into the batch.
    #[expect(
        clippy::indexing_slicing,
        reason = "peers stay at their index, and a read returns no more than the buffer"
    )]
    fn read(&mut self, index: usize, ended: bool) {
        let place = &mut self.peers[index];
        while let Some(peer) = place {
            match peer.stream.read(&mut self.buffer) {
                Ok(0) => *place = None,
                Ok(length) => {
                    let read = &self.buffer[..length];
                    let end = memrchr(b'\n', read).map_or(0, |end| end + 1);
                    let (lines, rest) = read.split_at(end);
                    if !lines.is_empty() {
                        self.batch.append(&mut peer.partial);
                        self.batch.extend_from_slice(lines);
                    }
                    peer.partial.extend_from_slice(rest);
                    // The read has emptied the socket, as in `Crowd::serve`.
                    if length < READ && !ended {
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => *place = None,
            }
        }
    }

    /// Writes the queued batches of a peer.
    #[expect(clippy::indexing_slicing, reason = "peers stay at their index")]
    fn write(&mut self, index: usize) {
        let place = &mut self.peers[index];
        if place.as_mut().is_some_and(|peer| peer.flush().is_err()) {
            *place = None;
        }
    }

    /// Writes the batch to all peers, with one write for each.
    fn pass_on(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        // Usually the system accepts all bytes, and then the batch is not copied.
        let mut shared: Option<Rc<[u8]>> = None;
        for place in &mut self.peers {
            let Some(peer) = place else { continue };
            let written = match peer.waiting.is_empty() {
                true => write(&mut peer.stream, &self.batch),
                false => Ok(0),
            };
            match written {
                Ok(written) if written == self.batch.len() => {}
                Ok(written) if peer.bytes < WAITING => {
                    let batch = shared.get_or_insert_with(|| Rc::from(self.batch.as_slice()));
                    peer.bytes += batch.len() - written;
                    peer.waiting.push_back((Rc::clone(batch), written));
                }
                _ => *place = None,
            }
        }
        self.batch.clear();
    }
}

impl Peer {
    #[expect(clippy::indexing_slicing, reason = "a write accepts no more than the rest")]
    fn flush(&mut self) -> io::Result<()> {
        while let Some((batch, written)) = self.waiting.front_mut() {
            let more = write(&mut self.stream, &batch[*written..])?;
            *written += more;
            self.bytes -= more;
            if *written < batch.len() {
                break;
            }
            self.waiting.pop_front();
        }
        Ok(())
    }
}

/// Writes once. Returns 0 if the system has no room now.
fn write(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<usize> {
    loop {
        match stream.write(bytes) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(0),
            written => return written,
        }
    }
}
