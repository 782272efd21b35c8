//! The observer of the server: what it knows of each connection, and the lines that it tells.
//!
//! A frame is read on one thread, decoded and answered on another, and written on a third. So the record
//! has one lock, which each call holds for a few microseconds. It exists only with `--trace`.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use app::{Here, Ran};
use parse::{Meaning, Peer};

use super::Reader;
use super::line::{Cause, Line};

/// The most recipients that a line names.
const NAMED: usize = 64;
/// The number of closed connections whose last writes are still told.
const CLOSED: usize = 64;

/// The observer.
#[derive(Debug)]
pub(crate) struct Trace {
    began: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    connections: HashMap<u64, Connection>,
    /// The closed ones of them, the oldest first.
    closed: VecDeque<u64>,
    readers: Vec<Reader>,
    /// The command that runs: its frame, its name and its beginning.
    running: Option<(Option<Cause>, &'static str, f64)>,
    /// What takes effect: its frame, the change and the time.
    taking_effect: Option<(Option<Cause>, &'static str, f64)>,
    /// The causes of replies, each with the number of the reply behind its last one.
    causes: Vec<(usize, Option<Cause>)>,
    /// The cause of the reply that is carried out.
    cause: Option<Cause>,
}

#[derive(Debug)]
struct Connection {
    address: SocketAddr,
    is_closed: bool,
    /// The time of the latest read.
    read: f64,
    /// The length, the time of the read and the time of each frame that is not decoded.
    framed: VecDeque<(usize, f64, f64)>,
    /// The number of decoded frames.
    frames: u64,
    /// The decoded frames that wait for their turn.
    ready: VecDeque<u64>,
    /// The frames that wait for the log or for a password thread.
    in_flight: VecDeque<u64>,
    /// The number of bytes that were encoded.
    encoded: u64,
    written: u64,
}

impl Trace {
    /// Creates an observer without readers. Its time begins now.
    pub(crate) fn new() -> Trace {
        Trace { began: Instant::now(), state: Mutex::default() }
    }

    /// Adds a reader, and returns the lines that it needs first. Returns `None` if there are `most` already.
    pub(super) fn add(&self, reader: Reader, most: usize) -> Option<Vec<Line>> {
        let mut state = self.lock();
        if state.readers.len() >= most {
            return None;
        }
        state.readers.push(reader);
        let open = state.connections.iter().filter(|(_, connection)| !connection.is_closed);
        let open = open.map(|(conn, connection)| connection.opened(*conn));
        Some(std::iter::once(Line::Server { version: app::VERSION }).chain(open).collect())
    }

    /// The time in microseconds, with one decimal.
    fn now(&self) -> f64 {
        (self.began.elapsed().as_nanos() / 100) as f64 / 10.0
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Tells all readers, and forgets those that have gone.
    fn tell(&mut self, line: impl FnOnce(&mut State) -> Line) {
        if !self.readers.is_empty() {
            let line: Arc<str> = line(self).text().into();
            self.readers.retain_mut(|reader| reader.offer(&line));
        }
    }

    fn connection(&mut self, peer: Peer) -> Option<&mut Connection> {
        self.connections.get_mut(&peer.number())
    }

    /// Notes the cause of the replies up to this number that have none yet.
    fn caused(&mut self, decided: usize, cause: Option<Cause>) {
        if decided > self.causes.last().map_or(0, |(before, _)| *before) {
            self.causes.push((decided, cause));
        }
    }

    /// Something is there for the oldest frame of a peer that is in flight.
    fn begin_effect(&mut self, peer: Option<Peer>, change: &'static str, now: f64) {
        let cause = peer.and_then(|peer| {
            let frame = *self.connection(peer)?.in_flight.front()?;
            Some(Cause { conn: peer.number(), frame })
        });
        self.taking_effect = Some((cause, change, now));
    }
}

impl Connection {
    fn opened(&self, conn: u64) -> Line {
        let (frames, bytes) = (self.frames, self.encoded);
        Line::Opened { conn, address: self.address.to_string(), frames, bytes }
    }
}

impl parse::Trace for Trace {
    fn opened(&self, peer: Peer, address: SocketAddr) {
        let mut state = self.lock();
        let connection = Connection {
            address,
            is_closed: false,
            read: self.now(),
            framed: VecDeque::new(),
            frames: 0,
            ready: VecDeque::new(),
            in_flight: VecDeque::new(),
            encoded: 0,
            written: 0,
        };
        let conn = peer.number();
        let line = connection.opened(conn);
        state.connections.insert(conn, connection);
        state.tell(|_| line);
    }

    fn read(&self, peer: Peer, _bytes: usize) {
        let now = self.now();
        if let Some(connection) = self.lock().connection(peer) {
            connection.read = now;
        }
    }

    fn framed(&self, peer: Peer, bytes: usize) {
        let now = self.now();
        if let Some(connection) = self.lock().connection(peer) {
            connection.framed.push_back((bytes, connection.read, now));
        }
    }

    fn decoded(&self, peer: Peer, meaning: Meaning) {
        let (at, mut state) = (self.now(), self.lock());
        let Some(connection) = state.connection(peer) else { return };
        let Some((bytes, read, framed)) = connection.framed.pop_front() else { return };
        let (meaning, is_ready) = match meaning {
            Meaning::Request => ("request", true),
            Meaning::Answered => ("answered by the dialect", true),
            Meaning::Unreadable => ("unreadable", true),
            Meaning::Nothing => ("nothing", false),
            // No bytes of the peer.
            Meaning::Dialect => return,
        };
        connection.frames += 1;
        let frame = connection.frames;
        if is_ready {
            connection.ready.push_back(frame);
        }
        let conn = peer.number();
        state.tell(|_| Line::Decoded { conn, frame, bytes, read, framed, at, meaning });
    }

    fn encoded(&self, bytes: usize, peers: &mut dyn Iterator<Item = Peer>) {
        let (at, mut state) = (self.now(), self.lock());
        let (mut to, mut more) = (Vec::new(), 0);
        for peer in peers {
            let Some(connection) = state.connection(peer).filter(|it| !it.is_closed) else {
                continue;
            };
            let from = connection.encoded;
            connection.encoded += bytes as u64;
            if to.len() < NAMED {
                let waiting = connection.encoded.saturating_sub(connection.written);
                to.push((peer.number(), from, connection.encoded, waiting));
            } else {
                more += 1;
            }
        }
        state.tell(|state| Line::Encoded { cause: state.cause, at, to, more });
    }

    fn written(&self, peer: Peer, bytes: usize, waiting: usize) {
        let (at, mut state) = (self.now(), self.lock());
        let Some(connection) = state.connection(peer) else { return };
        connection.written += bytes as u64;
        let (conn, to) = (peer.number(), connection.written);
        state.tell(|_| Line::Written { conn, at, to, waiting });
    }

    fn closed(&self, peer: Peer) {
        let (at, mut state) = (self.now(), self.lock());
        let conn = peer.number();
        let Some(connection) = state.connection(peer) else { return };
        connection.is_closed = true;
        connection.framed = VecDeque::new();
        state.closed.push_back(conn);
        if state.closed.len() > CLOSED
            && let Some(oldest) = state.closed.pop_front()
        {
            state.connections.remove(&oldest);
        }
        state.tell(|_| Line::Closed { conn, at });
    }
}

impl app::Trace for Trace {
    fn command(&self, peer: Peer, name: &'static str, decided: usize) {
        let (now, mut state) = (self.now(), self.lock());
        state.caused(decided, None);
        let frame = state.connection(peer).and_then(|it| it.ready.pop_front());
        let cause = frame.map(|frame| Cause { conn: peer.number(), frame });
        state.running = Some((cause, name, now));
    }

    fn ran(&self, outcome: Ran, decided: usize) {
        let (at, mut state) = (self.now(), self.lock());
        let Some((Some(cause), name, began)) = state.running.take() else { return };
        state.caused(decided, Some(cause));
        let Cause { conn, frame } = cause;
        if outcome == Ran::Later
            && let Some(connection) = state.connections.get_mut(&conn)
        {
            connection.in_flight.push_back(frame);
        }
        let outcome = match outcome {
            Ran::Answered => "answered",
            Ran::Refused => "refused",
            Ran::Later => "later",
            Ran::Ignored => "ignored",
        };
        state.tell(|_| Line::Command { conn, frame, name, began, at, outcome });
    }

    fn checked(&self, peer: Peer, decided: usize) {
        let (now, mut state) = (self.now(), self.lock());
        state.caused(decided, None);
        state.begin_effect(Some(peer), "password", now);
    }

    fn committed(&self, peer: Option<Peer>, change: &'static str, decided: usize) {
        let (now, mut state) = (self.now(), self.lock());
        state.caused(decided, None);
        state.begin_effect(peer, change, now);
    }

    fn took_effect(&self, answered: bool, here: Option<Here>, decided: usize) {
        let (at, mut state) = (self.now(), self.lock());
        let Some((cause, change, log)) = state.taking_effect.take() else { return };
        state.caused(decided, cause);
        if answered
            && let Some(cause) = cause
            && let Some(connection) = state.connections.get_mut(&cause.conn)
        {
            connection.in_flight.pop_front();
        }
        let (people, here) = here.map_or((None, Vec::new()), |it| (Some(it.count), it.names));
        state.tell(|_| Line::Effect { cause, change, log, at, answered, people, here });
    }

    fn carries_out(&self, reply: Option<usize>) {
        let mut state = self.lock();
        let Some(number) = reply else {
            state.causes.clear();
            state.cause = None;
            return;
        };
        let found = state.causes.iter().find(|(end, _)| *end > number);
        state.cause = found.and_then(|(_, cause)| *cause);
    }
}
