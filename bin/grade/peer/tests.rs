//! The times at which frames arrive.

use std::net::TcpListener;

use socket2::{Domain, Type};

use super::*;

const DEADLINE: Duration = Duration::from_secs(20);

/// A server's end of a connection, and a peer at the other.
fn pair(connect: fn(Socket, SocketAddr) -> io::Result<Peer>) -> (TcpStream, Peer) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let peer = connect(socket, listener.local_addr().unwrap()).unwrap();
    (listener.accept().unwrap().0, peer)
}

/// Polls until the condition holds.
fn until(peers: &mut [(bool, &mut Peer)], is_so: impl Fn(&[(bool, &mut Peer)]) -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !is_so(peers) {
        assert!(Instant::now() < deadline, "the bytes did not arrive");
        poll_peers(peers.iter_mut().map(|(looked, peer)| (*looked, &mut **peer)), deadline)
            .unwrap();
    }
}

fn frame(peer: &mut Peer) -> (Vec<u8>, Instant) {
    match peer.next(Dialect::Json) {
        Incoming::Frame(frame, came) => (frame.bytes, came),
        Incoming::End(how) => panic!("{how}"),
        Incoming::Nothing => panic!("no frame arrived"),
    }
}

#[test]
fn frames_are_timed_by_arrival_whichever_peer_is_watched() {
    let (mut to_ann, mut ann) = pair(Peer::connect);
    let (mut to_ben, mut ben) = pair(Peer::connect);
    to_ben.write_all(b"{\"n\":1}\n").unwrap();
    until(&mut [(true, &mut ann), (false, &mut ben)], |all| all[1].1.has_queued());
    let between = Instant::now();
    to_ann.write_all(b"{\"n\":2}\n").unwrap();
    until(&mut [(true, &mut ann), (false, &mut ben)], |all| all[0].1.has_queued());
    let ((second, late), (first, early)) = (frame(&mut ann), frame(&mut ben));
    assert_eq!((first.as_slice(), second.as_slice()), (&b"{\"n\":1}"[..], &b"{\"n\":2}"[..]));
    assert!(early <= between && between <= late);
}

#[test]
fn a_frame_arrives_with_its_last_byte_and_the_end_comes_after_it() {
    let (mut to_ann, mut ann) = pair(Peer::connect);
    to_ann.write_all(b"{\"n\"").unwrap();
    until(&mut [(true, &mut ann)], |all| all[0].1.has_queued());
    assert!(matches!(ann.next(Dialect::Json), Incoming::Nothing));
    assert_eq!(ann.incomplete(), b"{\"n\"");
    let between = Instant::now();
    to_ann.write_all(b":1}\n").unwrap();
    drop(to_ann);
    until(&mut [(true, &mut ann)], |all| all[0].1.end.is_some());
    let (bytes, came) = frame(&mut ann);
    assert!(bytes == b"{\"n\":1}" && came >= between);
    assert!(
        matches!(ann.next(Dialect::Json), Incoming::End(how) if how == "the server closed the connection")
    );
}

/// If the grader could not run, messages that were sent apart are read together. The time tells.
#[test]
fn the_bytes_of_a_read_arrived_after_the_last_poll_that_found_nothing() {
    let (mut to_ann, mut ann) = pair(Peer::connect);
    let hour = Duration::from_secs(3600);
    ann.empty_at = Instant::now().checked_sub(hour).unwrap();
    to_ann.write_all(b"{}\n").unwrap();
    until(&mut [(true, &mut ann)], |all| all[0].1.has_queued());
    frame(&mut ann);
    assert!(ann.received_within() >= hour);

    ann.polls_often = true;
    let before = Instant::now();
    poll_peers([(true, &mut ann)].into_iter(), before + hour).unwrap();
    assert!(!ann.has_queued() && before.elapsed() < hour);
    to_ann.write_all(b"{}\n").unwrap();
    until(&mut [(true, &mut ann)], |all| all[0].1.has_queued());
    frame(&mut ann);
    assert!(ann.received_within() <= before.elapsed());
}

#[test]
fn a_peer_that_reads_on_demand_reads_only_while_watched() {
    let (mut to_ann, mut ann) = pair(Peer::connect_with_a_small_buffer);
    let (mut to_ben, mut ben) = pair(Peer::connect);
    to_ann.write_all(b"{}\n").unwrap();
    to_ben.write_all(b"{}\n").unwrap();
    until(&mut [(false, &mut ann), (false, &mut ben)], |all| all[1].1.has_queued());
    assert!(ann.queued.is_empty());
    until(&mut [(true, &mut ann), (false, &mut ben)], |all| all[0].1.has_queued());
}

#[test]
fn a_frame_without_an_end_is_kept_up_to_a_limit() {
    let (mut to_ann, mut ann) = pair(Peer::connect);
    let writes = std::thread::spawn(move || {
        let piece = vec![b'x'; 1 << 20];
        // Until the peer has closed the connection.
        while to_ann.write_all(&piece).is_ok() {}
    });
    let how = match ann.wait(Dialect::Json, Instant::now() + DEADLINE) {
        Incoming::End(how) => how,
        Incoming::Frame(..) | Incoming::Nothing => panic!("the frame was not limited"),
    };
    assert_eq!(how, "received no end of a frame within 16 MiB");
    assert!(ann.incomplete().len() < MAX_FRAME + 2 * READ);
    drop(ann);
    writes.join().unwrap();
}

#[test]
fn a_shortage_on_this_machine_is_told_from_an_error_of_the_server() {
    let raw = |error: Errno| io::Error::from_raw_os_error(error.raw_os_error());
    for ours in [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM, Errno::ADDRNOTAVAIL] {
        assert!(is_local_shortage(&raw(ours)), "{ours}");
    }
    for theirs in [Errno::CONNREFUSED, Errno::CONNRESET, Errno::TIMEDOUT, Errno::PIPE] {
        assert!(!is_local_shortage(&raw(theirs)), "{theirs}");
    }
}

/// A process that is just being started has such copies.
#[test]
fn a_copy_of_the_socket_delays_no_end() {
    for (end, want) in
        [(Peer::close as fn(Peer), Ok(0)), (Peer::reset, Err(ErrorKind::ConnectionReset))]
    {
        let (mut to_ann, ann) = pair(Peer::connect);
        to_ann.set_read_timeout(Some(DEADLINE)).unwrap();
        let copy = ann.stream.try_clone().unwrap();
        end(ann);
        assert_eq!(to_ann.read(&mut [0]).map_err(|error| error.kind()), want);
        drop(copy);
    }
}
