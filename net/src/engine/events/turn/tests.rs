//! Tests of a turn: who is read, who is written, and in which order.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use super::*;
use crate::engine::Engine;
use crate::framing::Lines;
use crate::{Limits, Listen, Recipients, Wire};

/// Far more time than a test needs.
const DEADLINE: Duration = Duration::from_secs(20);

/// Starts an engine without limits on floods; connects this many peers.
fn engine_with(count: usize) -> (Events, Vec<TcpStream>, Vec<ConnId>) {
    let address = "127.0.0.1:0".parse().unwrap();
    let framing = Arc::new(Lines::new(100));
    let listen = Listen { addresses: vec![address], framing, security: None };
    let limits = Limits { flood: None, ..Limits::default() };
    let (mut engine, addresses) = Events::start(&[listen], limits, &Arc::default()).unwrap();
    let connect = |_| TcpStream::connect(addresses[0].address).unwrap();
    let peers: Vec<TcpStream> = (0..count).map(connect).collect();
    let mut ids = Vec::new();
    while ids.len() < peers.len() {
        let mut events = Vec::new();
        engine.recv(&mut events, None);
        ids.extend(events.iter().map(|event| match event {
            Event::Opened(id, _) => *id,
            other => panic!("{other:?}"),
        }));
    }
    (engine, peers, ids)
}

/// Waits until these connections are readable, and puts them into this order.
fn wait_for(engine: &mut Events, ids: &[ConnId]) {
    let until = Instant::now() + DEADLINE;
    while engine.readable.len() < ids.len() {
        assert!(Instant::now() < until, "only {:?} became readable", engine.readable);
        engine.wait(Some(DEADLINE));
    }
    assert!(ids.iter().all(|id| engine.readable.contains(id)));
    engine.readable = ids.to_vec();
}

/// A line of a flood.
const LINE: [u8; 100] = {
    let mut line = [b'x'; 100];
    line[99] = b'\n';
    line
};

/// Writes lines until the system takes no more.
fn flood(peer: &mut TcpStream) {
    peer.set_nonblocking(true).unwrap();
    while peer.write(&LINE.repeat(100)).is_ok() {}
}

/// Reads for one turn; returns the connection of each frame, without repetitions.
fn read_turn(engine: &mut Events, events: &mut Vec<Event>) -> Vec<ConnId> {
    let before = events.len();
    engine.read(events, Instant::now());
    let from = |event: &Event| match event {
        Event::Received(id, _) => *id,
        other => panic!("{other:?}"),
    };
    let mut order: Vec<ConnId> = events[before..].iter().map(from).collect();
    order.dedup();
    order
}

#[test]
fn a_turn_reads_from_each_connection_once() {
    let (mut engine, mut peers, ids) = engine_with(2);
    flood(&mut peers[0]);
    peers[1].write_all(b"hello\n").unwrap();
    wait_for(&mut engine, &ids);
    let mut events = Vec::new();
    assert_eq!(read_turn(&mut engine, &mut events), ids);
    // The first connection has a share of 64 KiB, and the last read may go beyond it.
    assert!(events.len() * LINE.len() < 3 * 64 * 1024, "{} lines in one turn", events.len());
    assert!(!engine.buffer.is_empty(), "the next turn needs the buffer");
}

#[test]
fn the_connections_without_a_share_are_first_in_the_next_turn() {
    let (mut engine, mut peers, ids) = engine_with(3);
    flood(&mut peers[0]);
    for peer in &mut peers[1..] {
        peer.write_all(b"hello\n").unwrap();
    }
    wait_for(&mut engine, &ids);
    // One event before the limit: the first connection has its share, and the others have none.
    let received = |_| Event::Received(ids[0], Vec::new());
    let mut events: Vec<Event> = (1..EVENTS).map(received).collect();
    assert_eq!(read_turn(&mut engine, &mut events), ids[..1]);
    assert_eq!(engine.readable[..2], ids[1..]);
    // At the limit the turn reads nothing, and the order stays.
    let mut full: Vec<Event> = (0..EVENTS).map(received).collect();
    assert_eq!(read_turn(&mut engine, &mut full), []);
    assert_eq!(engine.readable[..2], ids[1..]);
    let order = read_turn(&mut engine, &mut Vec::new());
    assert_eq!(order[..2], ids[1..]);
}

#[test]
fn an_answer_is_written_before_the_messages_to_many() {
    let (mut engine, mut peers, ids) = engine_with(4);
    // A turn writes to one of the other connections.
    engine.slice = Duration::ZERO;
    let wire = |text: &str| [Wire::from(text.as_bytes())];
    engine.send(Recipients::from(&*ids), &wire("to all\n"));
    engine.send(Recipients::from(&ids[3..]), &wire("an answer\n"));
    let mut turns = Vec::new();
    while turns.last() != Some(&0) {
        assert!(turns.len() < 3, "{turns:?} connections wait after the turns");
        engine.flush();
        let waits = |id| engine.connections[id].queue.bytes() > 0;
        assert!(!waits(&ids[3]));
        turns.push(ids.iter().filter(|id| waits(id)).count());
    }
    assert_eq!(turns, [2, 1, 0]);
    // A turn with enough time writes to all of them.
    engine.slice = DEADLINE;
    engine.send(Recipients::from(&*ids), &wire("again\n"));
    engine.flush();
    assert_eq!(engine.waiting, 0);
    drop(engine);
    for (peer, want) in peers.iter_mut().zip(["", "", "", "an answer\n"]) {
        let mut got = String::new();
        peer.read_to_string(&mut got).unwrap();
        assert_eq!(got, format!("to all\n{want}again\n"));
    }
}
