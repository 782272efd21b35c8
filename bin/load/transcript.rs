//! What was said lately, so that a line is read once and compared everywhere else.
//!
//! A chat says the same line to a thousand clients. The first of ours to hear it pays for
//! finding out what it says; the line is kept, and every other client that hears the very same
//! bytes where it expects them knows without looking. A comparison is a check of every byte, so
//! nothing is lost: a line that differs anywhere is read in full.
//!
//! Each client has a [`Position`]: which line it expects next. The place is only a guess. A server
//! that tells everybody in the same order makes it always right; where it is wrong, the line is
//! read, and the client finds its place again.

use std::collections::VecDeque;

use crate::payload::Delivery;

/// How many lines are kept. Whoever is further behind than this reads for itself.
const KEPT: usize = 4096;

/// Which line of the transcript a client expects next, counted from the first ever.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Position(u64);

/// The lines.
#[derive(Debug)]
pub(crate) struct Transcript {
    lines: VecDeque<Line>,
    /// How many lines were dropped at the front.
    dropped: u64,
    /// Of each sender, the last text in here, and the place behind it.
    latest: Vec<Option<(u32, Position)>>,
}

#[derive(Debug)]
struct Line {
    bytes: Box<[u8]>,
    delivery: Delivery,
}

impl Transcript {
    /// A transcript in which nobody has said anything yet.
    pub(crate) fn new(senders: usize) -> Transcript {
        Transcript { lines: VecDeque::new(), dropped: 0, latest: vec![None; senders] }
    }

    /// If the block begins with the line that is expected at this place: which text that is, and
    /// the block behind it.
    #[inline]
    pub(crate) fn follow<'a>(
        &self,
        position: &mut Position,
        block: &'a [u8],
    ) -> Option<(Delivery, &'a [u8])> {
        let line = self.expected(*position)?;
        let rest = block.strip_prefix(&*line.bytes)?;
        position.0 += 1;
        Some((line.delivery, rest))
    }

    /// Takes in a line that had to be read, and says where its reader is now.
    pub(crate) fn note(&mut self, position: &mut Position, line: &[u8], delivery: Delivery) {
        if self.expected(*position).is_some_and(|line| line.delivery == delivery) {
            // The same text in other words: a server may put more into the sender's own copy.
            position.0 += 1;
            return;
        }
        let Some(latest) = self.latest.get_mut(delivery.sender as usize) else { return };
        match *latest {
            // Only what is new is kept: a client that is behind must not write its past into
            // everybody's future.
            Some((number, _)) if number > delivery.number => {}
            Some((number, behind)) if number == delivery.number => *position = behind,
            _ => {
                if self.lines.len() == KEPT {
                    self.lines.pop_front();
                    self.dropped += 1;
                }
                self.lines.push_back(Line { bytes: line.into(), delivery });
                *position = Position(self.dropped + self.lines.len() as u64);
                *latest = Some((delivery.number, *position));
            }
        }
    }

    #[inline]
    fn expected(&self, position: Position) -> Option<&Line> {
        self.lines.get(usize::try_from(position.0.checked_sub(self.dropped)?).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(count: u32) -> Vec<(Delivery, Vec<u8>)> {
        let text = |number| {
            let sender = number % 2;
            (Delivery { sender, number: number / 2 }, format!("line {number}\n").into_bytes())
        };
        (0..count).map(text).collect()
    }

    #[test]
    fn who_follows_needs_not_read() {
        let mut transcript = Transcript::new(2);
        let (mut leader, mut follower) = (Position::default(), Position::default());
        let texts = texts(4);
        for (delivery, line) in &texts {
            assert!(transcript.follow(&mut leader, line).is_none());
            transcript.note(&mut leader, line, *delivery);
        }
        let block: Vec<u8> = texts.iter().flat_map(|(_, line)| line.clone()).collect();
        let mut rest = &block[..];
        for (delivery, _) in &texts {
            let (heard, behind) = transcript.follow(&mut follower, rest).unwrap();
            assert_eq!(heard, *delivery);
            rest = behind;
        }
        assert!(rest.is_empty());
    }

    #[test]
    fn who_hears_other_bytes_reads_and_finds_its_place_again() {
        let mut transcript = Transcript::new(2);
        let (mut leader, mut other) = (Position::default(), Position::default());
        let texts = texts(4);
        for (delivery, line) in &texts {
            transcript.note(&mut leader, line, *delivery);
        }
        assert!(transcript.follow(&mut other, b"line 0 differs\n").is_none());
        transcript.note(&mut other, b"line 0 differs\n", texts[0].0);
        assert!(transcript.follow(&mut other, b"line 1\n").is_some());
    }

    #[test]
    fn who_is_far_behind_leaves_the_others_their_place() {
        let mut transcript = Transcript::new(2);
        let (mut leader, mut late) = (Position::default(), Position::default());
        let texts = texts(KEPT as u32 + 10);
        for (delivery, line) in &texts {
            transcript.note(&mut leader, line, *delivery);
        }
        assert!(transcript.follow(&mut late, &texts[0].1).is_none(), "it is dropped");
        transcript.note(&mut late, &texts[0].1, texts[0].0);
        assert!(transcript.follow(&mut leader, b"line 0\n").is_none());
        transcript.note(&mut late, &texts[KEPT + 8].1, texts[KEPT + 8].0);
        assert!(transcript.follow(&mut late, &texts[KEPT + 9].1).is_some());
    }
}
