//! The pace of a connection whose peer takes what one read returns for one message.
//!
//! TCP carries no messages, but whoever reads at once finds what one write brought, if nothing else
//! was written for a moment. So each message is a write of its own, and between them lies a gap.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::Wire;

/// The longest gap. Nobody waits for longer, and no clock is asked for a moment that it cannot name.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// When the next message may be written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    gap: Duration,
    /// When the last message was written to its end.
    wrote: Option<Instant>,
}

impl Pace {
    /// A gap of at most a day; the first message may be written at once.
    pub(crate) fn new(gap: Duration) -> Pace {
        Pace { gap: gap.min(LONGEST), wrote: None }
    }

    /// Gives this pace to a connection; or another gap, also behind its last message, if it has one.
    /// What waits for a connection that had none is one message from now on, whatever it was.
    pub(crate) fn set(pace: &mut Option<Pace>, gap: Duration, waiting: &mut VecDeque<Wire>) {
        if pace.is_none() && waiting.len() > 1 {
            let pieces: Vec<Wire> = waiting.drain(..).collect();
            waiting.push_back(Wire::from(pieces.concat()));
        }
        let wrote = pace.and_then(|pace| pace.wrote);
        *pace = Some(Pace { wrote, ..Pace::new(gap) });
    }

    /// Nothing will be sent any more but so many messages, which have to be through within this
    /// time: the gaps between them are made as short as that needs.
    pub(crate) fn hurry(&mut self, within: Duration, messages: usize) {
        let messages = u32::try_from(messages).unwrap_or(u32::MAX).saturating_add(1);
        // The writes themselves take a little.
        self.gap = self.gap.min(within * 3 / 4 / messages);
    }

    /// A message has been written to its end.
    pub(crate) fn wrote(&mut self, now: Instant) {
        self.wrote = Some(now);
    }

    /// Until when the next message has to wait; `None` when it may be written.
    pub(crate) fn rests(&self, now: Instant) -> Option<Instant> {
        self.wrote.map(|wrote| wrote + self.gap).filter(|until| now < *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_lies_behind_each_message_and_before_none() {
        let start = Instant::now();
        let gap = Duration::from_millis(20);
        let mut pace = Pace::new(gap);
        assert_eq!(pace.rests(start), None);
        pace.wrote(start);
        assert_eq!(pace.rests(start), Some(start + gap));
        assert_eq!(pace.rests(start + gap), None, "until then, and no longer");
    }

    #[test]
    fn another_gap_counts_from_the_same_message_and_joins_nothing() {
        let wires = |texts: &[&str]| -> VecDeque<Wire> {
            texts.iter().map(|text| Wire::from(text.as_bytes())).collect()
        };
        let (start, gap) = (Instant::now(), Duration::from_millis(20));
        let mut pace = None;
        let mut waiting = wires(&["one", "two"]);
        Pace::set(&mut pace, gap, &mut waiting);
        assert_eq!(waiting, wires(&["onetwo"]), "it had no pace before");
        pace.as_mut().unwrap().wrote(start);
        waiting = wires(&["three", "four"]);
        Pace::set(&mut pace, gap / 2, &mut waiting);
        assert_eq!(waiting, wires(&["three", "four"]));
        assert_eq!(pace.unwrap().rests(start), Some(start + gap / 2));
    }

    #[test]
    fn who_is_in_a_hurry_has_shorter_gaps_if_it_needs_them() {
        let gap = Duration::from_millis(20);
        for (within, messages, want) in [(4000, 100, 20), (1000, 149, 5), (0, 10, 0)] {
            let mut pace = Pace::new(gap);
            pace.hurry(Duration::from_millis(within), messages);
            assert_eq!(pace.gap, Duration::from_millis(want), "{messages} within {within} ms");
        }
    }

    #[test]
    fn no_gap_is_a_gap_and_so_is_one_without_end() {
        let now = Instant::now();
        for (gap, rests) in [(Duration::ZERO, None), (Duration::MAX, Some(now + LONGEST))] {
            let mut pace = Pace::new(gap);
            pace.wrote(now);
            assert_eq!(pace.rests(now), rests);
        }
    }
}
