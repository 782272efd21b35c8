//! The proxy: one thread that owns all sockets and all lanes.
//!
//! It waits for sockets, for the time of a delayed write, and for commands of the page. So no lock is
//! held while a command changes a queue, and the events have one order.

mod commands;
mod pair;

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};
use parse::dialect::Dialect;

use crate::event::{Both, Event, Rules, What, millis};
use crate::lane::Refusal;
use crate::order::Order;
use pair::{Next, Pair, Side, Turn};

const LISTENER: Token = Token(0);
const WAKER: Token = Token(1);

/// Greatest number of bytes of one read.
const READ: usize = 64 * 1024;

/// Greatest number of connections. Each needs two descriptors.
const CONNECTIONS: usize = 256;

/// The time without a free descriptor after which the proxy tries to accept again.
const AGAIN: Duration = Duration::from_millis(200);

/// A command with the place of its answer. `None` ends the proxy.
type Job = Option<(Order, SyncSender<Result<(), Refusal>>)>;

/// A handle with which other threads give commands.
#[derive(Clone)]
pub(crate) struct Commander {
    jobs: SyncSender<Job>,
    waker: Arc<Waker>,
}

impl Commander {
    /// Carries out a command. Returns `None` if the proxy has ended.
    pub(crate) fn order(&self, order: Order) -> Option<Result<(), Refusal>> {
        let (reply, answer) = sync_channel(1);
        self.jobs.send(Some((order, reply))).ok()?;
        self.waker.wake().ok()?;
        answer.recv().ok()
    }

    /// Ends the proxy.
    pub(crate) fn stop(&self) {
        // An error says that it has ended.
        let _ = self.jobs.send(None);
        let _ = self.waker.wake();
    }
}

/// The sockets, the lanes, and the way to the record.
pub(crate) struct Proxy {
    poll: Poll,
    listener: TcpListener,
    to: SocketAddr,
    dialect: Arc<dyn Dialect>,
    pairs: BTreeMap<u64, Pair>,
    /// The number of the last client.
    clients: u64,
    /// The number of the last frame.
    ids: u64,
    frozen: bool,
    /// The rules of clients that come later.
    rules: Both<Rules>,
    accepts: bool,
    started: Instant,
    events: SyncSender<Event>,
    jobs: Receiver<Job>,
    commander: Commander,
    buffer: Vec<u8>,
}

impl Proxy {
    /// Creates a proxy that listens here and connects there.
    ///
    /// # Errors
    /// If the system has no descriptors for it.
    pub(crate) fn new(
        listener: std::net::TcpListener,
        to: SocketAddr,
        dialect: Arc<dyn Dialect>,
        events: SyncSender<Event>,
    ) -> io::Result<Proxy> {
        listener.set_nonblocking(true)?;
        let mut listener = TcpListener::from_std(listener);
        let poll = Poll::new()?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let (sender, jobs) = sync_channel(64);
        Ok(Proxy {
            poll,
            listener,
            to,
            dialect,
            pairs: BTreeMap::new(),
            clients: 0,
            ids: 0,
            frozen: false,
            rules: Both::default(),
            accepts: true,
            started: Instant::now(),
            events,
            jobs,
            commander: Commander { jobs: sender, waker },
            buffer: vec![0; READ],
        })
    }

    /// A handle for commands.
    pub(crate) fn commander(&self) -> Commander {
        self.commander.clone()
    }

    /// The beginning of the time of all events.
    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// Runs until a command ends it.
    ///
    /// # Errors
    /// If the system cannot wait for sockets.
    pub(crate) fn run(mut self) -> io::Result<()> {
        let mut ready = Events::with_capacity(256);
        let (listen, to) = (self.listener.local_addr()?.to_string(), self.to.to_string());
        let dialect = self.dialect.name().to_owned();
        self.tell(0, What::Started { listen, to, dialect, lines: false });
        let mut wait = None;
        loop {
            match self.poll.poll(&mut ready, wait) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            for event in &ready {
                match event.token() {
                    LISTENER => self.accepts = true,
                    WAKER => {}
                    Token(token) => {
                        let (client, place) = (token as u64 / 2, token % 2);
                        let side = self.pairs.get_mut(&client);
                        if let Some(side) = side.and_then(|pair| pair.sides.get_mut(place)) {
                            side.readable |= event.is_readable() || event.is_read_closed();
                            side.writable |= event.is_writable() || event.is_error();
                        }
                    }
                }
            }
            if !self.orders() {
                return Ok(());
            }
            let again = self.accept();
            let now = Instant::now();
            let next = self.turns(now).into_iter().chain(again.map(|again| now + again)).min();
            wait = next.map(|next| next.saturating_duration_since(Instant::now()));
        }
    }

    /// Tells the record of an event.
    #[expect(clippy::expect_used, reason = "the record lives as long as the proxy")]
    fn tell(&self, client: u64, what: What) {
        let event = Event { at: millis(self.started.elapsed()), client, what };
        self.events.send(event).expect("the record takes events until the proxy ends");
    }

    /// Carries out the commands that have arrived. Returns whether the proxy goes on.
    fn orders(&mut self) -> bool {
        loop {
            match self.jobs.try_recv() {
                Ok(Some((order, reply))) => {
                    let result = self.obey(order);
                    // The page may have gone.
                    let _ = reply.send(result);
                }
                Ok(None) | Err(TryRecvError::Disconnected) => return false,
                Err(TryRecvError::Empty) => return true,
            }
        }
    }

    /// Accepts the clients that wait. Returns the time after which it should try again.
    fn accept(&mut self) -> Option<Duration> {
        while self.accepts && self.pairs.len() < CONNECTIONS {
            match self.listener.accept() {
                Ok((stream, peer)) => {
                    self.clients += 1;
                    self.tell(self.clients, What::Opened { peer: peer.to_string() });
                    if let Err(error) = self.open(stream) {
                        let why = format!("cannot connect to {}: {error}", self.to);
                        self.tell(self.clients, What::Closed { why });
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.accepts = false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                // No descriptor is free.
                Err(_) => return Some(AGAIN),
            }
        }
        None
    }

    /// Begins the connection to the server for a new client.
    fn open(&mut self, mut client: TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let mut server = TcpStream::connect(self.to)?;
        // Without it, the page finds no hops of this client.
        if let Ok(from) = server.local_addr() {
            self.tell(self.clients, What::Route { from: from.to_string() });
        }
        let both = Interest::READABLE | Interest::WRITABLE;
        let number = usize::try_from(self.clients).map_err(io::Error::other)?;
        self.poll.registry().register(&mut client, Token(number * 2), both)?;
        self.poll.registry().register(&mut server, Token(number * 2 + 1), both)?;
        let sides = [Side::new(client), Side::new(server)];
        let pair = Pair::new(sides, &self.dialect, self.rules, self.frozen);
        self.pairs.insert(self.clients, pair);
        if self.frozen || !(self.rules.up.are_none() && self.rules.down.are_none()) {
            self.tell_lanes(self.clients);
        }
        Ok(())
    }

    /// Gives each pair a turn. Returns the times of their next ones.
    fn turns(&mut self, now: Instant) -> Vec<Instant> {
        let mut times = Vec::new();
        let mut over = Vec::new();
        let at = millis(self.started.elapsed());
        for (client, pair) in &mut self.pairs {
            let writable = pair.sides.last().is_some_and(|server| server.writable);
            if !pair.connected && writable {
                match pair.connection() {
                    Some(Ok(())) | None => {}
                    Some(Err(error)) => {
                        pair.reset(&format!("cannot connect to {}: {error}", self.to))
                    }
                }
            }
            let (buffer, ids) = (self.buffer.as_mut_slice(), &mut self.ids);
            let mut turn = Turn { now, at, buffer, ids, events: Vec::new() };
            let next = pair.turn(&mut turn);
            for what in turn.events {
                // As in `tell`, which would borrow the pairs too.
                let _ = self.events.send(Event { at, client: *client, what });
            }
            match next {
                Next::Socket => {}
                Next::At(time) => times.push(time),
                Next::End => over.push(*client),
            }
        }
        for client in over {
            if let Some(pair) = self.pairs.remove(&client) {
                self.tell(client, What::Closed { why: pair.close() });
                // A place is free for a client that waits.
                times.push(now);
            }
        }
        times
    }
}
