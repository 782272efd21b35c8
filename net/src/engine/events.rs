//! The fast engine: no thread of its own, and no lock between a read and a write. The loop is the
//! thread that calls `recv`.
//!
//! One turn of it, from one `recv` to the next:
//!
//! ```text
//! recv ─► write what the last turn sent, one write for each peer
//!         wait until something is ready        (mio: epoll, kqueue)
//!         accept, read, cut frames ─► events ─► the chat decides, and sends into the batch
//!         see to the deadlines that passed
//! ```
//!
//! Readiness is edge-triggered: the system says once that there is something to read, and says
//! so again only after everything was read. So a connection is drained until it would block. One
//! that floods would keep the others waiting that way; it reads its share of a turn, and stands
//! in `readable` for the next one.
//!
//! What is sent goes into a [`Batch`] first, so that what one turn has for the same peers is
//! joined and then shared between their outboxes. A peer that does not take its bytes at once is
//! left alone until the system says that it can be written to; meanwhile its outbox fills, up to
//! the high-water mark, and nobody waits for it. One with a pace gets its messages one by one, and
//! has a deadline while it rests between two of them.

mod accept;
mod batch;
mod connection;
mod deadlines;
mod hasher;
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
use crate::listen::{self, Opened};
use crate::{
    BindError, CloseReason, ConnId, Drained, Event, Limits, Listen, Listening, Recipients, Waker,
    Wire,
};

/// How many readinesses one wait returns.
const READY: usize = 1024;
/// How many bytes one read asks for, into one buffer for all connections.
const READ: usize = 64 * 1024;
/// The time that one turn spends on writing what goes to many, before it reads again. Ten thousand
/// writes take a tenth of a second, and a request that arrives in that time must not wait so long.
const SLICE: Duration = Duration::from_millis(5);
/// The token of the waker; the listeners count down from here, the connections up from 1.
const WAKER: Token = Token(usize::MAX);

pub(super) struct Events {
    poll: Poll,
    polled: mio::Events,
    waker: Arc<mio::Waker>,
    listeners: Vec<Listener>,
    /// When to accept again after a failure.
    accept_again: Option<Instant>,
    admission: Arc<Mutex<AdmissionControl>>,
    connections: HashMap<ConnId, Box<Connection>, BuildHasherDefault<ConnIdHasher>>,
    next: u64,
    /// How many connections are open for the caller.
    open: usize,
    batch: Batch,
    unwritten: Unwritten,
    /// The time that one turn spends on writing what is no answer.
    slice: Duration,
    /// Connections that may have something to read, each once.
    readable: Vec<ConnId>,
    /// How many bytes wait in all outboxes after the last writes.
    waiting: usize,
    deadlines: Deadlines,
    /// Decided while sending, and handed over by the next `recv`.
    decided: Vec<Event>,
    buffer: Vec<u8>,
    limits: Limits,
}

struct Listener {
    socket: TcpListener,
    /// The index of what the caller calls a listener; that may have several addresses.
    listener: usize,
    framing: Arc<dyn Framing>,
    /// It may have somebody to accept.
    ready: bool,
}

impl Events {
    pub(super) fn start(
        listeners: &[Listen],
        limits: Limits,
    ) -> Result<(Events, Vec<Listening>), BindError> {
        let opened = listen::open_all(listeners)?;
        let addresses: Vec<Listening> = opened.iter().map(|opened| opened.listening).collect();
        let start = || -> io::Result<Events> {
            let poll = Poll::new()?;
            let waker = Arc::new(mio::Waker::new(poll.registry(), WAKER)?);
            let mut registered = Vec::new();
            for (index, Opened { socket, listening, framing }) in opened.into_iter().enumerate() {
                socket.set_nonblocking(true)?;
                let mut socket = TcpListener::from_std(socket);
                poll.registry().register(&mut socket, listener_token(index), Interest::READABLE)?;
                let listener = listening.listener;
                registered.push(Listener { socket, listener, framing, ready: false });
            }
            let admission = AdmissionControl::new(limits.admission, Instant::now());
            Ok(Events {
                poll,
                polled: mio::Events::with_capacity(READY),
                waker,
                listeners: registered,
                accept_again: None,
                admission: Arc::new(Mutex::new(admission)),
                connections: HashMap::default(),
                next: 1,
                open: 0,
                batch: Batch::default(),
                unwritten: Unwritten::default(),
                slice: SLICE,
                readable: Vec::new(),
                waiting: 0,
                deadlines: Deadlines::default(),
                decided: Vec::new(),
                buffer: vec![0; READ],
                limits,
            })
        };
        let engine = start().map_err(|source| BindError::Engine { source })?;
        Ok((engine, addresses))
    }

    /// Closes a connection after the bytes that wait for it, and `hold` after the last of them. Does
    /// nothing for a connection that is closed.
    fn close_after_flush(&mut self, id: ConnId, hold: Option<Duration>) {
        if let Some(connection) = self.connections.get_mut(&id)
            && connection.phase == Phase::Open
        {
            let reason = connection.ended.unwrap_or(CloseReason::Asked);
            self.decided.push(Event::Closed(id, reason));
            self.open -= 1;
            let now = Instant::now();
            connection.close(now + self.limits.flush, hold, now);
            self.write(id);
        }
    }

    /// Closes a connection without a flush, because it is broken or its peer does not read.
    fn cut_off(&mut self, id: ConnId, reason: CloseReason) {
        if self.connections.get(&id).is_some_and(|connection| connection.phase == Phase::Open) {
            self.decided.push(Event::Closed(id, reason));
            self.open -= 1;
        }
        self.drop_connection(id);
    }

    /// Lets go of a connection and everything that it has here.
    fn drop_connection(&mut self, id: ConnId) {
        if let Some(mut connection) = self.connections.remove(&id) {
            let _ = self.poll.registry().deregister(&mut connection.stream);
            self.waiting -= connection.queue.bytes();
            self.deadlines.remove(connection.deadline, id);
        }
    }
}

impl Engine for Events {
    fn recv(&mut self, events: &mut Vec<Event>, timeout: Option<Duration>) {
        self.flush();
        events.append(&mut self.decided);
        // Wait only if there is nothing to hand over yet.
        let timeout = if events.is_empty() { timeout } else { Some(Duration::ZERO) };
        self.wait(timeout);
        let now = Instant::now();
        self.look_again(now);
        self.accept(events, now);
        self.read(events, now);
        self.expire(now);
        events.append(&mut self.decided);
    }

    fn send(&mut self, to: Recipients<'_>, wires: &[Wire]) {
        wires.iter().for_each(|wire| self.batch.add(to, wire));
        if self.batch.is_heavy() {
            self.flush();
        }
    }

    fn pace(&mut self, connection: ConnId, gap: Duration) {
        // What was sent before is not paced.
        self.distribute();
        let open = self.connections.get_mut(&connection).filter(|it| it.phase == Phase::Open);
        if let Some(paced) = open {
            paced.queue.pace(gap);
            // A rest may be over sooner now.
            self.write(connection);
        }
    }

    fn close(&mut self, connection: ConnId, hold: Option<Duration>) {
        // What was sent before is before the end; what is sent after it is not.
        self.distribute();
        self.close_after_flush(connection, hold);
    }

    fn waker(&self) -> Waker {
        let waker = Arc::clone(&self.waker);
        // It fails only when the poll is gone, and then nobody waits.
        Waker::new(move || drop(waker.wake()))
    }

    fn shutdown(mut self: Box<Self>, deadline: Duration) -> Drained {
        let until = Instant::now() + deadline;
        self.listeners.clear();
        self.accept_again = None;
        self.limits.flush = deadline;
        let open = self.open;
        self.distribute();
        let everybody: Vec<ConnId> = self.connections.keys().copied().collect();
        everybody.iter().for_each(|id| self.close_after_flush(*id, None));
        let mut unheard = Vec::new();
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
                // Not after it: whoever is dropped for being late would not be counted.
                self.look_again(now);
                self.read(&mut unheard, now);
                self.expire(now);
            }
            unheard.clear();
            self.decided.clear();
        }
    }
}

fn listener_token(index: usize) -> Token {
    Token(WAKER.0 - 1 - index)
}

/// Where a pointer has 32 bits this repeats after four billion connections, and never here.
fn token(id: ConnId) -> Token {
    Token(id.number() as usize)
}
