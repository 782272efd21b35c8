//! All clients, and the one loop that reads from them.
//!
//! The crowd uses one thread and an edge-triggered poll. The tool shares its machine with the server,
//! so two threads for each of ten thousand clients would change the result. It reads into one large
//! buffer, which stays in the cache of the processor.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};

use crate::client::{Client, PER_SOURCE};
use crate::failure::Failure;
use crate::histogram::Histogram;
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::tls::Tls;

/// The most connects, and later logins, that are outstanding. A smaller number would measure round
/// trips; a number above the backlog of a listener would measure retries of the system.
pub(crate) const WINDOW: u32 = 200;

/// The time after which a silent server counts as failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// The size of one read in bytes.
const READ: usize = 256 * 1024;

/// The most clients that one wait reports.
const EVENTS: usize = 1024;

/// The longest line that is accepted. It is longer than any backlog in the answer to a login.
const LINE: usize = 16 << 20;

/// All clients.
pub(crate) struct Crowd {
    poll: Poll,
    events: Events,
    /// The events of the last wait, in reverse order.
    ready: Vec<Ready>,
    clients: Vec<Client>,
    names: Rc<[String]>,
    buffer: Vec<u8>,
    /// Memory for encrypted bytes; empty without TLS.
    encrypted: Vec<u8>,
    started: Instant,
    interrupt: Interrupt,
}

/// An event of a client.
#[derive(Debug, Clone, Copy)]
struct Ready {
    client: u32,
    readable: bool,
    writable: bool,
    /// The server has ended its side: the last bytes are followed by the end of the stream.
    ended: bool,
}

impl Crowd {
    /// Connects a client for each name, to the addresses in turn, with TLS or without. Also returns the time
    /// of each connect, with the handshake.
    pub(crate) fn connect(
        addresses: &[SocketAddr],
        tls: Option<&Tls>,
        names: Rc<[String]>,
        interrupt: Interrupt,
        progress: &mut Progress,
    ) -> Result<(Crowd, Histogram), Failure> {
        Crowd::connect_from(PER_SOURCE, addresses, tls, names, interrupt, progress)
    }

    /// The same, where `per_source` clients share a source address.
    #[expect(clippy::indexing_slicing, reason = "the poll reports only clients, each with a start")]
    pub(crate) fn connect_from(
        per_source: u32,
        addresses: &[SocketAddr],
        tls: Option<&Tls>,
        names: Rc<[String]>,
        interrupt: Interrupt,
        progress: &mut Progress,
    ) -> Result<(Crowd, Histogram), Failure> {
        let poll = Poll::new().map_err(|error| system("poll", &error))?;
        let mut crowd = Crowd {
            poll,
            events: Events::with_capacity(EVENTS),
            ready: Vec::with_capacity(EVENTS),
            clients: Vec::with_capacity(names.len()),
            names,
            buffer: vec![0; READ],
            encrypted: vec![0; if tls.is_some() { READ } else { 0 }],
            started: Instant::now(),
            interrupt,
        };
        let address = |client: usize| addresses[client % addresses.len()];
        let cannot = |client, error: io::Error| {
            Failure::CannotConnect(format!("{}: {error}", address(client)))
        };
        let mut started = Vec::with_capacity(crowd.names.len());
        let mut took = Histogram::new();
        let mut heard = Instant::now();
        while took.count() < crowd.names.len() as u64 {
            while crowd.clients.len() < crowd.names.len()
                && crowd.clients.len() as u64 - took.count() < u64::from(WINDOW)
            {
                started.push(Some(crowd.now()));
                let client = crowd.clients.len();
                let added = crowd.add(address(client), per_source, tls);
                added.map_err(|error| cannot(client, error))?;
            }
            crowd.wait(Duration::from_millis(100))?;
            let now = crowd.now();
            for ready in std::mem::take(&mut crowd.ready) {
                let index = ready.client as usize;
                if crowd.clients[index].is_connected().map_err(|error| cannot(index, error))?
                    && let Some(since) = started[index].take()
                {
                    took.record(now - since);
                    heard = Instant::now();
                }
            }
            if heard.elapsed() > PATIENCE {
                let silent = started.iter().position(Option::is_some).unwrap_or(0);
                return Err(cannot(silent, io::ErrorKind::TimedOut.into()));
            }
            progress.tell(|| format!("{} of {} connected", took.count(), crowd.names.len()));
        }
        Ok((crowd, took))
    }

    fn add(&mut self, address: SocketAddr, per_source: u32, tls: Option<&Tls>) -> io::Result<()> {
        let index = self.clients.len() as u32;
        let mut client = Client::connect(index, address, per_source, tls)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut client.stream, Token(index as usize), interest)?;
        self.clients.push(client);
        Ok(())
    }

    /// Nanoseconds since the first client began to connect: the clock of the run.
    pub(crate) fn now(&self) -> u64 {
        self.started.elapsed().as_nanos() as u64
    }

    /// Waits until a client has an event, or until the timeout.
    pub(crate) fn wait(&mut self, timeout: Duration) -> Result<(), Failure> {
        self.interrupt.check()?;
        // The system reports each event once. A caller that stopped serving in the middle must find
        // the other events here.
        if !self.ready.is_empty() {
            return Ok(());
        }
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            Err(error) => return Err(system("poll", &error)),
        }
        self.ready.extend(self.events.iter().map(|event| Ready {
            client: event.token().0 as u32,
            readable: event.is_readable(),
            writable: event.is_writable(),
            ended: event.is_read_closed() || event.is_error(),
        }));
        self.ready.reverse();
        Ok(())
    }

    /// Serves one client that has an event: passes the lines that it receives to `receive`. Returns the
    /// client, or `None` when all events are served.
    #[expect(
        clippy::indexing_slicing,
        reason = "the poll reports only clients, and a read returns no more than the buffer"
    )]
    pub(crate) fn serve(
        &mut self,
        mut receive: impl FnMut(u32, &[u8], u64) -> Result<(), Failure>,
    ) -> Result<Option<u32>, Failure> {
        let Some(ready) = self.ready.pop() else { return Ok(None) };
        let client = &mut self.clients[ready.client as usize];
        let name = self.names[ready.client as usize].as_str();
        if ready.writable {
            client.flush().map_err(|error| hung_up(name, Some(error)))?;
        }
        if !ready.readable {
            return Ok(Some(ready.client));
        }
        loop {
            let length = match client.read(&mut self.buffer, &mut self.encrypted) {
                Ok(Some(0)) => return Err(hung_up(name, None)),
                Ok(Some(length)) => length,
                Ok(None) => break,
                Err(error) => return Err(hung_up(name, Some(error))),
            };
            let now = self.started.elapsed().as_nanos() as u64;
            client.cut(&self.buffer[..length], |block| receive(ready.client, block, now))?;
            if client.partial() > LINE {
                return Err(Failure::Broken(format!(
                    "{name} got a line of more than {LINE} bytes"
                )));
            }
            // A read that did not fill the buffer has emptied the socket (epoll(7), questions
            // and answers), so the read that would say so is not necessary.
            if length < READ && !ready.ended {
                break;
            }
        }
        Ok(Some(ready.client))
    }

    /// Sends a line for a client.
    #[expect(clippy::indexing_slicing, reason = "only the tool names clients here")]
    pub(crate) fn send(&mut self, client: u32, line: &[u8]) -> Result<(), Failure> {
        let (sender, name) = (&mut self.clients[client as usize], &self.names[client as usize]);
        sender.send(line).map_err(|error| hung_up(name, Some(error)))
    }
}

/// The names of clients: a prefix and a number from 0.
pub(crate) fn names(prefix: &str, clients: u32) -> Rc<[String]> {
    (0..clients).map(|client| format!("{prefix}{client}")).collect()
}

fn hung_up(name: &str, error: Option<io::Error>) -> Failure {
    let why = error.map_or_else(String::new, |error| format!(" ({error})"));
    Failure::Broken(format!("the server closed the connection of {name}{why}"))
}

fn system(what: &str, error: &io::Error) -> Failure {
    Failure::Broken(format!("cannot {what}: {error}"))
}
