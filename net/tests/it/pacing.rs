//! What a pace promises, on every engine: each send to a connection that has one is a write of its
//! own, with a gap between them.
//!
//! Whether two writes are two reads is up to the peer, which may be slow. So what is looked at is
//! what cannot be otherwise: with a gap of an hour the second message is not there, and with a short
//! one the last message is there no sooner than after all gaps.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use net::framing::Lines;
use net::{CloseReason, ConnId, Drained, EngineKind, Event, Flood, Limits, Server};

use crate::common::{DEADLINE, connect, opened, recv, serve, wire};

/// Nobody waits for the end of this.
const HOUR: Duration = Duration::from_secs(3600);
/// A gap that is waited for.
const GAP: Duration = Duration::from_millis(20);

/// A peer that is inside.
fn join(server: &mut Server) -> (TcpStream, ConnId) {
    let peer = connect(server);
    (peer, opened(server))
}

/// A peer that is inside, and has this pace.
fn join_paced(server: &mut Server, gap: Duration) -> (TcpStream, ConnId) {
    let (peer, id) = join(server);
    server.pace(id, gap);
    (peer, id)
}

/// Lets the server do what it has to do now.
fn turn(server: &mut Server) -> Vec<Event> {
    let mut events = Vec::new();
    server.recv(&mut events, Some(Duration::ZERO));
    events
}

/// Reads exactly this.
fn hears(peer: &mut TcpStream, text: &str) {
    let mut heard = vec![0; text.len()];
    peer.read_exact(&mut heard).unwrap();
    assert_eq!(String::from_utf8(heard).unwrap(), text);
}

/// Nothing more has come, and the peer is not cut off either.
fn hears_nothing(peer: &mut TcpStream) {
    peer.set_nonblocking(true).unwrap();
    let heard = peer.read(&mut [0; 100]).map_err(|error| error.kind());
    assert_eq!(heard, Err(ErrorKind::WouldBlock));
    peer.set_nonblocking(false).unwrap();
}

/// Reads to the end, on a thread of its own; also says when that was there.
fn listen(mut peer: TcpStream) -> JoinHandle<(String, Instant)> {
    std::thread::spawn(move || {
        let mut text = String::new();
        peer.read_to_string(&mut text).unwrap();
        (text, Instant::now())
    })
}

/// Serves until the thread has what it waits for; returns what happened meanwhile.
fn serve_until<T>(server: &mut Server, done: JoinHandle<T>) -> (T, Vec<Event>) {
    let until = Instant::now() + DEADLINE;
    let mut events = Vec::new();
    while !done.is_finished() {
        assert!(Instant::now() < until, "only {events:?}");
        server.recv(&mut events, Some(GAP));
    }
    // What was decided before may not have been asked for yet.
    events.extend(turn(server));
    (done.join().unwrap(), events)
}

/// A message that is not all written before the peer reads.
fn more_than_the_systems_hold() -> String {
    "0123456789abcdef".repeat(1024 * 1024)
}

/// Messages that can be told apart.
fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{number}\n")).collect()
}

#[test]
fn the_second_message_waits_for_the_gap_and_nobody_else_does() {
    for engine in EngineKind::ALL {
        let mut server = serve(*engine, Lines::new(100), Limits::default());
        let (mut paced, a) = join_paced(&mut server, HOUR);
        let (mut other, b) = join(&mut server);
        server.send(&[a], &wire("first\n"));
        server.send(&[a, b], &wire("second\n"));
        server.send(&[b], &wire("third\n"));
        turn(&mut server);
        hears(&mut other, "second\nthird\n");
        hears(&mut paced, "first\n");
        // It can still be heard, and once more there was time to send it too much.
        paced.write_all(b"still here\n").unwrap();
        assert!(matches!(&recv(&mut server, 1)[..], [Event::Received(from, _)] if *from == a));
        server.send(&[a], &wire("fourth\n"));
        server.send(&[b], &wire("fifth\n"));
        turn(&mut server);
        hears(&mut other, "fifth\n");
        hears_nothing(&mut paced);
        // Whoever rests goes on when the gap gets shorter.
        server.pace(a, GAP);
        let reader = std::thread::spawn(move || {
            hears(&mut paced, "second\nfourth\n");
            paced
        });
        let (_paced, events) = serve_until(&mut server, reader);
        assert!(events.is_empty(), "{engine}: {events:?}");
    }
}

#[test]
fn all_messages_come_in_order_no_sooner_than_after_all_gaps() {
    for engine in EngineKind::ALL {
        let mut server = serve(*engine, Lines::new(100), Limits::default());
        let (paced, a) = join_paced(&mut server, GAP);
        let (also_paced, b) = join_paced(&mut server, GAP);
        let (other, c) = join(&mut server);
        let texts = numbered(20);
        let start = Instant::now();
        // The same for two of them and for all three in turn, so that pieces are shared.
        for (index, text) in texts.iter().enumerate() {
            let to = if index < 10 { &[a, b, c][..] } else { &[a, b] };
            server.send(to, &wire(text));
        }
        server.close(c);
        let (_, events) = serve_until(&mut server, listen(other));
        assert!(matches!(events[..], [Event::Closed(id, CloseReason::Asked)] if id == c));
        let readers = [paced, also_paced].map(listen);
        server.close(a);
        server.close(b);
        for reader in readers {
            let ((text, at), _) = serve_until(&mut server, reader);
            assert_eq!(text, texts.concat(), "{engine}");
            assert!(at - start >= GAP * 19, "{engine}: {:?}", at - start);
        }
    }
}

#[test]
fn what_rests_fills_the_outbox_and_only_its_own_connection_is_closed() {
    let limits = Limits { outbox: 1000, ..Limits::default() };
    for engine in EngineKind::ALL {
        let mut server = serve(*engine, Lines::new(1000), limits);
        let (_paced, a) = join_paced(&mut server, HOUR);
        let (mut other, b) = join(&mut server);
        let text = "x".repeat(99) + "\n";
        let mut closed = None;
        for number in 0..20 {
            server.send(&[a, b], &wire(&text));
            for event in turn(&mut server) {
                let Event::Closed(id, reason) = event else { panic!("{engine}: {event:?}") };
                assert_eq!((id, reason), (a, CloseReason::OutboxFull { limit: 1000 }));
                assert!(closed.is_none(), "{engine}");
                closed = Some(number);
            }
            hears(&mut other, &text);
        }
        // One is written, eleven are more than the mark, and the next one is one too many.
        assert!(closed.is_some_and(|number| (11..=12).contains(&number)), "{engine}: {closed:?}");
    }
}

#[test]
fn to_rest_is_not_to_stall() {
    let limits = Limits { stall: Duration::from_millis(50), ..Limits::default() };
    for engine in EngineKind::ALL {
        let mut server = serve(*engine, Lines::new(100), limits);
        let (peer, a) = join_paced(&mut server, HOUR);
        let (_deaf, b) = join_paced(&mut server, HOUR);
        numbered(2).iter().for_each(|text| server.send(&[a], &wire(text)));
        server.send(&[b], &wire(&more_than_the_systems_hold()));
        let events = recv(&mut server, 1);
        let stalled = matches!(events[..], [Event::Closed(id, CloseReason::Stalled)] if id == b);
        assert!(stalled, "{engine}: {events:?}");
        // By now the other one has rested for longer than that.
        server.pace(a, GAP);
        server.close(a);
        assert_eq!(serve_until(&mut server, listen(peer)).0.0, "0\n1\n", "{engine}");
    }
}

#[test]
fn a_close_and_a_drain_flush_what_rests() {
    for engine in EngineKind::ALL {
        let texts = numbered(5);
        for drain in [false, true] {
            let mut server = serve(*engine, Lines::new(100), Limits::default());
            let (peer, id) = join_paced(&mut server, GAP);
            let start = Instant::now();
            texts.iter().for_each(|text| server.send(&[id], &wire(text)));
            let reader = listen(peer);
            let (text, at) = if drain {
                assert_eq!(server.shutdown(DEADLINE), Drained { open: 1, cut_off: 0 });
                reader.join().unwrap()
            } else {
                server.close(id);
                serve_until(&mut server, reader).0
            };
            assert_eq!(text, texts.concat(), "{engine}");
            assert!(at - start >= GAP * 4, "{engine}");
        }
    }
}

#[test]
fn a_gap_that_is_too_long_is_shortened_at_the_end() {
    let limits = Limits { flush: Duration::from_secs(1), ..Limits::default() };
    for engine in EngineKind::ALL {
        let mut server = serve(*engine, Lines::new(100), limits);
        let [(closed, id), (drained, _)] = [(), ()].map(|()| {
            let (mut peer, id) = join_paced(&mut server, HOUR);
            numbered(3).iter().for_each(|text| server.send(&[id], &wire(text)));
            turn(&mut server);
            hears(&mut peer, "0\n");
            (listen(peer), id)
        });
        server.close(id);
        let ((text, _), events) = serve_until(&mut server, closed);
        assert!(matches!(events[..], [Event::Closed(_, CloseReason::Asked)]), "{events:?}");
        assert_eq!(text, "1\n2\n", "{engine}");
        assert_eq!(server.shutdown(limits.flush), Drained { open: 1, cut_off: 0 }, "{engine}");
        assert_eq!(drained.join().unwrap().0, "1\n2\n", "{engine}");
    }
}

#[test]
fn a_message_that_needs_many_writes_has_no_gaps_inside() {
    let text = more_than_the_systems_hold();
    // The peer may have read all of it before the server knows that all of it is written.
    let limits = Limits { outbox: text.len(), ..Limits::default() };
    for engine in EngineKind::ALL {
        let mut server = serve(*engine, Lines::new(100), limits);
        let (mut peer, id) = join_paced(&mut server, HOUR);
        server.send(&[id], &wire(&text));
        turn(&mut server);
        let mut heard = vec![0; text.len()];
        let reader = std::thread::spawn(move || {
            peer.read_exact(&mut heard).unwrap();
            (heard, peer)
        });
        let ((heard, mut peer), events) = serve_until(&mut server, reader);
        assert!(heard == text.as_bytes() && events.is_empty(), "{engine}: {events:?}");
        server.send(&[id], &wire("rests\n"));
        turn(&mut server);
        hears_nothing(&mut peer);
    }
}

#[test]
fn a_flood_is_slowed_down_and_answered_at_its_pace() {
    let flood = Flood { burst: 2, rate: 20, ..Flood::default() };
    let limits = Limits { flood: Some(flood), ..Limits::default() };
    let texts = numbered(6);
    for engine in EngineKind::ALL {
        // A gap shorter than the pauses, one that is longer, and one that is not over.
        for gap in [GAP, GAP * 4, HOUR] {
            let mut server = serve(*engine, Lines::new(100), limits);
            let (mut peer, id) = join_paced(&mut server, gap);
            let start = Instant::now();
            peer.write_all(texts.concat().as_bytes()).unwrap();
            let mut heard = Vec::new();
            while heard.len() < texts.len() {
                for event in recv(&mut server, 1) {
                    let Event::Received(_, frame) = event else { panic!("{engine}: {event:?}") };
                    let line = String::from_utf8(frame).unwrap() + "\n";
                    server.send(&[id], &wire(&line));
                    heard.push(line);
                }
            }
            assert_eq!(heard, texts, "{engine}");
            // Four more than the burst, less what a clock may round.
            let paused = start.elapsed();
            assert!(paused > Duration::from_millis(199), "{engine}: {paused:?}");
            if gap == HOUR {
                turn(&mut server);
                hears(&mut peer, &texts[0]);
                hears_nothing(&mut peer);
                continue;
            }
            server.close(id);
            let ((text, at), _) = serve_until(&mut server, listen(peer));
            assert_eq!(text, texts.concat(), "{engine}");
            assert!(at - start >= gap * 5, "{engine}");
        }
    }
}
