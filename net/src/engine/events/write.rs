//! Writes a connection's queue to its socket without blocking.

use std::io::{ErrorKind, IoSlice, Write};
use std::time::Instant;

use crate::send_queue::SendQueue;

/// The number of wires that one write hands to the system.
const WIRES: usize = 64;

/// The outcome of a write.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// The queue is empty.
    Everything,
    /// The system takes no more bytes until the peer reads.
    Blocked {
        /// The system took some bytes before that.
        progress: bool,
    },
    /// The next message has to wait until this moment, because of the pace.
    Resting(Instant),
}

/// Writes the queue: in one write if the system takes that much, or message by message with a pace.
///
/// Hands the next bytes to the system with [`write_once`], and reports the number that it took to
/// [`SendQueue::advance`], until
///
/// - the queue is empty;
/// - the write would block ([`ErrorKind::WouldBlock`]): it must not wait for the peer;
/// - the queue is paced and rests ([`SendQueue::rests`]), which the function asks before each write.
///
/// A write that a signal interrupted ([`ErrorKind::Interrupted`]) is tried again.
///
/// # Errors
/// With the kind of any other error, or [`ErrorKind::WriteZero`] when the system takes no bytes without an
/// error: the connection is broken.
pub(super) fn write(queue: &mut SendQueue, stream: &mut impl Write) -> Result<Written, ErrorKind> {
    let mut progress = false;
    while queue.bytes() > 0 {
        if queue.is_paced()
            && let Some(until) = queue.rests(Instant::now())
        {
            return Ok(Written::Resting(until));
        }
        match write_once(queue, stream) {
            Ok(0) => return Err(ErrorKind::WriteZero),
            Ok(length) => {
                progress = true;
                queue.advance(length, Instant::now());
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => return Ok(Written::Blocked { progress }),
                ErrorKind::Interrupted => {}
                kind => return Err(kind),
            },
        }
    }
    Ok(Written::Everything)
}

/// Hands the next bytes of the queue to the system, without the ones that it has taken already. Returns the
/// number of bytes that it took.
///
/// # Errors
/// With the error of the system.
#[expect(
    clippy::indexing_slicing,
    reason = "the queue has a wire and `written` bytes of it are out"
)]
fn write_once(queue: &SendQueue, stream: &mut impl Write) -> std::io::Result<usize> {
    let mut wires = queue.next_write();
    if wires.len() == 1
        && let Some(wire) = wires.next()
    {
        // By far the most common case, because the batch joins what a turn sends.
        return stream.write(&wire[queue.written()..]);
    }
    let count = wires.len().min(WIRES);
    let mut slices = [IoSlice::new(&[]); WIRES];
    for (slice, wire) in slices.iter_mut().zip(wires) {
        *slice = IoSlice::new(wire);
    }
    IoSlice::advance_slices(&mut &mut slices[..count], queue.written());
    stream.write_vectored(&slices[..count])
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::time::Duration;

    use super::*;
    use crate::Wire;

    const HOUR: Duration = Duration::from_secs(3600);

    /// A peer whose system takes `takes` more bytes. It keeps each write.
    struct Peer {
        takes: usize,
        /// A write would have blocked. The loop must not try again.
        blocked: bool,
        writes: Vec<String>,
    }

    impl Write for Peer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.write_vectored(&[IoSlice::new(bytes)])
        }

        fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
            let mut bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.to_vec()).collect();
            assert!(!self.blocked, "no write follows one that would block");
            if self.takes == 0 {
                self.blocked = true;
                return Err(ErrorKind::WouldBlock.into());
            }
            bytes.truncate(self.takes);
            self.takes -= bytes.len();
            let length = bytes.len();
            self.writes.push(String::from_utf8(bytes).unwrap());
            Ok(length)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A queue in which these texts wait.
    fn queue(texts: &[&str]) -> SendQueue {
        let mut queue = SendQueue::default();
        texts.iter().for_each(|text| queue.push(&Wire::from(text.as_bytes())));
        queue
    }

    /// Writes to a peer whose system takes this many bytes; returns the outcome and the writes.
    fn write_to(queue: &mut SendQueue, takes: usize) -> (Written, Vec<String>) {
        let mut peer = Peer { takes, blocked: false, writes: Vec::new() };
        let written = write(queue, &mut peer).unwrap();
        (written, peer.writes)
    }

    fn is_resting(written: &Written) -> bool {
        matches!(written, Written::Resting(until) if *until > Instant::now())
    }

    /// A system that fails once in this way, and then takes everything.
    struct Failing(Option<ErrorKind>);

    impl Write for Failing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.0.take() {
                Some(ErrorKind::WriteZero) => Ok(0),
                Some(kind) => Err(kind.into()),
                None => Ok(bytes.len()),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_interrupted_write_is_tried_again_and_another_error_is_returned() {
        for (kind, outcome, left) in [
            (ErrorKind::Interrupted, Ok(Written::Everything), 0),
            (ErrorKind::WouldBlock, Ok(Written::Blocked { progress: false }), 5),
            (ErrorKind::ConnectionReset, Err(ErrorKind::ConnectionReset), 5),
            (ErrorKind::WriteZero, Err(ErrorKind::WriteZero), 5),
        ] {
            let mut queue = queue(&["hello"]);
            assert_eq!(
                (write(&mut queue, &mut Failing(Some(kind))), queue.bytes()),
                (outcome, left)
            );
        }
    }

    #[test]
    fn without_a_pace_the_whole_queue_is_one_write() {
        let mut queue = queue(&["one", "", "two", "three"]);
        let blocked = Written::Blocked { progress: true };
        assert_eq!(write_to(&mut queue, 5), (blocked, vec!["onetw".to_owned()]));
        assert_eq!(write_to(&mut queue, 99), (Written::Everything, vec!["othree".to_owned()]));
        assert_eq!(queue.bytes(), 0);
    }

    #[test]
    fn a_queue_of_very_many_wires_takes_several_writes() {
        let mut queue = queue(&["x"; WIRES * 2 + 1]);
        let writes = write_to(&mut queue, 999).1;
        assert_eq!(writes, ["x".repeat(WIRES), "x".repeat(WIRES), "x".to_owned()]);
    }

    #[test]
    fn with_a_pace_each_message_is_a_write_and_a_started_one_goes_on() {
        let mut queue = SendQueue::default();
        queue.pace(HOUR);
        ["", "one", "", "two"].iter().for_each(|text| queue.push(&Wire::from(text.as_bytes())));
        let nothing = Written::Blocked { progress: false };
        assert_eq!(write_to(&mut queue, 0), (nothing, vec![]), "blocked, and not resting");
        let blocked = Written::Blocked { progress: true };
        assert_eq!(write_to(&mut queue, 2), (blocked, vec!["on".to_owned()]));
        let (written, writes) = write_to(&mut queue, 99);
        assert!(is_resting(&written) && writes == ["e"], "no gap inside a message: {writes:?}");
        let (written, writes) = write_to(&mut queue, 99);
        assert!(is_resting(&written) && writes.is_empty(), "{writes:?}");
        assert_eq!(queue.bytes(), 3);
        // A gap of zero ends the rest; messages that follow are still not joined.
        queue.pace(Duration::ZERO);
        queue.push(&Wire::from(&b"three"[..]));
        let blocked = Written::Blocked { progress: true };
        let writes = ["two", "thr"].map(str::to_owned).to_vec();
        assert_eq!(write_to(&mut queue, 6), (blocked, writes));
        // A longer gap does not interrupt a message either.
        queue.pace(HOUR);
        assert_eq!(write_to(&mut queue, 99), (Written::Everything, vec!["ee".to_owned()]));
    }

    #[test]
    fn wires_from_before_the_pace_are_one_message_with_a_gap_after_it() {
        let mut queue = queue(&["one", "two"]);
        assert_eq!(write_to(&mut queue, 2).1, ["on"]);
        queue.pace(HOUR);
        queue.push(&Wire::from(&b"three"[..]));
        let (written, writes) = write_to(&mut queue, 99);
        assert!(is_resting(&written) && writes == ["etwo"], "{writes:?}");
        assert_eq!(queue.bytes(), 5);
    }
}
