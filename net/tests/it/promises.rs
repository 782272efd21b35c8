//! The promises of [`net::Server`], with raw sockets as peers, on every engine.

use std::io::{BufRead, BufReader, Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use net::framing::{Decoder, Framing, Lines};
use net::{CloseReason, Drained, End, EngineKind, Event, Frame, FramingError, Limits, Wire};

use crate::common::{DEADLINE, connect, opened, recv, serve, wire};

on_each_engine!(frames_are_received_in_order_and_the_end_follows_them, |engine| {
    let mut server = serve(engine, Lines::new(100), Limits::default());
    let mut peer = connect(&server);
    let id = opened(&mut server);
    peer.write_all(b"one\ntwo\n").unwrap();
    drop(peer);
    let events = recv(&mut server, 3);
    assert!(matches!(&events[0], Event::Received(from, frame) if *from == id && frame == b"one"));
    assert!(matches!(&events[1], Event::Received(_, frame) if frame == b"two"));
    assert!(matches!(&events[2], Event::Ended(_, End::Finished)));
    // The server can send until it closes the connection, and reports the end once.
    server.close(id);
    server.close(id);
    let events = recv(&mut server, 1);
    assert!(matches!(events[..], [Event::Closed(_, CloseReason::Finished)]), "{events:?}");
    let mut more = Vec::new();
    server.send(&[id], &wire("late\n"));
    server.recv(&mut more, Some(Duration::from_millis(50)));
    assert!(more.is_empty(), "{engine}: {more:?}");
});

on_each_engine!(messages_arrive_in_order_and_a_close_flushes_them, |engine| {
    let mut server = serve(engine, Lines::new(100), Limits::default());
    let first = connect(&server);
    let a = opened(&mut server);
    let second = connect(&server);
    let b = opened(&mut server);
    let mut wanted = String::new();
    for number in 0..1000 {
        let text = format!("{number}\n");
        // Messages to both peers and to one of them must not overtake each other.
        server.send(&[a, b], &wire(&text));
        server.send(&[a], &wire("only a\n"));
        wanted += &text;
    }
    server.close(a);
    server.close(b);
    server.send(&[a, b], &wire("after the close\n"));
    let readers = [first, second].map(|mut peer| {
        std::thread::spawn(move || {
            let mut text = String::new();
            peer.read_to_string(&mut text).unwrap();
            text
        })
    });
    assert_eq!(recv(&mut server, 2).len(), 2);
    let mut rest = Vec::new();
    server.recv(&mut rest, Some(Duration::ZERO));
    assert_eq!(server.shutdown(DEADLINE).cut_off, 0);
    let [of_a, of_b] = readers.map(|reader| reader.join().unwrap());
    assert_eq!(of_b, wanted, "{engine}");
    assert_eq!(of_a, wanted.replace('\n', "\nonly a\n"), "{engine}");
});

on_each_engine!(a_drain_counts_the_peers_that_did_not_read_everything_in_time, |engine| {
    let mut server = serve(engine, Lines::new(100), Limits::default());
    let _deaf = connect(&server);
    let id = opened(&mut server);
    let _other = connect(&server);
    opened(&mut server);
    // More than the buffers of the systems at both ends hold.
    server.send(&[id], &wire(&"0123456789abcdef".repeat(1024 * 1024)));
    let drained = server.shutdown(Duration::from_millis(100));
    assert_eq!(drained, Drained { open: 2, cut_off: 1 }, "{engine}");
});

on_each_engine!(a_waker_ends_a_recv, |engine| {
    let mut server = serve(engine, Lines::new(100), Limits::default());
    let waker = server.waker();
    let woken = std::thread::spawn(move || waker.wake());
    let start = Instant::now();
    server.recv(&mut Vec::new(), Some(DEADLINE));
    assert!(start.elapsed() < DEADLINE, "{engine}");
    woken.join().unwrap();
});

/// Frames that end at a newline, with a decoder that panics at an exclamation mark.
struct Fragile;

impl Framing for Fragile {
    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(FragileDecoder(Lines::new(100).decoder()))
    }

    fn encode(&self, payload: &[u8], wire: &mut Vec<u8>) {
        Lines::new(100).encode(payload, wire);
    }
}

struct FragileDecoder(Box<dyn Decoder>);

impl Decoder for FragileDecoder {
    fn decode(&mut self, input: &[u8], frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        assert!(!input.contains(&b'!'), "the bug of this test");
        self.0.decode(input, frames)
    }

    fn finish(&mut self, frames: &mut Vec<Frame>) -> Result<(), FramingError> {
        self.0.finish(frames)
    }
}

on_each_engine!(a_bug_in_a_decoder_ends_its_own_connection_and_no_other, |engine| {
    let mut server = serve(engine, Fragile, Limits::default());
    let mut healthy = connect(&server);
    let id = opened(&mut server);
    let mut unlucky = connect(&server);
    let other = opened(&mut server);
    unlucky.write_all(b"!\n").unwrap();
    let events = recv(&mut server, 1);
    let bug = matches!(events[..], [Event::Closed(from, CloseReason::Bug)] if from == other);
    assert!(bug, "{engine}: {events:?}");
    healthy.write_all(b"still here\n").unwrap();
    assert!(matches!(&recv(&mut server, 1)[..], [Event::Received(from, _)] if *from == id));
    server.send(&[id], &wire("so am I\n"));
    server.recv(&mut Vec::new(), Some(Duration::ZERO));
    let mut line = String::new();
    BufReader::new(&healthy).read_line(&mut line).unwrap();
    assert_eq!(line, "so am I\n");
});

on_each_engine!(an_answer_of_many_messages_is_sent_whole_even_over_a_low_mark, |engine| {
    let limits = Limits { outbox: 100, ..Limits::default() };
    let answer: Vec<Wire> = (0..20).map(|n| wire(&format!("{n:0>49}\n"))).collect();
    for paced in [false, true] {
        let mut server = serve(engine, Lines::new(100), limits);
        let mut peer = connect(&server);
        let id = opened(&mut server);
        if paced {
            server.pace(id, Duration::from_millis(1));
        }
        server.send_all(net::Recipients::from(&[id][..]), &answer);
        server.close(id);
        let reader = thread::spawn(move || {
            let mut text = String::new();
            peer.read_to_string(&mut text).map(|_| text.lines().count())
        });
        while !reader.is_finished() {
            server.recv(&mut Vec::new(), Some(Duration::from_millis(1)));
        }
        assert_eq!(reader.join().unwrap().unwrap(), 20, "{engine}, paced: {paced}");
    }
});

on_each_engine!(close_after_hangs_up_some_time_after_the_last_byte, |engine| {
    let hold = Duration::from_millis(50);
    let mut server = serve(engine, Lines::new(100), Limits::default());
    let mut peer = connect(&server);
    let id = opened(&mut server);
    server.send(&[id], &wire("goodbye\n"));
    let start = Instant::now();
    server.close_after(id, hold);
    let reader = thread::spawn(move || {
        let mut answer = String::new();
        peer.read_to_string(&mut answer).map(|_| (answer, start.elapsed()))
    });
    while !reader.is_finished() {
        server.recv(&mut Vec::new(), Some(Duration::from_millis(1)));
    }
    let (answer, held) = reader.join().unwrap().unwrap();
    assert!(answer == "goodbye\n" && held >= hold, "{engine}: {answer:?} {held:?}");
});
