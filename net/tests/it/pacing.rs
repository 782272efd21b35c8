//! The promises of a pace, on every engine: each send to a paced connection is a separate write, with a
//! gap between the writes.
//!
//! A slow peer may get two writes in one read, so the tests do not count reads. With a gap of an hour
//! they check that the second message does not arrive. With a short gap they check that the last message
//! does not arrive before the sum of all gaps.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use net::framing::Lines;
use net::{CloseReason, ConnId, Drained, EngineKind, Event, Flood, Limits, Server};

use crate::common::{DEADLINE, connect, opened, recv, serve, wire};

/// A gap that does not end during a test.
const HOUR: Duration = Duration::from_secs(3600);
/// A gap that a test waits for.
const GAP: Duration = Duration::from_millis(20);

/// Connects a peer.
fn join(server: &mut Server) -> (TcpStream, ConnId) {
    let peer = connect(server);
    (peer, opened(server))
}

/// Connects a peer, and gives it this pace.
fn join_paced(server: &mut Server, gap: Duration) -> (TcpStream, ConnId) {
    let (peer, id) = join(server);
    server.pace(id, gap);
    (peer, id)
}

/// Runs one turn of the server, without a wait.
fn turn(server: &mut Server) -> Vec<Event> {
    let mut events = Vec::new();
    server.recv(&mut events, Some(Duration::ZERO));
    events
}

/// Reads exactly this text.
fn receives(peer: &mut TcpStream, text: &str) {
    let mut received = vec![0; text.len()];
    peer.read_exact(&mut received).unwrap();
    assert_eq!(String::from_utf8(received).unwrap(), text);
}

/// Checks that no byte has arrived and that the connection is open.
fn receives_nothing(peer: &mut TcpStream) {
    peer.set_nonblocking(true).unwrap();
    let received = peer.read(&mut [0; 100]).map_err(|error| error.kind());
    assert_eq!(received, Err(ErrorKind::WouldBlock));
    peer.set_nonblocking(false).unwrap();
}

/// Reads to the end of the stream, on another thread; also returns the moment of the end.
fn read_to_end(mut peer: TcpStream) -> JoinHandle<(String, Instant)> {
    std::thread::spawn(move || {
        let mut text = String::new();
        peer.read_to_string(&mut text).unwrap();
        (text, Instant::now())
    })
}

/// Runs the server until the thread ends; returns the result of the thread and the events.
fn serve_until<T>(server: &mut Server, done: JoinHandle<T>) -> (T, Vec<Event>) {
    let until = Instant::now() + DEADLINE;
    let mut events = Vec::new();
    while !done.is_finished() {
        assert!(Instant::now() < until, "only {events:?}");
        server.recv(&mut events, Some(GAP));
    }
    // An event from before may still wait for a `recv`.
    events.extend(turn(server));
    (done.join().unwrap(), events)
}

/// A message that is longer than the systems' buffers, so that the peer must read before all is written.
fn more_than_the_systems_hold() -> String {
    "0123456789abcdef".repeat(1024 * 1024)
}

/// Creates messages with different texts.
fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{number}\n")).collect()
}

on_each_engine!(the_second_message_waits_for_the_gap_and_other_connections_do_not, |engine| {
    let mut server = serve(engine, Lines::new(100), Limits::default());
    let (mut paced, a) = join_paced(&mut server, HOUR);
    let (mut other, b) = join(&mut server);
    server.send(&[a], &wire("first\n"));
    server.send(&[a, b], &wire("second\n"));
    server.send(&[b], &wire("third\n"));
    turn(&mut server);
    receives(&mut other, "second\nthird\n");
    receives(&mut paced, "first\n");
    // The server still reads from it, and has had another chance to write to it too early.
    paced.write_all(b"still here\n").unwrap();
    assert!(matches!(&recv(&mut server, 1)[..], [Event::Received(from, _)] if *from == a));
    server.send(&[a], &wire("fourth\n"));
    server.send(&[b], &wire("fifth\n"));
    turn(&mut server);
    receives(&mut other, "fifth\n");
    receives_nothing(&mut paced);
    // A shorter gap ends the rest.
    server.pace(a, GAP);
    let reader = std::thread::spawn(move || {
        receives(&mut paced, "second\nfourth\n");
        paced
    });
    let (_paced, events) = serve_until(&mut server, reader);
    assert!(events.is_empty(), "{engine}: {events:?}");
});

on_each_engine!(all_messages_arrive_in_order_and_not_before_the_sum_of_the_gaps, |engine| {
    let mut server = serve(engine, Lines::new(100), Limits::default());
    let (paced, a) = join_paced(&mut server, GAP);
    let (also_paced, b) = join_paced(&mut server, GAP);
    let (other, c) = join(&mut server);
    let texts = numbered(20);
    let start = Instant::now();
    // First to all three, then to two of them, so that they share pieces.
    for (index, text) in texts.iter().enumerate() {
        let to = if index < 10 { &[a, b, c][..] } else { &[a, b] };
        server.send(to, &wire(text));
    }
    server.close(c);
    let (_, events) = serve_until(&mut server, read_to_end(other));
    assert!(matches!(events[..], [Event::Closed(id, CloseReason::Asked)] if id == c));
    let readers = [paced, also_paced].map(read_to_end);
    server.close(a);
    server.close(b);
    for reader in readers {
        let ((text, at), _) = serve_until(&mut server, reader);
        assert_eq!(text, texts.concat(), "{engine}");
        assert!(at - start >= GAP * 19, "{engine}: {:?}", at - start);
    }
});

on_each_engine!(resting_messages_fill_the_outbox_and_close_only_their_connection, |engine| {
    let limits = Limits { outbox: 1000, ..Limits::default() };
    let mut server = serve(engine, Lines::new(1000), limits);
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
        receives(&mut other, &text);
    }
    // One message is written, eleven more pass the mark, and the next one closes the connection.
    assert!(closed.is_some_and(|number| (11..=12).contains(&number)), "{engine}: {closed:?}");
});

on_each_engine!(a_resting_connection_does_not_stall, |engine| {
    let limits = Limits { stall: Duration::from_millis(50), ..Limits::default() };
    let mut server = serve(engine, Lines::new(100), limits);
    let (peer, a) = join_paced(&mut server, HOUR);
    let (_deaf, b) = join_paced(&mut server, HOUR);
    numbered(2).iter().for_each(|text| server.send(&[a], &wire(text)));
    server.send(&[b], &wire(&more_than_the_systems_hold()));
    let events = recv(&mut server, 1);
    let stalled = matches!(events[..], [Event::Closed(id, CloseReason::Stalled)] if id == b);
    assert!(stalled, "{engine}: {events:?}");
    // The other connection has rested for longer than the stall limit now.
    server.pace(a, GAP);
    server.close(a);
    assert_eq!(serve_until(&mut server, read_to_end(peer)).0.0, "0\n1\n", "{engine}");
});

on_each_engine!(a_close_and_a_drain_flush_resting_messages, |engine| {
    let texts = numbered(5);
    for drain in [false, true] {
        let mut server = serve(engine, Lines::new(100), Limits::default());
        let (peer, id) = join_paced(&mut server, GAP);
        let start = Instant::now();
        texts.iter().for_each(|text| server.send(&[id], &wire(text)));
        let reader = read_to_end(peer);
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
});

on_each_engine!(a_close_and_a_drain_shorten_gaps_that_are_too_long, |engine| {
    let limits = Limits { flush: Duration::from_secs(1), ..Limits::default() };
    let mut server = serve(engine, Lines::new(100), limits);
    let [(closed, id), (drained, _)] = [(), ()].map(|()| {
        let (mut peer, id) = join_paced(&mut server, HOUR);
        numbered(3).iter().for_each(|text| server.send(&[id], &wire(text)));
        turn(&mut server);
        receives(&mut peer, "0\n");
        (read_to_end(peer), id)
    });
    server.close(id);
    let ((text, _), events) = serve_until(&mut server, closed);
    assert!(matches!(events[..], [Event::Closed(_, CloseReason::Asked)]), "{events:?}");
    assert_eq!(text, "1\n2\n", "{engine}");
    assert_eq!(server.shutdown(limits.flush), Drained { open: 1, cut_off: 0 }, "{engine}");
    assert_eq!(drained.join().unwrap().0, "1\n2\n", "{engine}");
});

on_each_engine!(a_message_that_needs_many_writes_has_no_gap_inside, |engine| {
    let text = more_than_the_systems_hold();
    // The peer may have read the whole message before the server knows that all of it is written.
    let limits = Limits { outbox: text.len(), ..Limits::default() };
    let mut server = serve(engine, Lines::new(100), limits);
    let (mut peer, id) = join_paced(&mut server, HOUR);
    server.send(&[id], &wire(&text));
    turn(&mut server);
    let mut received = vec![0; text.len()];
    let reader = std::thread::spawn(move || {
        peer.read_exact(&mut received).unwrap();
        (received, peer)
    });
    let ((received, mut peer), events) = serve_until(&mut server, reader);
    assert!(received == text.as_bytes() && events.is_empty(), "{engine}: {events:?}");
    server.send(&[id], &wire("rests\n"));
    turn(&mut server);
    receives_nothing(&mut peer);
});

on_each_engine!(a_flood_is_slowed_down_and_its_answers_keep_their_pace, |engine| {
    let flood = Flood { burst: 2, rate: 20, ..Flood::default() };
    let limits = Limits { flood: Some(flood), ..Limits::default() };
    let texts = numbered(6);
    // The pauses of the token bucket are longer than the first gap and shorter than the others.
    for gap in [GAP, GAP * 4, HOUR] {
        let mut server = serve(engine, Lines::new(100), limits);
        let (mut peer, id) = join_paced(&mut server, gap);
        let start = Instant::now();
        peer.write_all(texts.concat().as_bytes()).unwrap();
        let mut received = Vec::new();
        while received.len() < texts.len() {
            for event in recv(&mut server, 1) {
                let Event::Received(_, frame) = event else { panic!("{engine}: {event:?}") };
                let line = String::from_utf8(frame).unwrap() + "\n";
                server.send(&[id], &wire(&line));
                received.push(line);
            }
        }
        assert_eq!(received, texts, "{engine}");
        // Four frames over the burst take 200 ms; the clock may round that down.
        let paused = start.elapsed();
        assert!(paused > Duration::from_millis(199), "{engine}: {paused:?}");
        if gap == HOUR {
            turn(&mut server);
            receives(&mut peer, &texts[0]);
            receives_nothing(&mut peer);
            continue;
        }
        server.close(id);
        let ((text, at), _) = serve_until(&mut server, read_to_end(peer));
        assert_eq!(text, texts.concat(), "{engine}");
        assert!(at - start >= gap * 5, "{engine}");
    }
});
