//! Encrypted connections, with rustls as the peer, on every engine.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use net::framing::Lines;
use net::tls::{self, Client, Pair, Trust, self_signed};
use net::{
    CloseReason, ConnId, ConnectError, Drained, End, EngineKind, Event, Fingerprint, Limits, Link,
    LinkEvent, Listen, SecurityError, Server,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::common::{DEADLINE, connect, recv, wire};

/// A peer that reads and writes plain bytes; its bytes on the wire are encrypted.
type Secured = StreamOwned<ClientConnection, TcpStream>;

/// A certificate in files, which are removed at the end.
struct Identity {
    folder: PathBuf,
    pair: Pair,
}

impl Identity {
    fn new() -> Identity {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("tls-{}-{number}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let pair = self_signed(&["localhost".to_owned()]).unwrap();
        std::fs::write(folder.join("cert.pem"), &pair.certificate).unwrap();
        std::fs::write(folder.join("key.pem"), &pair.key).unwrap();
        Identity { folder, pair }
    }

    fn server(&self) -> Arc<tls::Server> {
        let (certificate, key) = (self.folder.join("cert.pem"), self.folder.join("key.pem"));
        Arc::new(tls::Server::read(&certificate, &key, || {}).unwrap())
    }

    /// Connects a peer, and opens its connection.
    fn connect(&self, server: &mut Server) -> (Secured, ConnId) {
        let stream = connect(server);
        let (peer, mut events) = pull_while(server, || self.shake_hands(stream));
        if events.is_empty() {
            events = recv(server, 1);
        }
        match events[..] {
            [Event::Opened(id, _)] => (peer, id),
            ref other => panic!("{other:?}"),
        }
    }

    fn shake_hands(&self, stream: TcpStream) -> Secured {
        let mut roots = RootCertStore::empty();
        let certificate = CertificateDer::from_pem_slice(self.pair.certificate.as_bytes());
        roots.add(certificate.unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = "localhost".try_into().unwrap();
        let mut peer =
            StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), stream);
        while peer.conn.is_handshaking() {
            peer.conn.complete_io(&mut peer.sock).unwrap();
        }
        peer
    }
}

/// Pulls a server while other work goes on; returns the result of the work, and the events.
fn pull_while<T: Send>(server: &mut Server, work: impl FnOnce() -> T + Send) -> (T, Vec<Event>) {
    let mut events = Vec::new();
    let result = thread::scope(|scope| {
        let work = scope.spawn(work);
        while !work.is_finished() {
            server.recv(&mut events, Some(Duration::from_millis(1)));
        }
        work.join().unwrap()
    });
    (result, events)
}

impl Drop for Identity {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Starts a server with one listener that encrypts.
fn serve(engine: EngineKind, limits: Limits) -> (Server, Identity) {
    let identity = Identity::new();
    let security = Some(identity.server() as Arc<dyn net::Security>);
    let addresses = vec!["127.0.0.1:0".parse().unwrap()];
    let listen = Listen { addresses, framing: Arc::new(Lines::new(100)), security };
    (Server::bind(&[listen], engine, limits).unwrap(), identity)
}

on_each_engine!(frames_answers_and_both_ends_pass_as_on_a_plain_connection, |engine| {
    let (mut server, identity) = serve(engine, Limits::default());
    let (mut peer, id) = identity.connect(&mut server);
    peer.write_all(b"one\ntwo\n").unwrap();
    // The peer ends its direction, and still reads.
    peer.conn.send_close_notify();
    peer.flush().unwrap();
    let events = recv(&mut server, 3);
    assert!(matches!(&events[0], Event::Received(from, frame) if *from == id && frame == b"one"));
    assert!(matches!(&events[1], Event::Received(_, frame) if frame == b"two"));
    assert!(matches!(&events[2], Event::Ended(_, End::Finished)));
    server.send(&[id], &wire("answer\n"));
    server.close(id);
    let mut text = String::new();
    // rustls reports an end without a farewell as an error.
    let (read, events) = pull_while(&mut server, || peer.read_to_string(&mut text));
    assert_eq!((read.unwrap(), text.as_str()), (7, "answer\n"), "{engine}");
    assert!(matches!(events[..], [Event::Closed(_, CloseReason::Finished)]), "{events:?}");
});

on_each_engine!(a_peer_that_breaks_off_without_a_farewell_has_ended, |engine| {
    let (mut server, identity) = serve(engine, Limits::default());
    let (mut peer, id) = identity.connect(&mut server);
    peer.write_all(b"one\n").unwrap();
    peer.sock.shutdown(Shutdown::Write).unwrap();
    let events = recv(&mut server, 2);
    assert!(matches!(&events[..], [Event::Received(..), Event::Ended(_, End::Finished)]));
    server.send(&[id], &wire("still here\n"));
    server.recv(&mut Vec::new(), Some(Duration::ZERO));
    let mut line = String::new();
    BufReader::new(&mut peer).read_line(&mut line).unwrap();
    assert_eq!(line, "still here\n", "{engine}");
});

on_each_engine!(bytes_that_are_no_record_break_the_connection, |engine| {
    let (mut server, identity) = serve(engine, Limits::default());
    let (mut peer, id) = identity.connect(&mut server);
    peer.sock.write_all(b"this is no record").unwrap();
    let events = recv(&mut server, 1);
    let broken = CloseReason::Broken(ErrorKind::InvalidData);
    let is_closed =
        matches!(events[..], [Event::Closed(from, reason)] if from == id && reason == broken);
    assert!(is_closed, "{engine}: {events:?}");
});

on_each_engine!(much_text_arrives_whole_and_in_order_in_both_directions, |engine| {
    const LINES: usize = 20_000;
    let (mut server, identity) =
        serve(engine, Limits { flood: None, outbox: usize::MAX, ..Limits::default() });
    let (mut peer, id) = identity.connect(&mut server);
    let client = thread::spawn(move || {
        for number in 0..LINES {
            writeln!(peer, "{number}").unwrap();
        }
        peer.conn.send_close_notify();
        peer.flush().unwrap();
        let lines: Vec<String> = BufReader::new(peer).lines().map_while(Result::ok).collect();
        lines
    });
    let mut lines = 0;
    let mut events = Vec::new();
    while !client.is_finished() {
        server.recv(&mut events, Some(Duration::from_millis(10)));
        for event in events.drain(..) {
            match event {
                Event::Received(_, frame) => {
                    assert_eq!(frame, lines.to_string().as_bytes());
                    server.send(&[id], &wire(&format!("you said {lines}\n")));
                    lines += 1;
                }
                Event::Ended(..) => server.close(id),
                Event::Closed(_, reason) => assert_eq!(reason, CloseReason::Finished),
                Event::Opened(..) => panic!("{event:?}"),
            }
        }
    }
    let wanted: Vec<String> = (0..LINES).map(|number| format!("you said {number}")).collect();
    assert!(client.join().unwrap() == wanted, "{engine}");
});

on_each_engine!(a_peer_that_does_not_read_is_closed_at_its_limit, |engine| {
    let (mut server, identity) = serve(engine, Limits::default());
    let (_deaf, id) = identity.connect(&mut server);
    let text = wire(&"x".repeat(10_000));
    let until = Instant::now() + DEADLINE;
    let mut events = Vec::new();
    while events.is_empty() {
        assert!(Instant::now() < until, "{engine}");
        server.send(&[id], &text);
        server.recv(&mut events, Some(Duration::ZERO));
    }
    let limit = Limits::default().outbox;
    let full = CloseReason::OutboxFull { limit };
    assert!(matches!(events[..], [Event::Closed(_, reason)] if reason == full), "{events:?}");
});

on_each_engine!(a_drain_says_farewell_and_counts_the_peers_that_did_not_read, |engine| {
    let (mut server, identity) = serve(engine, Limits::default());
    let (_deaf, deaf) = identity.connect(&mut server);
    let (mut other, _) = identity.connect(&mut server);
    // A handshake that is not over is no connection yet.
    let mut shaking = connect(&server);
    shaking.write_all(&[22]).unwrap();
    server.send(&[deaf], &wire(&"0123456789abcdef".repeat(1024 * 1024)));
    let drained = server.shutdown(Duration::from_millis(500));
    assert_eq!(drained, Drained { open: 2, cut_off: 1 }, "{engine}");
    assert_eq!(other.read(&mut [0; 1]).unwrap(), 0, "a farewell, and then the end");
});

on_each_engine!(a_handshake_may_come_byte_by_byte_but_not_for_ever, |engine| {
    let limits = Limits { handshake: Duration::from_millis(300), ..Limits::default() };
    let (mut server, identity) = serve(engine, limits);
    // Silence, and a record that never ends.
    for begin in [&b""[..], b"\x16\x03\x01\x02\x00\x01"] {
        let mut peer = connect(&server);
        peer.write_all(begin).unwrap();
        let (end, events) = pull_while(&mut server, || peer.read(&mut [0; 1]).unwrap());
        assert!(end == 0 && events.is_empty(), "{engine}: closed without an answer");
    }
    let client = Client::new(Trust::Key(identity.pair.fingerprint));
    let mut session = client.connect("localhost:1").unwrap();
    let mut peer = connect(&server);
    peer.set_nodelay(true).unwrap();
    let (_, events) = pull_while(&mut server, || {
        let mut buffer = [0; 4096];
        while !session.is_established() {
            let mut bytes = Vec::new();
            session.take_outgoing(&mut bytes);
            bytes.chunks(1).for_each(|byte| peer.write_all(byte).unwrap());
            let length = peer.read(&mut buffer).unwrap();
            assert_eq!(session.receive(&buffer[..length]), Ok(length));
        }
    });
    assert!(events.is_empty(), "{engine}: the failed handshakes opened nothing: {events:?}");
    // The first frame goes with the end of the handshake.
    session.encrypt(&[std::io::IoSlice::new(b"hello\n")]);
    let mut bytes = Vec::new();
    session.take_outgoing(&mut bytes);
    peer.write_all(&bytes).unwrap();
    let events = recv(&mut server, 2);
    let [Event::Opened(..), Event::Received(_, frame)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(frame, b"hello", "{engine}");
});

on_each_engine!(a_peer_without_tls_is_closed_without_an_answer, |engine| {
    let (mut server, _identity) = serve(engine, Limits::default());
    for text in ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "{", "LOGIN eve\n"] {
        let mut peer = connect(&server);
        peer.write_all(text.as_bytes()).unwrap();
        // The end, or a reset because of the bytes that nobody read.
        let mut heard = Vec::new();
        let (end, events) = pull_while(&mut server, || peer.read_to_end(&mut heard));
        assert!(events.is_empty(), "{engine}: {events:?}");
        assert!(end.is_ok() || end.unwrap_err().kind() == ErrorKind::ConnectionReset, "{engine}");
        assert_eq!(heard, b"", "{engine}: {text}");
    }
});

on_each_engine!(a_link_exchanges_frames_only_with_a_server_that_it_trusts, |engine| {
    let (mut server, identity) = serve(engine, Limits::default());
    let target = server.listening()[0].address.to_string();
    let link = |trust| {
        let session = Client::new(trust).connect(&target).unwrap();
        Link::connect_secured(&target, DEADLINE, &Lines::new(100), Limits::default(), session)
    };
    let key = identity.pair.fingerprint;
    let known = Fingerprint::new([1; 32]);
    let (refused, events) =
        pull_while(&mut server, || link(Trust::Authorities { known: Some(known) }));
    assert!(events.is_empty(), "{engine}: {events:?}");
    match refused {
        Err(ConnectError::Insecure { source, .. }) => {
            assert_eq!(source, SecurityError::ChangedKey { key, known });
        }
        other => panic!("{other:?}"),
    }
    let (link, mut events) = pull_while(&mut server, || link(Trust::Key(key)));
    let mut link = link.unwrap();
    link.sender.send(&wire("hello\n"));
    events.extend(recv(&mut server, 2 - events.len()));
    let [Event::Opened(id, _), Event::Received(_, frame)] = &events[..] else {
        panic!("{engine}: {events:?}")
    };
    assert_eq!(frame, b"hello");
    server.send(&[*id], &wire("hello to you\n"));
    server.close(*id);
    server.recv(&mut Vec::new(), Some(Duration::ZERO));
    let event = link.receiver.recv(Some(DEADLINE));
    assert!(matches!(&event, LinkEvent::Received(line) if line == b"hello to you"), "{event:?}");
    let event = link.receiver.recv(Some(DEADLINE));
    assert!(matches!(event, LinkEvent::Closed(CloseReason::Finished)), "{event:?}");
});

#[test]
fn a_link_waits_for_a_handshake_no_longer_than_its_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let client = Client::new(Trust::Key(Fingerprint::new([0; 32])));
    let deadline = Duration::from_millis(50);
    let session = client.connect(&target).unwrap();
    let framing = Lines::new(100);
    let link = Link::connect_secured(&target, deadline, &framing, Limits::default(), session);
    let error = link.unwrap_err().to_string();
    let want = format!("cannot connect to {target}: the TLS handshake was not over within 50ms");
    assert_eq!(error, want);
}

on_each_engine!(handshakes_do_not_delay_a_peer_that_is_open, |engine| {
    const HANDSHAKES: usize = 100;
    let limits = Limits { flood: None, ..Limits::default() };
    let (mut server, identity) = serve(engine, limits);
    let (mut peer, id) = identity.connect(&mut server);
    let chat = thread::spawn(move || {
        let mut reader = BufReader::new(&mut peer);
        for number in 0..50 {
            writeln!(reader.get_mut(), "{number}").unwrap();
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            assert_eq!(line, format!("{number}\n"));
        }
    });
    let mut shaking: Vec<TcpStream> = (0..HANDSHAKES).map(|_| connect(&server)).collect();
    let client = Client::new(Trust::Key(identity.pair.fingerprint));
    for peer in &mut shaking {
        let mut hello = Vec::new();
        client.connect("localhost:1").unwrap().take_outgoing(&mut hello);
        peer.write_all(&hello).unwrap();
    }
    let mut events = Vec::new();
    while !chat.is_finished() {
        server.recv(&mut events, Some(Duration::from_millis(10)));
        for event in events.drain(..) {
            match event {
                Event::Received(from, frame) => {
                    assert_eq!(from, id);
                    let line = String::from_utf8(frame).unwrap() + "\n";
                    server.send(&[id], &wire(&line));
                }
                Event::Ended(..) => server.close(id),
                Event::Closed(..) => {}
                Event::Opened(..) => panic!("{engine}: no other handshake is over"),
            }
        }
    }
    chat.join().unwrap();
    // All of them got an answer.
    let answered = || shaking.iter().all(|mut peer| peer.read(&mut [0; 100]).unwrap() > 0);
    assert!(pull_while(&mut server, answered).0, "{engine}");
});
