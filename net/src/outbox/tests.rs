//! Tests of the send thread: its waits, and its writes to a peer whose system takes what the test says.

use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;

use super::*;

/// The time after which a test fails if it still waits for something.
const DEADLINE: Duration = Duration::from_secs(10);
/// A time in which nothing must happen.
const MOMENT: Duration = Duration::from_millis(20);
/// A gap that does not end during a test.
const HOUR: Duration = Duration::from_secs(3600);

fn outbox_with(limits: Limits) -> Arc<Outbox> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    Arc::new(Outbox::new(Stream::new(stream, None), limits, Arc::default(), None))
}

/// An outbox in which these texts wait.
fn outbox(texts: &[&str]) -> Arc<Outbox> {
    let outbox = outbox_with(Limits::default());
    push(&outbox, texts);
    outbox
}

fn push(outbox: &Outbox, texts: &[&str]) {
    let wires: Vec<Wire> = texts.iter().map(|text| Wire::from(text.as_bytes())).collect();
    assert_eq!(outbox.push(&wires, 1), Push::Accepted);
}

/// Calls `next_write` on another thread, as a send thread does, and returns the text of the wires and
/// the number of their written bytes.
fn next_write(outbox: &Arc<Outbox>) -> mpsc::Receiver<Option<(String, usize)>> {
    let (sender, receiver) = mpsc::channel();
    let outbox = Arc::clone(outbox);
    thread::spawn(move || {
        let next = outbox.next_write();
        let text = |wires: Vec<Wire>| String::from_utf8(wires.concat()).unwrap();
        // The test may have failed already.
        let _ = sender.send(next.map(|(wires, written)| (text(wires), written)));
    });
    receiver
}

/// Returns the next write, for which the thread does not wait longer than the deadline.
fn next(outbox: &Arc<Outbox>) -> Option<(String, usize)> {
    next_write(outbox).recv_timeout(DEADLINE).expect("next_write returns")
}

/// A system that takes this many bytes in each write, or fails in this way. Then it takes everything.
struct System<'a> {
    results: Vec<Result<usize, ErrorKind>>,
    /// The bytes of each write that it took.
    taken: Vec<String>,
    /// Is called in each write.
    meanwhile: &'a dyn Fn(),
}

impl Write for System<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        (self.meanwhile)();
        let mut bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.to_vec()).collect();
        let none_left = self.results.is_empty();
        bytes.truncate(if none_left { bytes.len() } else { self.results.remove(0)? });
        let length = bytes.len();
        self.taken.push(String::from_utf8(bytes).unwrap());
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the wires in the queue, and the number of their written bytes.
fn waiting(outbox: &Outbox) -> (Vec<Wire>, usize) {
    let queue = &lock(&outbox.state).queue;
    (queue.next_write().cloned().collect(), queue.written())
}

/// Writes the queue to a system with these results; returns the writes and the outcome.
fn write_while(
    outbox: &Outbox,
    results: &[Result<usize, ErrorKind>],
    meanwhile: &dyn Fn(),
) -> (Vec<String>, Result<(), CloseReason>) {
    let mut system = System { results: results.to_vec(), taken: Vec::new(), meanwhile };
    let (wires, written) = waiting(outbox);
    let result = outbox.write(&mut system, &wires, written);
    (system.taken, result)
}

fn write(
    outbox: &Outbox,
    results: &[Result<usize, ErrorKind>],
) -> (Vec<String>, Result<(), CloseReason>) {
    write_while(outbox, results, &|| ())
}

#[test]
fn a_write_that_took_a_part_continues_behind_it() {
    let sender = outbox(&["hello", "my", "world"]);
    let taken = ["hel", "lo", "myw", "orld"].map(str::to_owned).to_vec();
    assert_eq!(write(&sender, &[Ok(3), Ok(2), Ok(3)]), (taken, Ok(())));
    assert!(!sender.has_waiting());
    assert_eq!(sender.all.load(Ordering::Relaxed), 0);
    // What an earlier call wrote is not written again.
    let sender = outbox(&["hello", "my"]);
    let reset = ErrorKind::ConnectionReset;
    assert_eq!(write(&sender, &[Ok(2), Err(reset)]).0, ["he"]);
    assert_eq!(waiting(&sender).1, 2);
    assert_eq!(write(&sender, &[]), (vec!["llomy".to_owned()], Ok(())));
}

#[test]
fn a_write_that_was_interrupted_or_timed_out_is_tried_again() {
    for kind in [ErrorKind::Interrupted, ErrorKind::WouldBlock, ErrorKind::TimedOut] {
        let outbox = outbox(&["hello"]);
        let taken = ["h", "ello"].map(str::to_owned).to_vec();
        assert_eq!(write(&outbox, &[Err(kind), Ok(1), Err(kind)]), (taken, Ok(())), "{kind}");
    }
}

#[test]
fn a_write_without_progress_or_with_an_error_ends_the_connection() {
    for (result, reason) in [
        (Ok(0), CloseReason::Broken(ErrorKind::WriteZero)),
        (Err(ErrorKind::ConnectionReset), CloseReason::Broken(ErrorKind::ConnectionReset)),
    ] {
        let taken = write(&outbox(&["hello"]), &[Ok(1), result]).1;
        assert_eq!(taken, Err(reason));
    }
    let impatient = outbox_with(Limits { stall: Duration::ZERO, ..Limits::default() });
    push(&impatient, &["hello"]);
    for kind in [ErrorKind::WouldBlock, ErrorKind::TimedOut] {
        let stalled = Err(CloseReason::Stalled);
        assert_eq!(write(&impatient, &[Err(ErrorKind::Interrupted), Err(kind)]).1, stalled);
        assert_eq!(write(&impatient, &[Ok(1), Err(kind)]).1, stalled, "after some progress");
    }
    let rest = ["l", "l", "o"].map(str::to_owned).to_vec();
    assert_eq!(write(&impatient, &[Ok(1), Ok(1)]), (rest, Ok(())));
}

#[test]
fn another_thread_may_send_or_close_during_a_write() {
    let (sender, receiver) = mpsc::channel();
    let writing = outbox(&["hello"]);
    let other = Arc::clone(&writing);
    let (taken, result) = write_while(&writing, &[], &|| {
        let (other, sender) = (Arc::clone(&other), sender.clone());
        thread::spawn(move || {
            push(&other, &["world"]);
            sender.send(()).unwrap();
        });
        receiver.recv_timeout(DEADLINE).expect("the lock is free during a write");
    });
    assert_eq!((taken, result), (vec!["hello".to_owned()], Ok(())));
    // An abort ends the write, and so does the deadline of a close.
    let (taken, result) = write_while(&writing, &[Ok(1), Ok(1)], &|| writing.abort());
    assert_eq!((taken, result), (vec!["w".to_owned()], Err(CloseReason::Asked)));
    let closed = outbox(&["hello"]);
    closed.close(Instant::now() + HOUR, None);
    assert_eq!(write(&closed, &[Ok(1), Ok(4)]).1, Ok(()), "the deadline has not passed");
    let closed = outbox(&["hello"]);
    closed.close(Instant::now(), None);
    assert_eq!(write(&closed, &[Ok(1), Ok(4)]), (vec!["h".to_owned()], Err(CloseReason::Stalled)));
}

#[test]
fn the_thread_waits_until_there_are_bytes_and_takes_all_of_them() {
    assert_eq!(next(&outbox(&["hello", "my", "world"])), Some(("hellomyworld".to_owned(), 0)));
    assert_eq!(next(&outbox(&["x"; WIRES + 1])), Some(("x".repeat(WIRES), 0)), "but not too many");
    // However the push and the wait meet, the thread does not miss the bytes.
    for _ in 0..100 {
        let empty = outbox(&[]);
        let waiting = next_write(&empty);
        thread::yield_now();
        let sender = Arc::clone(&empty);
        thread::spawn(move || push(&sender, &["hello"]));
        let next = waiting.recv_timeout(DEADLINE).expect("a push ends the wait");
        assert_eq!(next, Some(("hello".to_owned(), 0)));
    }
    // A wake-up for another reason does not end the wait.
    let empty = outbox(&[]);
    let waiting = next_write(&empty);
    let nothing = Err(mpsc::RecvTimeoutError::Timeout);
    assert_eq!(waiting.recv_timeout(MOMENT), nothing);
    empty.reading_ended();
    assert_eq!(waiting.recv_timeout(MOMENT), nothing);
    push(&empty, &["hello"]);
    assert_eq!(waiting.recv_timeout(DEADLINE), Ok(Some(("hello".to_owned(), 0))));
}

#[test]
fn a_close_flushes_what_waits_and_an_abort_does_not() {
    let flushed = outbox(&["hello"]);
    flushed.close(Instant::now(), None);
    assert_eq!(next(&flushed), Some(("hello".to_owned(), 0)), "also after the deadline");
    flushed.wrote(5);
    assert_eq!(next(&flushed), None);
    let aborted = outbox(&["hello"]);
    aborted.abort();
    assert_eq!(next(&aborted), None);
    // Both end a wait.
    let ends: [fn(&Outbox); 2] = [|it| it.close(Instant::now() + HOUR, None), Outbox::abort];
    for end in ends {
        let empty = outbox(&[]);
        let waiting = next_write(&empty);
        thread::yield_now();
        let ending = Arc::clone(&empty);
        thread::spawn(move || end(&ending));
        assert_eq!(waiting.recv_timeout(DEADLINE).expect("the wait ends"), None);
    }
}

#[test]
fn a_pace_makes_the_thread_rest_between_two_messages() {
    let gap = Duration::from_millis(30);
    let paced = outbox(&[]);
    paced.pace(gap);
    push(&paced, &["one", "two"]);
    assert_eq!(next(&paced), Some(("one".to_owned(), 0)));
    let wrote = paced.wrote(3);
    assert_eq!(next(&paced), Some(("two".to_owned(), 0)));
    assert!(wrote.elapsed() >= gap, "{:?}", wrote.elapsed());
    // A rest ends early when the gap changes.
    paced.pace(HOUR);
    paced.wrote(3);
    push(&paced, &["three"]);
    let resting = next_write(&paced);
    thread::yield_now();
    paced.pace(Duration::ZERO);
    assert_eq!(resting.recv_timeout(DEADLINE).unwrap(), Some(("three".to_owned(), 0)));
    // It lasts no longer than the deadline of a close.
    let closed = outbox(&[]);
    closed.pace(HOUR);
    push(&closed, &["one", "two"]);
    closed.wrote(3);
    let deadline = Instant::now() + gap;
    closed.close(deadline, None);
    closed.pace(HOUR);
    assert_eq!(next(&closed), None);
    assert!(Instant::now() >= deadline);
}
