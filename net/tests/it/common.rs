//! Functions that the tests of `net` share: a server, and peers with raw sockets.

use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use net::framing::Framing;
use net::{ConnId, EngineKind, Event, Limits, Listen, Server, Wire};

/// The time after which a test fails if it still waits for something.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// Runs a test on each engine: `on_each_engine!(name, |engine| { .. })` makes the tests `name::events` and
/// `name::threads`.
macro_rules! on_each_engine {
    ($name:ident, |$engine:ident| $body:block) => {
        mod $name {
            use super::*;

            fn on($engine: EngineKind) {
                $body
            }

            #[test]
            fn events() {
                on(EngineKind::Events);
            }

            #[test]
            fn threads() {
                on(EngineKind::Threads);
            }
        }
    };
}

#[test]
fn the_macro_knows_every_engine() {
    assert_eq!(EngineKind::ALL, [EngineKind::Events, EngineKind::Threads]);
}

/// Starts a server with one listener, on a free port.
pub(crate) fn serve(engine: EngineKind, framing: impl Framing + 'static, limits: Limits) -> Server {
    let addresses = vec!["127.0.0.1:0".parse().unwrap()];
    let listen = Listen { addresses, framing: Arc::new(framing), security: None };
    Server::bind(&[listen], engine, limits).unwrap()
}

/// Connects a peer, with the deadline as the timeout of its reads.
pub(crate) fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.listening()[0].address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

/// Runs the server until there are `count` events.
pub(crate) fn recv(server: &mut Server, count: usize) -> Vec<Event> {
    let until = Instant::now() + DEADLINE;
    let mut events = Vec::new();
    while events.len() < count {
        assert!(Instant::now() < until, "{count} events, but only {events:?}");
        server.recv(&mut events, Some(Duration::from_secs(1)));
    }
    events
}

/// Returns the connection that opens next.
pub(crate) fn opened(server: &mut Server) -> ConnId {
    match recv(server, 1)[..] {
        [Event::Opened(id, _)] => id,
        ref other => panic!("{other:?}"),
    }
}

/// Returns the text as bytes for the wire.
pub(crate) fn wire(text: &str) -> Wire {
    Wire::from(text.as_bytes())
}
