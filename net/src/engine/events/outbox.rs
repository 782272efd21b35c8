//! What waits to be written to one connection of the events engine, and at which pace.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Write};
use std::time::{Duration, Instant};

use crate::Wire;
use crate::pace::Pace;

/// How many pieces one write hands to the system.
const PIECES: usize = 64;

/// Pieces in their order, shared with the outboxes of other connections.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// Empty, and without memory, when the peer reads.
    pieces: VecDeque<Wire>,
    /// How much of the first piece has been written.
    written: usize,
    waiting: usize,
    /// Where each piece is a write of its own, with a gap between them.
    pace: Option<Pace>,
}

/// What became of a write.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Written {
    Everything,
    /// The peer does not read at the moment; whether it took something.
    Blocked {
        progress: bool,
    },
    /// The peer took the last piece, and the next one has to wait until this moment.
    Resting(Instant),
}

impl Outbox {
    /// How many bytes wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Whether each send has to be a piece of its own.
    pub(super) fn is_paced(&self) -> bool {
        self.pace.is_some()
    }

    /// From now on each piece is a write of its own, with this gap between them.
    pub(super) fn pace(&mut self, gap: Duration) {
        Pace::set(&mut self.pace, gap, &mut self.pieces);
    }

    /// Nothing will come behind what waits, and that has to be written within this time.
    pub(super) fn hurry(&mut self, within: Duration) {
        if let Some(pace) = &mut self.pace {
            pace.hurry(within, self.pieces.len());
        }
    }

    /// Puts bytes behind those that wait.
    pub(super) fn push(&mut self, wire: Wire) {
        // Nothing is no message: no write brings it, and no gap lies behind it.
        if !wire.is_empty() {
            self.waiting += wire.len();
            self.pieces.push_back(wire);
        }
    }

    /// Writes what waits, in one write if the peer takes that much; or, where there is a pace, what
    /// may be written now.
    ///
    /// # Errors
    /// When the connection is broken.
    pub(super) fn write(&mut self, stream: &mut impl Write) -> Result<Written, ErrorKind> {
        let mut progress = false;
        while self.waiting > 0 {
            if let Some(until) = self.rests() {
                return Ok(Written::Resting(until));
            }
            match self.write_once(stream) {
                Ok(0) => return Err(ErrorKind::WriteZero),
                Ok(length) => {
                    progress = true;
                    self.advance(length);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Ok(Written::Blocked { progress });
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.kind()),
            }
        }
        // A peer that reads costs no memory.
        self.pieces = VecDeque::new();
        Ok(Written::Everything)
    }

    /// Until when the next piece has to wait. One that was begun has not to: it is one message.
    fn rests(&self) -> Option<Instant> {
        let pace = self.pace.filter(|_| self.written == 0)?;
        pace.rests(Instant::now())
    }

    fn write_once(&self, stream: &mut impl Write) -> io::Result<usize> {
        let mut pieces = self.pieces.iter();
        let Some(first) = pieces.next() else { return Ok(0) };
        let first = first.get(self.written..).unwrap_or_default();
        if self.pieces.len() == 1 || self.pace.is_some() {
            // By far the most common, since what a turn sends was joined; or not to be joined.
            return stream.write(first);
        }
        let mut slices = [IoSlice::new(&[]); PIECES];
        let mut count = 0;
        let all = std::iter::once(first).chain(pieces.map(|wire| &**wire));
        for (slot, piece) in slices.iter_mut().zip(all) {
            *slot = IoSlice::new(piece);
            count += 1;
        }
        stream.write_vectored(slices.get(..count).unwrap_or_default())
    }

    /// Takes what was written out of the outbox.
    fn advance(&mut self, mut length: usize) {
        self.waiting = self.waiting.saturating_sub(length);
        while let Some(first) = self.pieces.front() {
            let left = first.len() - self.written;
            if length < left {
                self.written += length;
                return;
            }
            length -= left;
            self.written = 0;
            self.pieces.pop_front();
            if let Some(pace) = &mut self.pace {
                pace.wrote(Instant::now());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    /// A peer whose system takes so many bytes, and keeps what each write brought.
    struct Peer {
        takes: usize,
        writes: Vec<String>,
    }

    impl Write for Peer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.write_vectored(&[IoSlice::new(bytes)])
        }

        fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
            let mut bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.to_vec()).collect();
            if self.takes == 0 {
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

    /// An outbox in which this waits.
    fn outbox(pieces: &[&str]) -> Outbox {
        let mut outbox = Outbox::default();
        pieces.iter().for_each(|piece| outbox.push(Wire::from(piece.as_bytes())));
        outbox
    }

    /// What becomes of writing to a peer that takes so many bytes, and the writes it took.
    fn write(outbox: &mut Outbox, takes: usize) -> (Written, Vec<String>) {
        let mut peer = Peer { takes, writes: Vec::new() };
        let written = outbox.write(&mut peer).unwrap();
        (written, peer.writes)
    }

    fn is_resting(written: &Written) -> bool {
        matches!(written, Written::Resting(until) if *until > Instant::now())
    }

    #[test]
    fn without_a_pace_all_that_waits_is_one_write() {
        let mut outbox = outbox(&["one", "", "two", "three"]);
        let blocked = Written::Blocked { progress: true };
        assert_eq!(write(&mut outbox, 5), (blocked, vec!["onetw".to_owned()]));
        assert_eq!(write(&mut outbox, 99), (Written::Everything, vec!["othree".to_owned()]));
        assert_eq!(outbox.waiting(), 0);
    }

    #[test]
    fn with_a_pace_each_piece_is_a_write_and_what_was_begun_goes_on() {
        let mut outbox = Outbox::default();
        outbox.pace(HOUR);
        ["", "one", "", "two"].iter().for_each(|text| outbox.push(Wire::from(text.as_bytes())));
        let nothing = Written::Blocked { progress: false };
        assert_eq!(write(&mut outbox, 0), (nothing, vec![]), "blocked, and not resting");
        let blocked = Written::Blocked { progress: true };
        assert_eq!(write(&mut outbox, 2), (blocked, vec!["on".to_owned()]));
        let (written, writes) = write(&mut outbox, 99);
        assert!(is_resting(&written) && writes == ["e"], "no gap inside a message: {writes:?}");
        let (written, writes) = write(&mut outbox, 99);
        assert!(is_resting(&written) && writes.is_empty(), "{writes:?}");
        assert_eq!(outbox.waiting(), 3);
        // The gap is over, since there is none any more; what is sent later is not joined.
        outbox.pace(Duration::ZERO);
        outbox.push(Wire::from(&b"three"[..]));
        let blocked = Written::Blocked { progress: true };
        let writes = ["two", "thr"].map(str::to_owned).to_vec();
        assert_eq!(write(&mut outbox, 6), (blocked, writes));
        // A gap that gets longer meanwhile does not come into the middle of a message either.
        outbox.pace(HOUR);
        assert_eq!(write(&mut outbox, 99), (Written::Everything, vec!["ee".to_owned()]));
    }

    #[test]
    fn what_waited_before_the_pace_is_one_piece_with_a_gap_behind_it() {
        let mut outbox = outbox(&["one", "two"]);
        assert_eq!(write(&mut outbox, 2).1, ["on"]);
        outbox.pace(HOUR);
        outbox.push(Wire::from(&b"three"[..]));
        let (written, writes) = write(&mut outbox, 99);
        assert!(is_resting(&written) && writes == ["etwo"], "{writes:?}");
        assert_eq!(outbox.waiting(), 5);
    }
}
