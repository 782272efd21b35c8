//! Connects to a host that may have several addresses, some of which may not answer.
//!
//! An address behind a broken route or a firewall does not refuse a connection. It stays silent, and an
//! attempt on it ends only with the deadline. So [`connect`] follows RFC 8305 ("Happy Eyeballs"): it tries
//! the next address after 250 ms, while the earlier attempts continue. The first connection wins, and the
//! other attempts end.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};

/// The time between the beginning of one attempt and the next.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// An address, and the error of the attempt on it.
pub(crate) type Failure = (SocketAddr, io::Error);

/// Connects to the first of these addresses that accepts the connection within `deadline`.
///
/// # Errors
/// When no address accepts the connection: one failure for each address, in the order of the attempts.
/// The outer error is a failure of this system, for example a lack of descriptors.
pub(crate) fn connect(
    addresses: &[SocketAddr],
    deadline: Duration,
) -> io::Result<Result<TcpStream, Vec<Failure>>> {
    let mut race = Race::new(addresses)?;
    let start = Instant::now();
    let until = start + deadline;
    let mut next_attempt = start;
    let mut events = Events::with_capacity(16);
    loop {
        // If all attempts have failed, the next one starts without a wait.
        while (race.is_idle() || Instant::now() >= next_attempt)
            && let Some(address) = race.untried.pop_front()
        {
            race.start_attempt(address);
            next_attempt = Instant::now() + ATTEMPT_DELAY;
        }
        if race.is_idle() {
            return Ok(Err(race.failures()));
        }
        let now = Instant::now();
        if now >= until {
            race.give_up(deadline);
            return Ok(Err(race.failures()));
        }
        let wait = if race.untried.is_empty() { until } else { until.min(next_attempt) };
        match race.poll.poll(&mut events, Some(wait.saturating_duration_since(now))) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            polled => polled?,
        }
        for event in &events {
            if let Some(stream) = race.outcome(event.token()) {
                return blocking(stream).map(Ok);
            }
        }
    }
}

/// Returns the addresses in the order of the attempts. It is the order of the resolver, but IPv4 and IPv6
/// take turns. Otherwise a client would try all IPv6 addresses first, even if IPv6 is broken.
pub(crate) fn interleave(addresses: impl IntoIterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let mut first = VecDeque::new();
    let mut second = VecDeque::new();
    for address in addresses {
        let is_first =
            first.front().is_none_or(|begin: &SocketAddr| begin.is_ipv6() == address.is_ipv6());
        let family = if is_first { &mut first } else { &mut second };
        if !family.contains(&address) {
            family.push_back(address);
        }
    }
    let mut ordered = Vec::new();
    while let Some(address) = first.pop_front() {
        ordered.push(address);
        ordered.extend(second.pop_front());
    }
    ordered.extend(second);
    ordered
}

/// Makes a stream blocking.
fn blocking(stream: mio::net::TcpStream) -> io::Result<TcpStream> {
    let stream = TcpStream::from(stream);
    stream.set_nonblocking(false)?;
    Ok(stream)
}

/// The attempts on the addresses of one host.
struct Race {
    poll: Poll,
    untried: VecDeque<SocketAddr>,
    attempts: Vec<Attempt>,
}

struct Attempt {
    address: SocketAddr,
    state: State,
}

enum State {
    Connecting(mio::net::TcpStream),
    Failed(io::Error),
}

impl Race {
    fn new(addresses: &[SocketAddr]) -> io::Result<Race> {
        let untried = addresses.iter().copied().collect();
        Ok(Race { poll: Poll::new()?, untried, attempts: Vec::new() })
    }

    /// Says whether all attempts so far have failed.
    fn is_idle(&self) -> bool {
        self.attempts.iter().all(|attempt| matches!(attempt.state, State::Failed(_)))
    }

    fn start_attempt(&mut self, address: SocketAddr) {
        let token = Token(self.attempts.len());
        let started = mio::net::TcpStream::connect(address).and_then(|mut stream| {
            self.poll.registry().register(&mut stream, token, Interest::WRITABLE)?;
            Ok(stream)
        });
        let state = started.map_or_else(State::Failed, State::Connecting);
        self.attempts.push(Attempt { address, state });
    }

    /// Handles an event on an attempt: returns the stream if it has connected, and keeps the error if it
    /// has failed.
    fn outcome(&mut self, token: Token) -> Option<mio::net::TcpStream> {
        #[expect(clippy::indexing_slicing, reason = "an attempt's token is its index")]
        let attempt = &mut self.attempts[token.0];
        let State::Connecting(stream) = &attempt.state else { return None };
        let outcome = match stream.take_error() {
            Ok(Some(error)) | Err(error) => Err(error),
            Ok(None) => match stream.peer_addr() {
                // A spurious event: the attempt continues.
                Err(error) if error.kind() == ErrorKind::NotConnected => return None,
                other => other,
            },
        };
        if let Err(error) = outcome {
            attempt.state = State::Failed(error);
            return None;
        }
        match self.attempts.swap_remove(token.0).state {
            State::Connecting(stream) => Some(stream),
            State::Failed(_) => unreachable!("the attempt was connecting a moment ago"),
        }
    }

    /// Ends the attempts that continue, and adds a failure for each address without an attempt.
    fn give_up(&mut self, deadline: Duration) {
        let unanswered = |outcome: &str| {
            io::Error::new(ErrorKind::TimedOut, format!("{outcome} within {deadline:?}"))
        };
        for attempt in &mut self.attempts {
            if let State::Connecting(_) = attempt.state {
                attempt.state = State::Failed(unanswered("no answer"));
            }
        }
        let untried = self.untried.drain(..);
        self.attempts.extend(untried.map(|address| {
            let state = State::Failed(unanswered("not tried"));
            Attempt { address, state }
        }));
    }

    fn failures(self) -> Vec<Failure> {
        let failure = |attempt: Attempt| match attempt.state {
            State::Failed(error) => (attempt.address, error),
            State::Connecting(_) => unreachable!("an attempt goes on, so the race does too"),
        };
        self.attempts.into_iter().map(failure).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use socket2::{Domain, Socket, Type};
    use std::net::TcpListener;

    /// Far more time than an attempt takes, unless it waits for the silent address.
    const DEADLINE: Duration = Duration::from_secs(60);

    fn listener(address: &str) -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// Creates an address that does not answer: its backlog is full, so that the system drops every further
    /// attempt. It stays silent until the sockets are dropped.
    fn silent() -> (Socket, Vec<TcpStream>, SocketAddr) {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into()).unwrap();
        socket.listen(0).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        let mut queued = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_secs(1)) {
            queued.push(stream);
            assert!(queued.len() < 100, "the queue of a listener is never full");
        }
        (socket, queued, address)
    }

    /// Returns an address without a listener.
    fn closed() -> SocketAddr {
        listener("127.0.0.1:0").1
    }

    #[cfg(target_os = "linux")]
    /// Waits until the system lists a connection to this address that has no answer yet.
    fn wait_for_attempt(address: SocketAddr) {
        let until = Instant::now() + DEADLINE;
        let attempt = format!(":{:04X} 02 ", address.port());
        while !std::fs::read_to_string("/proc/net/tcp").unwrap().contains(&attempt) {
            assert!(Instant::now() < until, "no attempt on {address}");
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_silent_address_does_not_delay_the_next_one_for_long() {
        let (_socket, _queued, silent) = silent();
        let (_listener, good) = listener("127.0.0.1:0");
        let start = Instant::now();
        let stream = connect(&[silent, silent, good], DEADLINE).unwrap().unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good);
        assert!(start.elapsed() < DEADLINE / 2, "{:?}", start.elapsed());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_refusal_starts_the_next_attempt_and_earlier_attempts_continue() {
        let (socket, queued, slow) = silent();
        // Makes room in the backlog of the slow address once the attempt on it has started.
        let accepting = std::thread::spawn(move || {
            wait_for_attempt(slow);
            queued.iter().for_each(|_| drop(socket.accept().unwrap()));
            socket.accept().unwrap()
        });
        let stream = connect(&[closed(), slow, closed()], DEADLINE).unwrap().unwrap();
        assert_eq!(stream.peer_addr().unwrap(), slow);
        accepting.join().unwrap();
    }

    #[test]
    fn each_address_is_reported_with_its_error() {
        let (_socket, _queued, silent) = silent();
        let refuses = closed();
        let failures = connect(&[refuses, silent], Duration::from_millis(100)).unwrap();
        let failures = failures.unwrap_err();
        let addresses: Vec<SocketAddr> = failures.iter().map(|(address, _)| *address).collect();
        assert_eq!(addresses, [refuses, silent]);
        assert_eq!(failures[0].1.kind(), ErrorKind::ConnectionRefused);
        assert_eq!(failures[1].1.to_string(), "no answer within 100ms");
    }

    #[test]
    fn the_stream_is_blocking() {
        let (listener, good) = listener("127.0.0.1:0");
        let mut stream = connect(&[good], DEADLINE).unwrap().unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let peer = std::thread::spawn(move || listener.accept().unwrap());
        drop(peer.join().unwrap());
        assert_eq!(io::Read::read(&mut stream, &mut [0; 1]).unwrap(), 0);
    }

    #[test]
    fn ipv4_and_ipv6_take_turns_in_the_order_of_the_resolver() {
        let parse = |text: &str| text.parse::<SocketAddr>().unwrap();
        let addresses = ["[::1]:1", "[::2]:1", "[::1]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"];
        let want = ["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"].map(parse);
        assert_eq!(interleave(addresses.map(parse)), want);
        let want = ["1.1.1.1:1", "[::1]:1", "2.2.2.2:1"].map(parse);
        assert_eq!(interleave(["1.1.1.1:1", "2.2.2.2:1", "[::1]:1"].map(parse)), want);
    }
}
