//! The textbook engine: blocking sockets, and threads that each do one thing.
//!
//! ```text
//!   accept-0 ──new connection──┐
//!   recv-7   ──frame───────────┤   a bounded channel      the thread that
//!   recv-8   ──frame───────────┼──────────────────────►   calls recv()
//!                              │                               │
//!   send-7   ◄──outbox of 7────┼───────────────────────────────┤  send(&[7, 8], ..)
//!   send-8   ◄──outbox of 8────┘───────────────────────────────┘
//! ```
//!
//! The channel is bounded. When the chat falls behind, the recv threads wait for the channel and stop
//! reading, so that TCP slows the peers down. The outboxes are bounded too, but the chat's thread does not
//! wait for them: it closes a peer that does not read. That is why the two directions cannot wait for
//! each other.
//!
//! Only the thread that calls `recv` decides which connections are open. The other threads report events,
//! and that thread ignores reports about a closed connection. So each connection is closed exactly once,
//! even if several threads report its end.

mod accept;
mod connection;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use self::accept::{Acceptor, Welcomer};
use super::Engine;
use crate::admission::AdmissionControl;
use crate::handshake::{Handshakes, Welcome};
use crate::listen;
use crate::outbox::{Outbox, Push};
use crate::sync::{Running, Stop};
use crate::{
    Arrival, BindError, CloseReason, ConnId, Drained, End, Event, Figures, Frame, Limits, Listen,
    Listening, Recipients, Waker, Wire,
};

/// The number of reports that may wait for the chat before the recv threads wait.
const CHANNEL: usize = 1024;

/// The time between two looks into the channel while a drain waits for the accept threads.
const TURN: Duration = Duration::from_millis(5);

/// A report to the thread that calls `recv`.
pub(super) enum Report {
    Opened(ConnId, Arrival, Arc<Outbox>),
    Received(ConnId, Frame),
    Ended(ConnId, End),
    Failed(ConnId, CloseReason),
    Woken,
}

/// The state that the threads of an engine share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) reports: SyncSender<Report>,
    /// The threads of connections.
    pub(super) running: Arc<Running>,
    /// The accept threads, and those of handshakes.
    pub(super) accepting: Arc<Running>,
    pub(super) stop: Arc<Stop>,
    pub(super) next: Arc<AtomicU64>,
    pub(super) limits: Limits,
    pub(super) admission: Arc<Mutex<AdmissionControl>>,
    pub(super) figures: Arc<Figures>,
}

pub(super) struct Threads {
    shared: Shared,
    reports: Receiver<Report>,
    connections: HashMap<ConnId, Connection>,
    /// Events that arose on this thread. The next `recv` returns them.
    pending: Vec<Event>,
    listening: Vec<SocketAddr>,
    /// The threads of handshakes, if a listener encrypts.
    handshakes: Option<Arc<Handshakes>>,
}

struct Connection {
    outbox: Arc<Outbox>,
    /// The reason that its `Closed` event will have, after the end of its stream.
    ended: Option<CloseReason>,
}

impl Threads {
    pub(super) fn start(
        listeners: &[Listen],
        limits: Limits,
        figures: &Arc<Figures>,
    ) -> Result<(Threads, Vec<Listening>), BindError> {
        let (sender, reports) = mpsc::sync_channel(CHANNEL);
        let shared = Shared {
            reports: sender,
            running: Arc::default(),
            accepting: Arc::default(),
            stop: Arc::default(),
            next: Arc::new(AtomicU64::new(1)),
            limits,
            admission: Arc::new(Mutex::new(AdmissionControl::new(
                limits.admission,
                Instant::now(),
            ))),
            figures: Arc::clone(figures),
        };
        let opened = listen::open_all(listeners)?;
        let addresses: Vec<Listening> = opened.iter().map(|opened| opened.listening).collect();
        let refused = |source| BindError::Engine { source };
        let secured = opened.iter().find_map(|opened| opened.security.clone());
        let handshakes = secured.map(|security| {
            let welcomer = Welcomer(shared.clone());
            let welcome: Welcome = Arc::new(move |newcomer| welcomer.welcome_secured(newcomer));
            let limit = limits.handshake;
            Handshakes::start(limit, &security, &shared.accepting, &welcome).map(Arc::new)
        });
        let handshakes = handshakes.transpose().map_err(refused)?;
        for (index, opened) in opened.into_iter().enumerate() {
            let acceptor = Acceptor::new(opened, handshakes.clone(), shared.clone());
            spawn(format!("accept-{index}"), &shared.accepting, move || acceptor.run())
                .map_err(refused)?;
        }
        let engine = Threads {
            shared,
            reports,
            connections: HashMap::new(),
            pending: Vec::new(),
            listening: addresses.iter().map(|listening| listening.address).collect(),
            handshakes,
        };
        Ok((engine, addresses))
    }

    /// Removes a connection and reports it as closed; returns its outbox.
    fn remove(&mut self, id: ConnId, reason: CloseReason) -> Option<Arc<Outbox>> {
        let connection = self.connections.remove(&id)?;
        self.pending.push(Event::Closed(id, connection.ended.unwrap_or(reason)));
        Some(connection.outbox)
    }

    /// Turns a thread's report into an event, unless the connection is closed already.
    fn handle(&mut self, report: Report, events: &mut Vec<Event>) {
        match report {
            Report::Woken => {}
            Report::Opened(id, arrival, outbox) => {
                self.connections.insert(id, Connection { outbox, ended: None });
                events.push(Event::Opened(id, arrival));
            }
            Report::Received(id, frame) => {
                if self.connections.contains_key(&id) {
                    events.push(Event::Received(id, frame));
                }
            }
            Report::Ended(id, end) => {
                if let Some(connection) = self.connections.get_mut(&id) {
                    connection.ended = Some(CloseReason::of(&end));
                    events.push(Event::Ended(id, end));
                }
            }
            Report::Failed(id, reason) => {
                if let Some(connection) = self.connections.remove(&id) {
                    connection.outbox.abort();
                    events.push(Event::Closed(id, reason));
                }
            }
        }
    }
}

impl Engine for Threads {
    fn recv(&mut self, events: &mut Vec<Event>, timeout: Option<Duration>) {
        events.append(&mut self.pending);
        // Wait only if there is no event yet.
        let timeout = if events.is_empty() { timeout } else { Some(Duration::ZERO) };
        let first = match timeout {
            Some(timeout) => self.reports.recv_timeout(timeout),
            None => self.reports.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        // All reports that are there, but not more than the channel holds: the chat has to answer even
        // during a flood.
        let Ok(first) = first else { return };
        self.handle(first, events);
        for _ in 1..CHANNEL {
            let Ok(report) = self.reports.try_recv() else { break };
            self.handle(report, events);
        }
    }

    fn send(&mut self, to: Recipients<'_>, wires: &[Wire]) {
        let open = self.connections.len();
        for id in to.iter() {
            let Some(connection) = self.connections.get(&id) else { continue };
            if let Push::Full { limit } = connection.outbox.push(wires, open)
                && let Some(outbox) = self.remove(id, CloseReason::OutboxFull { limit })
            {
                outbox.abort();
            }
        }
    }

    fn pace(&mut self, connection: ConnId, gap: Duration) {
        if let Some(connection) = self.connections.get(&connection) {
            connection.outbox.pace(gap);
        }
    }

    fn close(&mut self, connection: ConnId, hold: Option<Duration>) {
        if let Some(outbox) = self.remove(connection, CloseReason::Asked) {
            outbox.close(Instant::now() + self.shared.limits.flush, hold);
        }
    }

    fn waker(&self) -> Waker {
        let reports = self.shared.reports.clone();
        // If the channel is full, `recv` does not wait anyway.
        Waker::new(move || drop(reports.try_send(Report::Woken)))
    }

    fn shutdown(self: Box<Self>, deadline: Duration) -> Drained {
        let deadline = Instant::now() + deadline;
        let Threads { shared, reports, connections, listening, handshakes, .. } = *self;
        shared.stop.set();
        handshakes.iter().for_each(|handshakes| handshakes.stop());
        for address in listening {
            accept::poke(address);
        }
        let mut outboxes: Vec<_> = connections.into_values().map(|each| each.outbox).collect();
        let open = outboxes.len();
        // Connections that were accepted after the last `recv` are still in the channel, and an accept
        // thread may wait for room in it.
        loop {
            let done = shared.accepting.wait_until(deadline.min(Instant::now() + TURN)) == 0;
            outboxes.extend(reports.try_iter().filter_map(|report| match report {
                Report::Opened(_, _, outbox) => Some(outbox),
                _ => None,
            }));
            if done || Instant::now() >= deadline {
                break;
            }
        }
        outboxes.iter().for_each(|outbox| outbox.close(deadline, None));
        // Without a receiver the recv threads do not wait for the channel any more. They continue to read
        // and discard the bytes, because unread bytes would turn into a reset.
        drop(reports);
        shared.running.wait_until(deadline);
        let cut_off = outboxes.iter().filter(|outbox| outbox.has_waiting()).count();
        outboxes.iter().for_each(|outbox| outbox.abort());
        Drained { open, cut_off }
    }
}

/// Starts a thread of the engine, named after its job.
pub(super) fn spawn(
    name: String,
    running: &Arc<Running>,
    run: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    let token = running.token();
    let builder = thread::Builder::new().name(name).stack_size(connection::STACK);
    builder
        .spawn(move || {
            let _token = token;
            run();
        })
        .map(drop)
}
