//! The fast engine (the other is `threads`): one loop, on the thread that calls `recv`. It has no other
//! thread and no lock, except for handshakes of encrypted connections.
//!
//! One turn of the loop, from one `recv` to the next:
//!
//! ```text
//! recv ─► write what was sent: answers first, then for 5 ms what goes to many peers
//!         wait until a socket is ready         (mio: epoll, kqueue)
//!         accept, read, cut frames ─► events
//!         act on the deadlines that passed ─► events
//! return ─► the caller handles the events; what it sends goes into the batch
//! ```
//!
//! **Reading.** Readiness is edge-triggered: the system reports new bytes when they arrive, and need not
//! report them again. So the engine has to read from a connection until the read would block. A flooding
//! peer could keep the engine at that for ever. Therefore each turn reads only a share of 64 KiB from a
//! connection, and a connection with more to read stays in `readable` for the next turn.
//!
//! **Writing.** A send goes into a [`Batch`] first. The batch joins the messages of one turn that go to the
//! same peers into one piece, which the queues of all these peers share. If the system takes no more bytes
//! for a peer, the engine writes to the other peers and continues when the system reports that the socket
//! is writable. In that time the peer's queue fills; beyond the high-water mark the connection is closed.
//! A *paced* peer, whose client takes the result of each read for one message, gets one message per write
//! and a pause, the *gap*, after it; a deadline ends the pause.

mod accept;
mod batch;
mod connection;
mod deadlines;
mod hasher;
mod read;
mod turn;
mod unwritten;
mod write;

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mio::net::TcpListener;
use mio::{Interest, Poll, Token};

use self::batch::Batch;
use self::connection::{Connection, Phase};
use self::deadlines::Deadlines;
use self::hasher::ConnIdHasher;
use self::unwritten::Unwritten;
use super::Engine;
use crate::admission::AdmissionControl;
use crate::framing::Framing;
use crate::handshake::{Handshakes, Newcomer, Welcome};
use crate::listen::{self, Opened};
use crate::sync::lock;
use crate::{
    BindError, CloseReason, ConnId, Drained, Event, Figures, Limits, Listen, Listening, Recipients,
    Security, Waker, Wire,
};

/// The number of sockets that one wait reports.
const READY: usize = 1024;
/// The number of bytes that one read asks for. All connections share one buffer.
const READ: usize = 64 * 1024;
/// The time that one turn spends on messages to many peers, before it reads again. Otherwise a message to
/// ten thousand peers would delay the next request by a tenth of a second.
const SLICE: Duration = Duration::from_millis(5);
/// The token of the waker; the listeners count down from here, the connections up from 1.
const WAKER: Token = Token(usize::MAX);

pub(super) struct Events {
    poll: Poll,
    polled: mio::Events,
    waker: Arc<mio::Waker>,
    listeners: Vec<Listener>,
    /// The moment of the next accept, after a failed one.
    accept_again: Option<Instant>,
    /// The threads of handshakes, if a listener encrypts.
    handshakes: Option<Handshakes>,
    /// Connections whose handshakes are over. The next turn opens them.
    secured: Arc<Mutex<Vec<Newcomer>>>,
    admission: Arc<Mutex<AdmissionControl>>,
    connections: HashMap<ConnId, Box<Connection>, BuildHasherDefault<ConnIdHasher>>,
    next: u64,
    /// The number of connections whose `Closed` is neither reported nor in `pending`.
    open: usize,
    batch: Batch,
    unwritten: Unwritten,
    /// [`SLICE`], except in a test.
    slice: Duration,
    /// Connections that may have something to read, each once.
    readable: Vec<ConnId>,
    /// The number of bytes that wait in the queues of all connections.
    waiting: usize,
    figures: Arc<Figures>,
    deadlines: Deadlines,
    /// Events that arose outside `recv`, such as the end of a connection. The next `recv` returns them.
    pending: Vec<Event>,
    buffer: Vec<u8>,
    limits: Limits,
}

struct Listener {
    socket: TcpListener,
    /// The index of the caller's listener, which may have several addresses.
    listener: usize,
    framing: Arc<dyn Framing>,
    /// What encrypts the connections.
    security: Option<Arc<dyn Security>>,
    /// There may be a connection to accept.
    ready: bool,
}

impl Events {
    pub(super) fn start(
        listeners: &[Listen],
        limits: Limits,
        figures: &Arc<Figures>,
    ) -> Result<(Events, Vec<Listening>), BindError> {
        let opened = listen::open_all(listeners)?;
        let addresses: Vec<Listening> = opened.iter().map(|opened| opened.listening).collect();
        let start = || -> io::Result<Events> {
            let poll = Poll::new()?;
            let waker = Arc::new(mio::Waker::new(poll.registry(), WAKER)?);
            let mut registered = Vec::new();
            let secured: Arc<Mutex<Vec<Newcomer>>> = Arc::default();
            let security = opened.iter().find_map(|opened| opened.security.clone());
            let welcome = welcome(&secured, &waker);
            let handshakes = security.map(|security| {
                Handshakes::start(limits.handshake, &security, &Arc::default(), &welcome)
            });
            let handshakes = handshakes.transpose()?;
            for (index, Opened { socket, listening, framing, security }) in
                opened.into_iter().enumerate()
            {
                socket.set_nonblocking(true)?;
                let mut socket = TcpListener::from_std(socket);
                poll.registry().register(&mut socket, listener_token(index), Interest::READABLE)?;
                let listener = listening.listener;
                registered.push(Listener { socket, listener, framing, security, ready: false });
            }
            let admission = AdmissionControl::new(limits.admission, Instant::now());
            Ok(Events {
                poll,
                polled: mio::Events::with_capacity(READY),
                waker,
                listeners: registered,
                accept_again: None,
                handshakes,
                secured,
                admission: Arc::new(Mutex::new(admission)),
                connections: HashMap::default(),
                next: 1,
                open: 0,
                batch: Batch::default(),
                unwritten: Unwritten::default(),
                slice: SLICE,
                readable: Vec::new(),
                waiting: 0,
                figures: Arc::clone(figures),
                deadlines: Deadlines::default(),
                pending: Vec::new(),
                buffer: vec![0; READ],
                limits,
            })
        };
        let engine = start().map_err(|source| BindError::Engine { source })?;
        Ok((engine, addresses))
    }

    /// Closes a connection: writes the bytes that still wait, then waits for `hold` if it is given.
    /// Reports `Closed` without waiting. Does nothing for a connection that is closed.
    fn close_after_flush(&mut self, id: ConnId, hold: Option<Duration>) {
        if let Some(connection) = self.connections.get_mut(&id)
            && connection.phase == Phase::Open
        {
            let reason = connection.ended.unwrap_or(CloseReason::Asked);
            self.pending.push(Event::Closed(id, reason));
            self.open -= 1;
            let now = Instant::now();
            connection.close(now + self.limits.flush, hold, now);
            self.write(id);
        }
    }

    /// Closes a connection without a flush, because it is broken or its peer does not read.
    fn cut_off(&mut self, id: ConnId, reason: CloseReason) {
        if self.connections.get(&id).is_some_and(|connection| connection.phase == Phase::Open) {
            self.pending.push(Event::Closed(id, reason));
            self.open -= 1;
        }
        self.drop_connection(id);
    }

    /// Removes a connection and its deadline, and closes its socket.
    fn drop_connection(&mut self, id: ConnId) {
        if let Some(mut connection) = self.connections.remove(&id) {
            let _ = self.poll.registry().deregister(connection.stream.socket_mut());
            self.waiting -= connection.queue.bytes();
            self.deadlines.remove(connection.deadline, id);
        }
    }
}

impl Engine for Events {
    fn recv(&mut self, events: &mut Vec<Event>, timeout: Option<Duration>) {
        self.flush();
        events.append(&mut self.pending);
        // Wait only if there is no event yet.
        let timeout = if events.is_empty() { timeout } else { Some(Duration::ZERO) };
        self.wait(timeout);
        let now = Instant::now();
        self.poll_if_expired(now);
        self.accept(events, now);
        self.open_secured(events, now);
        self.read(events, now);
        self.expire(now);
        events.append(&mut self.pending);
    }

    fn send(&mut self, to: Recipients<'_>, wires: &[Wire]) {
        wires.iter().for_each(|wire| self.batch.add(to, wire));
        if self.batch.is_heavy() {
            self.flush();
        }
    }

    fn pace(&mut self, connection: ConnId, gap: Duration) {
        // Earlier messages are not paced.
        self.distribute();
        let open = self.connections.get_mut(&connection).filter(|it| it.phase == Phase::Open);
        if let Some(paced) = open {
            paced.queue.pace(gap);
            // The new gap may be shorter, so the pause after the last write may be over already.
            self.write(connection);
        }
    }

    fn close(&mut self, connection: ConnId, hold: Option<Duration>) {
        // Earlier messages are flushed before the end; later ones are not.
        self.distribute();
        self.close_after_flush(connection, hold);
    }

    fn waker(&self) -> Waker {
        let waker = Arc::clone(&self.waker);
        // `wake` fails only if the engine is gone. Then no thread waits, so the error is ignored.
        Waker::new(move || drop(waker.wake()))
    }

    fn shutdown(mut self: Box<Self>, deadline: Duration) -> Drained {
        let until = Instant::now() + deadline;
        self.listeners.clear();
        self.accept_again = None;
        self.handshakes = None;
        self.limits.flush = deadline;
        let open = self.open;
        self.distribute();
        let everyone: Vec<ConnId> = self.connections.keys().copied().collect();
        everyone.iter().for_each(|id| self.close_after_flush(*id, None));
        let mut ignored = Vec::new();
        loop {
            self.flush();
            let now = Instant::now();
            if self.connections.is_empty() || now >= until {
                let cut_off = self.connections.values().filter(|it| it.queue.bytes() > 0).count();
                return Drained { open, cut_off };
            }
            self.wait(Some(until - now));
            let now = Instant::now();
            if now < until {
                // Skipped after the deadline: `expire` would remove connections with unsent bytes, which
                // have to be counted as cut off.
                self.poll_if_expired(now);
                self.read(&mut ignored, now);
                self.expire(now);
            }
            ignored.clear();
            self.pending.clear();
        }
    }
}

/// Returns the way on which handshakes hand their connections to the loop.
fn welcome(secured: &Arc<Mutex<Vec<Newcomer>>>, waker: &Arc<mio::Waker>) -> Welcome {
    let (secured, waker) = (Arc::clone(secured), Arc::clone(waker));
    Arc::new(move |newcomer| {
        lock(&secured).push(newcomer);
        // Fails only if the engine is gone.
        let _ = waker.wake();
    })
}

fn listener_token(index: usize) -> Token {
    Token(WAKER.0 - 1 - index)
}

/// Returns the token of a connection. With 64-bit pointers no two connections have the same token.
fn token(id: ConnId) -> Token {
    Token(id.number() as usize)
}
