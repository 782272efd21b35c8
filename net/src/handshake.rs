//! The threads on which handshakes of encrypted connections run.
//!
//! A handshake costs as much processor time as hundreds of messages, and its peer may take its time. So the
//! engine hands an accepted socket over to one of these threads, and hears of it again when the handshake
//! is over: then, and not before, the connection opens. If the handshake fails or takes too long, the
//! thread logs that and closes the socket, and the layer above never learns of it.
//!
//! A handshake is counted like any connection: its [`Admitted`] token comes with it.

use std::collections::{HashMap, VecDeque};
use std::io::{self, ErrorKind};
use std::num::NonZero;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::admission::Admitted;
use crate::framing::Decoder;
use crate::stream::{Step, Stream};
use crate::sync::{Running, lock};
use crate::{Arrival, Security, SecurityError};

/// The most threads; handshakes need no more than half of the processors.
const THREADS: usize = 4;
/// The number of sockets that one wait reports.
const READY: usize = 256;
/// The token of the waker; the handshakes count up from 0.
const WAKER: Token = Token(usize::MAX);

/// A connection that is accepted and not open yet.
pub(crate) struct Newcomer {
    pub(crate) stream: Stream<TcpStream>,
    pub(crate) arrival: Arrival,
    pub(crate) decoder: Box<dyn Decoder>,
    pub(crate) admitted: Admitted,
}

/// Receives a connection whose handshake is over, on a thread of the handshakes. It may block.
pub(crate) type Welcome = Arc<dyn Fn(Newcomer) + Send + Sync>;

/// The threads of the handshakes. Dropping it ends them, and all handshakes.
pub(crate) struct Handshakes {
    workers: Vec<Arc<Inlet>>,
    next: AtomicUsize,
}

/// The way of connections to one thread.
struct Inlet {
    /// As bounded as the number of connections.
    queue: Mutex<Vec<Newcomer>>,
    stop: AtomicBool,
    waker: mio::Waker,
}

impl Inlet {
    fn wake(&self) {
        // Fails only if the thread is gone, and then nothing waits.
        let _ = self.waker.wake();
    }
}

impl Handshakes {
    /// Starts the threads. `running` counts them.
    ///
    /// # Errors
    /// When the system has no descriptor or no thread for them.
    pub(crate) fn start(
        limit: Duration,
        security: &Arc<dyn Security>,
        running: &Arc<Running>,
        welcome: &Welcome,
    ) -> io::Result<Handshakes> {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        let mut handshakes = Handshakes { workers: Vec::new(), next: AtomicUsize::new(0) };
        for index in 0..(processors / 2).clamp(1, THREADS) {
            let poll = Poll::new()?;
            let waker = mio::Waker::new(poll.registry(), WAKER)?;
            let stop = AtomicBool::new(false);
            let inlet = Arc::new(Inlet { queue: Mutex::default(), stop, waker });
            let worker = Worker {
                inlet: Arc::clone(&inlet),
                poll,
                limit,
                welcome: Arc::clone(welcome),
                next: 0,
                handshakes: HashMap::new(),
                deadlines: VecDeque::new(),
            };
            let (token, security) = (running.token(), Arc::clone(security));
            thread::Builder::new().name(format!("tls-{index}")).spawn(move || {
                let _token = token;
                security.prepare_thread();
                worker.run();
            })?;
            handshakes.workers.push(inlet);
        }
        Ok(handshakes)
    }

    /// Begins a handshake. The stream's socket does not block.
    pub(crate) fn begin(&self, newcomer: Newcomer) {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        let inlet = self.workers.iter().cycle().nth(next % self.workers.len().max(1));
        if let Some(inlet) = inlet {
            lock(&inlet.queue).push(newcomer);
            inlet.wake();
        }
    }

    /// Ends the threads and all handshakes, without waiting for them.
    pub(crate) fn stop(&self) {
        for inlet in &self.workers {
            inlet.stop.store(true, Ordering::Release);
            inlet.wake();
        }
    }
}

impl Drop for Handshakes {
    fn drop(&mut self) {
        self.stop();
    }
}

/// One thread and its handshakes.
struct Worker {
    inlet: Arc<Inlet>,
    poll: Poll,
    limit: Duration,
    welcome: Welcome,
    /// The token of the next handshake.
    next: usize,
    handshakes: HashMap<Token, Newcomer>,
    /// The deadlines of the handshakes, and of those that are over, in order.
    deadlines: VecDeque<(Instant, Token)>,
}

impl Worker {
    fn run(mut self) {
        let mut events = Events::with_capacity(READY);
        loop {
            let first = self.deadlines.front().map(|(deadline, _)| *deadline);
            let wait = first.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            match self.poll.poll(&mut events, wait) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => tracing::error!(%error, "cannot wait for handshakes"),
            }
            if self.inlet.stop.load(Ordering::Acquire) {
                return;
            }
            // Before the deadlines: after a suspension the peer's bytes may be there already.
            for event in &events {
                self.advance(event.token());
            }
            self.expire(Instant::now());
            let newcomers = std::mem::take(&mut *lock(&self.inlet.queue));
            newcomers.into_iter().for_each(|newcomer| self.begin(newcomer));
        }
    }

    fn begin(&mut self, mut newcomer: Newcomer) {
        let token = Token(self.next);
        self.next += 1;
        let interest = Interest::READABLE | Interest::WRITABLE;
        let socket = newcomer.stream.socket_mut();
        if let Err(error) = self.poll.registry().register(socket, token, interest) {
            tracing::warn!(%error, "cannot watch a connection");
            return;
        }
        self.handshakes.insert(token, newcomer);
        self.deadlines.push_back((Instant::now() + self.limit, token));
        self.advance(token);
    }

    /// Continues a handshake until it is over or its socket would block.
    fn advance(&mut self, token: Token) {
        let Some(newcomer) = self.handshakes.get(&token) else { return };
        let result = loop {
            // A bug that one peer provokes must not end the handshakes of the others.
            let step = panic::catch_unwind(AssertUnwindSafe(|| newcomer.stream.handshake()));
            match step.unwrap_or_else(|_| Err(SecurityError::Failed("a bug".to_owned()))) {
                Ok(Step::More) => {}
                Ok(Step::Blocked) => return,
                Ok(Step::Done) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.end(token, result);
    }

    fn expire(&mut self, now: Instant) {
        while let Some((deadline, token)) = self.deadlines.front().copied() {
            // Deadlines of handshakes that are over are removed early, so that few of them wait.
            if deadline > now && self.handshakes.contains_key(&token) {
                return;
            }
            self.deadlines.pop_front();
            self.end(token, Err(SecurityError::TooLate(self.limit)));
        }
    }

    fn end(&mut self, token: Token, result: Result<(), SecurityError>) {
        let Some(mut newcomer) = self.handshakes.remove(&token) else { return };
        let _ = self.poll.registry().deregister(newcomer.stream.socket_mut());
        let address = newcomer.arrival.address;
        match result {
            Ok(()) => (self.welcome)(newcomer),
            Err(error @ SecurityError::Foreign(_)) => {
                tracing::warn!(%address, "closed: {error}");
            }
            // As a health check does.
            Err(error @ (SecurityError::HungUp | SecurityError::Broken(_))) => {
                tracing::debug!(%address, "closed: {error}");
            }
            Err(error) => tracing::info!(%address, "closed: {error}"),
        }
    }
}
