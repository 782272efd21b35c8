//! The pace of a connection whose peer takes the bytes of one read for one message.
//!
//! TCP carries no messages. But a peer that reads promptly finds exactly the bytes of one write, if the
//! server writes nothing else for a moment. So each message is one write, and a gap follows it.

use std::time::{Duration, Instant};

/// The longest gap. A longer one could lead to a moment that the clock cannot represent.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The moment from which the next message may be written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    gap: Duration,
    /// The moment at which the last message was written to its end.
    wrote: Option<Instant>,
}

impl Pace {
    /// Creates a pace with a gap of at most a day. No gap precedes the first message.
    pub(super) fn new(gap: Duration) -> Pace {
        Pace { gap: gap.min(LONGEST), wrote: None }
    }

    /// Changes the gap, also the one after the last message.
    pub(super) fn set_gap(&mut self, gap: Duration) {
        self.gap = gap.min(LONGEST);
    }

    /// Shortens the gaps so that this number of messages is written `within` this time.
    pub(super) fn hurry(&mut self, within: Duration, messages: usize) {
        let messages = u32::try_from(messages).unwrap_or(u32::MAX).saturating_add(1);
        // The writes themselves need some of the time.
        self.gap = self.gap.min(within * 3 / 4 / messages);
    }

    /// Notes that a message has been written to its end.
    pub(super) fn wrote(&mut self, now: Instant) {
        self.wrote = Some(now);
    }

    /// Returns the end of the gap, or `None` if the next message may be written now.
    pub(super) fn rests(&self, now: Instant) -> Option<Instant> {
        self.wrote.map(|wrote| wrote + self.gap).filter(|until| now < *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_follows_each_message_and_precedes_none() {
        let start = Instant::now();
        let gap = Duration::from_millis(20);
        let mut pace = Pace::new(gap);
        assert_eq!(pace.rests(start), None);
        pace.wrote(start);
        assert_eq!(pace.rests(start), Some(start + gap));
        assert_eq!(pace.rests(start + gap), None, "until then, and no longer");
    }

    #[test]
    fn a_new_gap_counts_from_the_same_message() {
        let (start, gap) = (Instant::now(), Duration::from_millis(20));
        let mut pace = Pace::new(gap);
        pace.wrote(start);
        pace.set_gap(gap / 2);
        assert_eq!(pace.rests(start), Some(start + gap / 2));
    }

    #[test]
    fn a_hurry_shortens_only_gaps_that_are_too_long() {
        let gap = Duration::from_millis(20);
        for (within, messages, want) in [(4000, 100, 20), (1000, 149, 5), (0, 10, 0)] {
            let mut pace = Pace::new(gap);
            pace.hurry(Duration::from_millis(within), messages);
            assert_eq!(pace.gap, Duration::from_millis(want), "{messages} within {within} ms");
        }
    }

    #[test]
    fn a_gap_of_zero_is_none_and_one_without_end_is_a_day() {
        let now = Instant::now();
        for (gap, rests) in [(Duration::ZERO, None), (Duration::MAX, Some(now + LONGEST))] {
            let mut pace = Pace::new(gap);
            pace.wrote(now);
            assert_eq!(pace.rests(now), rests);
            pace = Pace::new(Duration::ZERO);
            pace.wrote(now);
            pace.set_gap(gap);
            assert_eq!(pace.rests(now), rests);
        }
    }
}
