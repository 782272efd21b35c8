//! A server that sends every line back to the client that sent it.
//!
//! Start it with `cargo run -p net --example echo`, connect with `nc 127.0.0.1 7000` and type.

#![allow(clippy::print_stdout, reason = "an example prints its events")]

use std::net::SocketAddr;
use std::sync::Arc;

use net::framing::{Framing, Lines};
use net::{BindError, EngineKind, Event, Limits, Listen, Server, Wire};

fn main() -> Result<(), BindError> {
    let framing = Arc::new(Lines::new(1000));
    let addresses = vec![SocketAddr::from(([127, 0, 0, 1], 7000))];
    let listen = Listen { addresses, framing: framing.clone(), security: None };
    let mut server = Server::bind(&[listen], EngineKind::default(), Limits::default())?;
    println!("listening: {:?}", server.listening());

    let mut events = Vec::new();
    loop {
        server.recv(&mut events, None);
        for event in events.drain(..) {
            match event {
                Event::Opened(id, arrival) => println!("{id}: connected from {}", arrival.address),
                Event::Received(id, line) => {
                    let mut wire = Vec::new();
                    framing.encode(&line, &mut wire);
                    server.send(&[id], &Wire::from(wire));
                }
                Event::Ended(id, _) => server.close(id),
                Event::Closed(id, reason) => println!("{id}: closed: {reason}"),
            }
        }
    }
}
