//! The last lines of the chat, so that a line is decoded once and then only compared.
//!
//! A chat sends the same line to a thousand clients. The tool decodes the line for the first client and
//! keeps it. For every other client it compares the received bytes with the kept line. The comparison
//! checks every byte, so no difference is missed: a line that differs is decoded in full.
//!
//! Each client has a [`Position`]: the line that it should receive next. The position is only a guess.
//! It is always right if the server sends all lines to all clients in one order. If it is wrong, the tool
//! decodes the line and finds the position again.

use std::collections::VecDeque;

use crate::payload::Delivery;

/// The number of kept lines. The lines of a client that is further behind are decoded.
const KEPT: usize = 4096;

/// The number of the line that a client should receive next, counted from the start of the run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Position(u64);

/// The kept lines.
#[derive(Debug)]
pub(crate) struct Transcript {
    lines: VecDeque<Line>,
    /// The number of lines that were dropped at the front.
    dropped: u64,
    /// For each sender, the number of its last kept text and the position behind it.
    latest: Vec<Option<(u32, Position)>>,
}

#[derive(Debug)]
struct Line {
    bytes: Box<[u8]>,
    delivery: Delivery,
}

impl Transcript {
    /// An empty transcript.
    pub(crate) fn new(senders: usize) -> Transcript {
        Transcript { lines: VecDeque::new(), dropped: 0, latest: vec![None; senders] }
    }

    /// Compares the beginning of the block with the line at this position. If they are equal, moves the
    /// position and returns the text of the line and the rest of the block.
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

    /// Adds a decoded line, unless the transcript has its text already, and updates the position.
    pub(crate) fn note(&mut self, position: &mut Position, line: &[u8], delivery: Delivery) {
        if self.expected(*position).is_some_and(|line| line.delivery == delivery) {
            // The same text in another line: the copy for the sender may contain more.
            position.0 += 1;
            return;
        }
        let Some(latest) = self.latest.get_mut(delivery.sender as usize) else { return };
        match *latest {
            // Only new texts are kept: the old lines of a slow client must not become the next lines of
            // all clients.
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
    fn a_second_client_needs_no_decoding() {
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
    fn a_client_finds_its_position_after_a_line_that_differs() {
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
    fn a_slow_client_does_not_move_the_positions_of_others() {
        let mut transcript = Transcript::new(2);
        let (mut leader, mut late) = (Position::default(), Position::default());
        let texts = texts(KEPT as u32 + 10);
        for (delivery, line) in &texts {
            transcript.note(&mut leader, line, *delivery);
        }
        assert!(transcript.follow(&mut late, &texts[0].1).is_none(), "the line is dropped");
        transcript.note(&mut late, &texts[0].1, texts[0].0);
        assert!(transcript.follow(&mut leader, b"line 0\n").is_none());
        transcript.note(&mut late, &texts[KEPT + 8].1, texts[KEPT + 8].0);
        assert!(transcript.follow(&mut late, &texts[KEPT + 9].1).is_some());
    }
}
