//! A server and its peers, raw: what the tests of `net` share.

use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use net::framing::Framing;
use net::{ConnId, EngineKind, Event, Limits, Listen, Server, Wire};

/// How long anything may take before a test gives up on it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// A server with one listener, on a port of its own.
pub(crate) fn serve(engine: EngineKind, framing: impl Framing + 'static, limits: Limits) -> Server {
    let addresses = vec!["127.0.0.1:0".parse().unwrap()];
    Server::bind(&[Listen { addresses, framing: Arc::new(framing) }], engine, limits).unwrap()
}

/// A peer, which waits no longer than the deadline for anything.
pub(crate) fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.listening()[0].address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

/// What happens until there are so many events.
pub(crate) fn recv(server: &mut Server, count: usize) -> Vec<Event> {
    let until = Instant::now() + DEADLINE;
    let mut events = Vec::new();
    while events.len() < count {
        assert!(Instant::now() < until, "{count} events, but only {events:?}");
        server.recv(&mut events, Some(Duration::from_secs(1)));
    }
    events
}

/// The connection that just opened.
pub(crate) fn opened(server: &mut Server) -> ConnId {
    match recv(server, 1)[..] {
        [Event::Opened(id, _)] => id,
        ref other => panic!("{other:?}"),
    }
}

/// Text, ready for the wire.
pub(crate) fn wire(text: &str) -> Wire {
    Wire::from(text.as_bytes())
}
